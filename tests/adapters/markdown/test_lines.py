"""Finding the lines of a text again after it has changed."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.markdown.lines import map_lines

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "one\n", "two\n", "three [9]\n"]), max_size=30)


@given(LINES, LINES)
def test_lines_are_found_in_order_and_at_lines(old: list[str], new: list[str]) -> None:
    before, after = "".join(old), "".join(new)
    found = sorted(map_lines(before, after).items())
    assert found[-1] == (len(before), len(after))
    assert [place for _, place in found] == sorted(place for _, place in found)
    for text, places in ((before, [one for one, _ in found]), (after, [other for _, other in found])):
        assert all(place in {0, len(text)} or text[place - 1] == "\n" for place in places)


@given(LINES, st.sets(st.integers(0, 29)))
def test_changes_within_lines_lose_none(old: list[str], changed: set[int]) -> None:
    new = [f"- {line}" if number in changed else line for number, line in enumerate(old)]
    begins = [(len("".join(old[:number])), len("".join(new[:number]))) for number in range(len(old) + 1)]
    assert set(begins) <= set(map_lines("".join(old), "".join(new)).items())


@given(LINES, st.sets(st.integers(0, 29)))
def test_where_lines_differ_from_each_other_those_that_stay_are_found_around_those_that_go(
    old: list[str], gone: set[int]
) -> None:
    old = [f"{number} {line}" for number, line in enumerate(old)]
    new = [line for number, line in enumerate(old) if number not in gone]
    before, after = "".join(old), "".join(new)
    found = map_lines(before, after)
    assert all(after.index(line) == found[before.index(line)] for line in new if line in old)


def test_no_line_is_compared_often_however_alike_they_are() -> None:
    compared = 0

    class Line(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    class Text(str):
        __slots__ = ()

        def splitlines(self, keepends: bool = False) -> list[str]:
            return [Line(line) for line in str.splitlines(self, keepends)]

    old = "".join("a\n" + ("b [9]\n" if number % 7 == 0 else "") for number in range(2_000))
    map_lines(Text(old), Text(old.replace("b [9]\n", "")))
    assert compared < 20_000
