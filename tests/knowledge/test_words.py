from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunking import chunk
from knowledge.document import Document
from knowledge.passages import Passages
from knowledge.words import MAX_TERMS, search_words, share_of_terms, terms_of

PAGES = {
    "errors": "BQ-2011 means a duplicate reference. Use `bq_live_key` or [ask us](https://support.example/zebra).",
    "refunds": "Refunds are paid within five business days after the approval.",
    "plans": "The Business plan has webhooks; running them is free. Größe: Überblick.",
}


def stored() -> Passages:
    passages = Passages.create(Path(":memory:"))
    for name, text in PAGES.items():
        passages.add(chunk(Document(f"{name}.md", "general", name, None, text, "hash")))
    return passages


@pytest.fixture(scope="module")
def passages() -> Passages:
    return stored()


def found(passages: Passages, query: str) -> list[str]:
    ids = search_words(passages.connection, query)
    known = passages.with_ids(list(ids))
    return [known[key].document.removesuffix(".md") for key in ids]


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("What does BQ-2011 mean?", "errors"),
        ("bq_live_key", "errors"),
        ("how long is a refund", "refunds"),
        ("approve", "refunds"),
        ("webhook", "plans"),
        ("grosse UBERBLICK", "plans"),
    ],
)
def test_a_query_finds_the_page_that_has_its_words(passages: Passages, query: str, page: str) -> None:
    assert found(passages, query)[0] == page


def test_the_best_page_comes_first(passages: Passages) -> None:
    scores = list(search_words(passages.connection, "business days refunds webhooks").values())
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 2


def test_where_a_link_leads_is_not_searched(passages: Passages) -> None:
    assert found(passages, "zebra") == []


def test_stop_words_count_only_when_there_is_nothing_else() -> None:
    assert terms_of("What is the refund") == ["refund"]
    assert terms_of("what is it") == ["what", "is", "it"]


def test_a_very_long_query_is_cut() -> None:
    assert len(terms_of(" ".join(f"word{number}" for number in range(500)))) == MAX_TERMS


def test_the_share_of_terms_weighs_rare_ones_more(passages: Passages) -> None:
    ids = list(passages.domains())
    everything = share_of_terms(passages.connection, "duplicate reference", ids)
    half = share_of_terms(passages.connection, "duplicate elephants", ids)
    nothing = share_of_terms(passages.connection, "elephants", ids)
    assert everything == pytest.approx(1)
    assert 0 == nothing < half < 0.5
    assert share_of_terms(passages.connection, "duplicate", []) == 0


@given(st.text(max_size=200) | st.text(alphabet='"*^:(){}+-\\\0 ANDORT', max_size=60))
def test_no_text_is_a_syntax_error(text: str) -> None:
    passages = stored()
    query = text.encode(errors="replace").decode()
    ids = list(search_words(passages.connection, query))
    assert 0 <= share_of_terms(passages.connection, query, ids) <= 1 + 1e-9
    passages.close()
