import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.draft import Draft
from agents.evidence import number_passages
from knowledge.contract import Passage

REFUNDS = "Annual plans are refunded in full within 30 days of the first purchase, to the original payment method."
LIMITS = "The Team plan allows 300 API requests a minute. Requests beyond it get error BQ-3001 and status 429."
SENTENCES = [
    "Annual plans are refunded within 30 days",
    "The Team plan allows 300 requests a minute",
    "Requests beyond it get status 429",
    "Bananas are rich in potassium",
]


def build_draft() -> Draft:
    texts = enumerate((REFUNDS, LIMITS))
    passages = [Passage(f"p{n}", "a.md", "general", "A", "A", text, f"https://a.example/#{n}", 0) for n, text in texts]
    return Draft(number_passages(passages, is_covered=True))


def feed(draft: Draft, text: str, size: int) -> str:
    return "".join(draft.feed(text[at : at + size]) for at in range(0, len(text), size)) + draft.close()


PLAN = "The Team plan allows 300 requests a minute"
CODE = "```\nlimit = 99 # [1]\n```\n"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"{PLAN} [1]. Ask us.", f"{PLAN} [2]. Ask us."),
        (f"{PLAN}. [1] Ask us.", f"{PLAN} [2]. Ask us."),
        (f"{PLAN} [2].", f"{PLAN} [1]."),
        ("Monthly plans within 99 days [1].\n\nAsk us.", "Monthly plans within 99 days.\n\nAsk us."),
        ("- Monthly plans within 99 days [1]\n- Ask us", "- Monthly plans within 99 days\n- Ask us"),
        (f"| x | {PLAN} [1]. |\n| y |", f"| x | {PLAN} [2]. |\n| y |"),
        (f"{CODE}Monthly plans within 99 days [1].", f"{CODE}Monthly plans within 99 days."),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_citation_is_mended_before_anybody_reads_it(written: str, shown: str, size: int) -> None:
    assert feed(build_draft(), written, size) == shown


def test_text_is_held_back_for_its_citation_only() -> None:
    draft = build_draft()
    assert draft.feed("Annual plans are") == "Annual plans are"
    assert draft.feed(" refunded [1] within 30 days [1].") == " refunded [1] within 30 days"
    assert draft.feed(" Ask") == " [1]. Ask"


marks = st.sampled_from(["", " [1]", " [2]", " [1][2]"])
sentences = st.tuples(st.sampled_from(SENTENCES), marks, st.sampled_from([". ", ".\n\n", "\n- "]))


@settings(max_examples=100)
@given(st.lists(sentences, max_size=8), st.integers(1, 40))
def test_what_was_shown_needs_no_mending_and_loses_no_word(written: list[tuple[str, str, str]], size: int) -> None:
    text = "".join("".join(parts) for parts in written)
    draft = build_draft()
    shown = feed(draft, text, size)
    assert draft.mended() == shown.strip() or not any(mark for _, mark, _ in written)
    assert _words(shown) == _words(text)


def _words(text: str) -> list[str]:
    return re.findall(r"\w{3,}", text)
