import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import ChunkSizes, chunk
from knowledge.contract import Passage
from knowledge.document import Document


def document(markdown: str, *, title: str = "Page", url: str | None = "https://docs.example/page") -> Document:
    return Document("general/page.md", "general", title, url, markdown, "hash")


def places(markdown: str) -> list[tuple[str, str, str]]:
    return [(passage.breadcrumb, passage.text, passage.link) for passage in chunk(document(markdown))]


def paragraph(words: int, word: str = "word") -> str:
    return " ".join(f"{word}{number}" for number in range(words)) + "."


BIG = paragraph(60)


def test_each_section_is_a_passage_with_its_breadcrumb_and_anchor() -> None:
    found = places(f"# Page\n\n{BIG}\n\n## Set-up & keys\n\n{BIG}\n\n### Step 1\n\n{BIG}\n\n## End\n\n{BIG}\n")
    assert [breadcrumb for breadcrumb, _, _ in found] == [
        "Page",
        "Page > Set-up & keys",
        "Page > Set-up & keys > Step 1",
        "Page > End",
    ]
    assert [link.partition("#")[2] for *_, link in found] == ["page", "set-up--keys", "step-1", "end"]


def test_small_neighbours_are_joined_under_what_they_share() -> None:
    ((breadcrumb, text, link),) = places("# Page\n\nIntro.\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n")
    assert breadcrumb == "Page"
    assert text == "Intro.\n\n## One\n\nFirst.\n\n## Two\n\nSecond."
    assert link == "https://docs.example/page#page"


def test_sections_of_a_faq_stay_apart() -> None:
    faq = Document("faq.csv", "general", "FAQ", None, "## A?\n\nYes.\n\n## B?\n\nNo.", "hash", keeps_sections=True)
    assert [passage.breadcrumb for passage in chunk(faq)] == ["FAQ > A?", "FAQ > B?"]


def test_a_sections_own_url_wins() -> None:
    faq = Document(
        "faq.csv", "general", "FAQ", None, "## A? {#faq-1}\n\nYes.", "h", section_urls={"faq-1": "https://x.example"}
    )
    assert chunk(faq)[0].link == "https://x.example"


@pytest.mark.parametrize(
    ("heading", "anchor", "crumb"),
    [
        ("## Rate *limits* and `429`", "rate-limits-and-429", "Rate limits and 429"),
        ("## Refunds {#refunds-own}", "refunds-own", "Refunds"),
        ('## Description<a name="API_Get"></a>', "API_Get", "Description"),
        ("## [Linked](other.md) heading", "linked-heading", "Linked heading"),
        ("Underlined\n---------", "underlined", "Underlined"),
        ("## Für Zürich: 5 €?", "für-zürich-5-", "Für Zürich: 5 €?"),
    ],
)
def test_headings_are_read_as_people_see_them(heading: str, anchor: str, crumb: str) -> None:
    found = places(f"{BIG}\n\n{heading}\n\n{BIG}")
    assert found[-1][0] == f"Page > {crumb}"
    assert found[-1][2] == f"https://docs.example/page#{anchor}"


def test_repeated_headings_get_numbered_anchors() -> None:
    found = places(f"## Example\n\n{BIG}\n\n## Example\n\n{BIG} Again.\n")
    assert [link.partition("#")[2] for *_, link in found] == ["example", "example-1"]


def test_without_a_url_the_link_is_the_path() -> None:
    assert chunk(document("## Here\n\nText.", url=None))[0].link == "general/page.md#here"


def test_headings_without_text_are_carried_by_what_is_below_them() -> None:
    assert [crumb for crumb, *_ in places(f"# Page\n\n## Empty parent\n\n### Child\n\n{BIG}\n")] == [
        "Page > Empty parent > Child"
    ]


def test_headings_without_text_are_not_lost_when_sections_are_joined() -> None:
    ((breadcrumb, text, _),) = places("Intro.\n\n## Parent\n\n### Child\n\nText.\n")
    assert breadcrumb == "Page"
    assert text == "Intro.\n\n## Parent\n\n### Child\n\nText."


def test_a_heading_at_the_end_is_not_lost() -> None:
    assert "## Coming soon" in places(f"{BIG}\n\n## Coming soon\n")[-1][1]


def test_a_long_section_overlaps_at_its_seams_from_a_sentences_start() -> None:
    sentences = [f"Sentence number {number} tells something of its own." for number in range(60)]
    texts = [text for _, text, _ in places("\n\n".join(" ".join(sentences[i : i + 5]) for i in range(0, 60, 5)))]
    assert len(texts) > 2
    for before, after in pairwise(texts):
        shared = next(size for size in range(len(before), 0, -1) if after.startswith(before[-size:]))
        assert 100 <= shared <= 180
        assert after.startswith("Sentence number")


def test_a_table_that_fits_is_not_cut() -> None:
    table = "| Code | Meaning |\n|---|---|\n" + "\n".join(f"| BQ-{n} | reason {n} |" for n in range(40))
    texts = [text for _, text, _ in places(f"{paragraph(90)}\n\n{table}\n\n{paragraph(90)}")]
    assert sum(table in text for text in texts) == 1


def test_every_piece_of_a_long_table_has_its_header() -> None:
    header = "| Code | Meaning |\n|---|---|"
    rows = [f"| BQ-{number} | the reason for error number {number} |" for number in range(100)]
    texts = [text for _, text, _ in places("\n".join([header, *rows]))]
    assert len(texts) > 2
    assert all(text.startswith(header) for text in texts)
    assert [row for text in texts for row in text.split("\n")[2:]] == rows


def test_every_piece_of_a_long_code_block_is_fenced() -> None:
    lines = [f"call_number_{number}(argument, another)" for number in range(80)]
    texts = [text for _, text, _ in places("```python\n" + "\n".join(lines) + "\n```")]
    assert len(texts) > 1
    assert all(text.startswith("```python\n") and text.endswith("\n```") for text in texts)
    assert [line for text in texts for line in text.split("\n")[1:-1]] == lines


def test_a_long_list_is_cut_between_items() -> None:
    items = [f"- item {number} " + "with some words " * 5 for number in range(30)]
    for _, text, _ in places("\n".join(items)):
        assert all(line.startswith("- item") for line in text.split("\n") if line.strip())


def test_link_definitions_between_blocks_are_kept_with_the_text_that_uses_them() -> None:
    markdown = "See the [price list].\n\n[price list]: https://prices.example/list\n\nMore."
    assert [text for _, text, _ in places(markdown)] == [markdown]


def test_comments_in_html_are_left_out() -> None:
    assert [text for _, text, _ in places("<!-- licence\nheader -->\n\nText.")] == ["Text."]


def test_equal_sections_are_one_passage_and_positions_have_no_gaps() -> None:
    passages = chunk(document(f"## Same\n\n{BIG}\n\n## Same\n\n{BIG}\n\n## Other\n\n{BIG}\n"))
    assert [passage.position for passage in passages] == [0, 1]
    assert len({passage.id for passage in passages}) == 2


def test_ids_depend_on_document_breadcrumb_and_text_alone() -> None:
    before = chunk(document(f"## A\n\n{BIG}\n\n## B\n\n{BIG}\n"))
    after = chunk(document(f"## New\n\n{BIG}\n\n## A\n\n{BIG}\n\n## B\n\n{BIG}\n", url="https://moved.example"))
    assert [passage.id for passage in before] == [passage.id for passage in after][1:]


def test_an_endless_heading_stays_whole_in_the_text() -> None:
    question = paragraph(60)
    (passage,) = chunk(document(f"## {question}\n\nYes."))
    assert len(passage.breadcrumb) < 200
    assert question in passage.text


_LINE = st.builds(
    lambda first, count: " ".join(f"wörd{first + i}" for i in range(count)), st.integers(0, 9999), st.integers(1, 14)
)
_BLOCK = st.one_of(
    st.lists(_LINE, min_size=1, max_size=8).map("\n".join),
    st.tuples(st.integers(1, 6), _LINE).map(lambda heading: f"{'#' * heading[0]} {heading[1]}"),
    st.lists(_LINE, min_size=1, max_size=12).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.lists(_LINE, min_size=1, max_size=30).map(lambda lines: "```sh\n" + "\n".join(lines) + "\n```"),
    st.lists(st.tuples(_LINE, _LINE), min_size=2, max_size=30).map(
        lambda rows: "\n".join(
            [f"| {a} | {b} |" for a, b in rows[:1]] + ["|---|---|"] + [f"| {a} | {b} |" for a, b in rows[1:]]
        )
    ),
    st.integers(1300, 1500).map(lambda count: "x" * count),
)
_MARKDOWN = st.lists(_BLOCK, min_size=1, max_size=6).map("\n\n".join)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


@given(_MARKDOWN)
def test_passages_cover_the_document(markdown: str) -> None:
    passages = chunk(document(markdown))
    held = words_of("\n".join(f"{passage.breadcrumb}\n{passage.text}" for passage in passages))
    endless = {word for word in words_of(markdown) if len(word) > 1200}
    assert words_of(markdown) - endless <= held
    assert {part for word in endless for part in (word[:1200], word[1200:])} <= held


@given(_MARKDOWN, st.integers(200, 1500))
def test_passages_fit(markdown: str, longest: int) -> None:
    sizes = ChunkSizes(longest=longest, merged=longest, small=longest // 4, overlap=longest // 8)
    assert all(0 < len(passage.text) <= longest for passage in chunk(document(markdown), sizes))


@given(st.text(alphabet=st.sampled_from(list("#`~|->*_ \n\t[](){}<!a1ä€\\\"':.=+")), max_size=600))
def test_any_text_can_be_cut(markdown: str) -> None:
    passages: list[Passage] = chunk(document(markdown))
    assert [passage.position for passage in passages] == list(range(len(passages)))
    assert len({passage.id for passage in passages}) == len(passages)
