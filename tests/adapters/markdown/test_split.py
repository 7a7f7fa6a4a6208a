import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.limits import Limits, Unit, build_discord_limits, build_slack_limits
from adapters.markdown.cut import is_joined
from adapters.markdown.heal import close_fence
from adapters.markdown.split import Pages, normalise, split
from tests.adapters.markdown.laws import check_split, code_of, feed
from tests.fakes.markdown_texts import write_markdown

UTF16 = Limits(Unit.UTF16, 1, 1, ())
PYTHON = "```py\n" + "\n".join(f"print({n})" for n in range(40)) + "\n```"
TABLE = "| plan | price |\n|---|---|\n" + "\n".join(f"| plan {n} | {n} dollars |" for n in range(30))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(min_value=0), size=st.sampled_from([200, 500, 2000]), whole=st.booleans())
def test_any_text_becomes_messages_that_fit_and_lose_nothing(seed: int, size: int, whole: bool) -> None:
    rng = random.Random(seed)
    text = write_markdown(rng, rng.choice([300, 2000, 5000]))
    limits = rng.choice([build_slack_limits(), build_discord_limits()])
    pages = feed(text, limits, size, rng, whole=whole)
    assert check_split(text, pages, limits, size) == []
    assert code_of(pages.show(is_final=True)) == code_of([close_fence(normalise(text))])


def test_a_mark_that_ends_at_the_cut_is_not_opened_again() -> None:
    text = "~~" + "谢谢您的耐心等待\u3002" * 30 + "~~ 请联系我们的支持团队"
    shown = [page for size in range(100, 320) for page in split(text, len, size)]
    assert not [page for page in shown if "~~~" in page]


def test_a_text_that_fits_is_left_alone() -> None:
    assert split("One paragraph.\n\n- a\n- b", len, 200) == ["One paragraph.\n\n- a\n- b"]


def test_a_paragraph_goes_before_a_line_and_a_line_before_a_sentence() -> None:
    paragraphs = "First paragraph here.\n\nSecond one\nwith two lines and more words."
    assert split(paragraphs, len, 75) == ["First paragraph here.", "Second one\nwith two lines and more words."]
    assert split("A sentence of words. Another sentence of them. And more", len, 75) == [
        "A sentence of words. Another sentence of them.",
        "And more",
    ]


def test_a_heading_stays_with_what_it_heads() -> None:
    text = "A first paragraph of some words.\n\n## Refunds\n\nThey take five to ten days to arrive."
    assert split(text, len, 90)[1].startswith("## Refunds")


def test_a_fence_is_closed_and_opened_again_with_its_language() -> None:
    pieces = split(PYTHON, len, 200)
    assert len(pieces) > 1
    assert all(piece.startswith("```py\n") and piece.endswith("\n```") for piece in pieces)


def test_a_fence_in_a_list_is_opened_again_without_its_indentation() -> None:
    text = "- item\n\n" + "\n".join("  " + line for line in PYTHON.splitlines())
    pieces = split(text, len, 200)
    assert all(piece.startswith("```py\nprint(") for piece in pieces[1:])
    assert code_of(pieces) == code_of([text])


def test_a_table_is_cut_between_rows_and_repeats_its_head() -> None:
    pieces = split(TABLE, len, 300)
    assert len(pieces) > 2
    assert all(piece.startswith("| plan | price |\n|---|---|\n| plan ") for piece in pieces)
    rows = [line for piece in pieces for line in piece.splitlines()[2:]]
    assert rows == TABLE.splitlines()[2:]


@pytest.mark.parametrize("atom", ["[the refund page](https://docs.example/refunds)", "[1, 2, 3]", "`refund --all now`"])
def test_links_and_citations_and_short_code_are_never_cut(atom: str) -> None:
    for before in range(60, 140):
        pieces = split("w " * (before // 2) + atom + " and more words" * 8, len, 130)
        assert any(atom in piece for piece in pieces), before


def test_emphasis_that_must_be_cut_is_closed_and_opened_again() -> None:
    pieces = split("**" + "bold words " * 40 + "end**", len, 200)
    assert all(piece.startswith("**") and piece.endswith("**") for piece in pieces)


def test_a_word_without_spaces_is_cut_between_graphemes() -> None:
    family = "👩‍👩‍👧‍👦"
    pieces = split(family * 60, UTF16.measure, 200)
    assert "".join(pieces) == family * 60
    assert all(len(piece) % len(family) == 0 for piece in pieces)


def test_a_grapheme_is_known_by_its_marks() -> None:
    assert is_joined("e\u0301", 1)
    assert is_joined("🇩🇪🇫🇷", 1)
    assert not is_joined("🇩🇪🇫🇷", 2)
    assert not is_joined("ab", 1)


def test_what_was_cut_stays_cut_while_the_text_grows() -> None:
    text = write_markdown(random.Random(7), 20_000)
    pages = Pages(UTF16.measure, 2000)
    seen: list[str] = []
    for at in range(0, len(text), 97):
        pages.add(text[at : at + 97])
        shown = [pages.show_piece(index, is_final=True) for index in range(len(pages.closed))]
        assert shown[: len(seen)] == seen
        seen = shown


def test_a_long_stream_parses_each_character_a_bounded_number_of_times() -> None:
    text = write_markdown(random.Random(3), 60_000)
    measured = 0

    def measure(part: str) -> int:
        nonlocal measured
        measured += len(part)
        return len(part)

    pages = Pages(measure, 4000)
    for at in range(0, len(text), 200):
        pages.add(text[at : at + 200])
    assert measured < 40 * len(text)


def test_a_replaced_text_keeps_the_messages_that_it_leaves_as_they_are() -> None:
    text = "\n\n".join(f"Paragraph {n} with some words in it." for n in range(20))
    pages = Pages(len, 300)
    pages.add(text)
    before = list(pages.closed)
    pages.replace(text[:-10] + "another end")
    assert pages.closed[: len(before) - 1] == before[: len(before) - 1]
    assert "".join("".join(pages.show(is_final=True)).split()) == "".join((text[:-10] + "another end").split())


def test_a_word_that_changes_in_one_message_moves_no_other() -> None:
    pages = Pages(len, 4000)
    pages.add("First claim. [1]\n\nSecond claim. [2]\n\n")
    assert pages.last_break() == len(pages.text)
    pages.break_at(len(pages.text))
    pages.add("Third claim. [1]\n\n- an item\n- another\n")
    assert pages.replace("First claim [2].\n\nSecond claim.\n\nThird claim. [1]\n\n- an item\n- another") == len(
        "First claim"
    )
    assert pages.show(is_final=True) == [
        "First claim [2].\n\nSecond claim.",
        "Third claim. [1]\n\n- an item\n- another",
    ]


@pytest.mark.parametrize("text", ["", "Nothing of it.", "First claim.", "Other\n\nwords\n\nin more\n\nparagraphs"])
def test_a_text_that_shares_nothing_with_the_last_is_shown_whole(text: str) -> None:
    pages = Pages(len, 4000)
    pages.add("First claim.\n\nSecond claim.\n\n")
    pages.last_break()
    pages.break_at(len(pages.text))
    pages.add("Third claim.")
    pages.replace(text)
    assert "".join("".join(pages.show(is_final=True)).split()) == "".join(text.split())


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(min_value=0), size=st.sampled_from([200, 500, 2000]))
def test_any_text_replaced_by_another_fits_and_loses_nothing(seed: int, size: int) -> None:
    rng = random.Random(seed)
    text = write_markdown(rng, rng.choice([300, 2000]))
    lines = text.split("\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(max(1, len(lines)))
        lines[at : at + rng.randint(0, 2)] = rng.choice(
            [[], ["another line"], [lines[at].replace(" ", "  ") if lines else ""]]
        )
    other = "\n".join(lines)
    limits = build_slack_limits()
    pages = feed(text, limits, size, rng, whole=False)
    pages.replace(normalise(other))
    assert check_split(other, pages, limits, size) == []


def test_a_break_is_the_end_of_a_block_and_never_behind_a_heading_or_in_a_fence() -> None:
    pages = Pages(len, 4000)
    pages.add("A paragraph.\n\nAnother")
    assert pages.last_break() == len("A paragraph.\n\n")
    pages.add(" one:\n\n")
    assert pages.last_break() == len("A paragraph.\n\n")
    pages.add("```py\nx\n\ny\n\n")
    assert pages.last_break() == len("A paragraph.\n\n")
    pages.add("```\n\n")
    assert pages.last_break() == len(pages.text)
