import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.citations import CitationFilter


def filtered(text: str, valid: set[int], *, pieces: int = 1) -> str:
    passing = CitationFilter(valid)
    size = max(1, len(text) // pieces)
    shown = [passing.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join([*shown, passing.close()])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Refunds take 5 days [3].", "Refunds take 5 days [1]."),
        ("One [4], two [2], one again [4].", "One [1], two [2], one again [1]."),
        ("Both [2, 4].", "Both [1][2]."),
        ("Twice [2][2].", "Twice [1][1]."),
        ("Nothing there [9].", "Nothing there."),
        ("Half there [9, 2].", "Half there [1]."),
        ("A link [2](https://a.example).", "A link [2](https://a.example)."),
        ("Inline `row[2]` stays [2].", "Inline `row[2]` stays [1]."),
        ("```python\nrow[2]\n```\nand [2]", "```python\nrow[2]\n```\nand [1]"),
        ("An open ` tick [9]\n\nends with its paragraph [2].", "An open ` tick [9]\n\nends with its paragraph [1]."),
        ("Brackets [like this] and [ ] stay.", "Brackets [like this] and [ ] stay."),
        ("Ends open [2", "Ends open [2"),
    ],
)
def test_citations_are_checked_and_renumbered(written: str, shown: str) -> None:
    assert filtered(written, {2, 3, 4}) == shown


@given(st.text(alphabet="ab [],0123456789`\n.", max_size=80), st.integers(1, 40))
@example("a`\n\nb [1]", 3)
def test_cutting_the_stream_elsewhere_changes_nothing(text: str, pieces: int) -> None:
    assert filtered(text, {1, 2, 3}, pieces=pieces) == filtered(text, {1, 2, 3})


@given(st.text(max_size=120))
def test_text_without_citations_passes_unchanged(text: str) -> None:
    if not re.search(r"\[\d", text):
        assert filtered(text, {1}, pieces=5) == text


@given(st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_numbers_on_screen_are_one_two_three_by_first_use(cited: list[int]) -> None:
    passing = CitationFilter(range(1, 13))
    text = passing.feed(" ".join(f"x [{n}]." for n in cited)) + passing.close()
    on_screen = [int(n) for n in re.findall(r"\[(\d+)\]", text)]
    assert list(dict.fromkeys(on_screen)) == list(range(1, len(set(cited)) + 1))


def test_a_citation_is_never_shown_half() -> None:
    passing = CitationFilter({12})
    assert passing.feed("Five days [1") == "Five days"
    assert passing.feed("2]. ") == " [1]."
