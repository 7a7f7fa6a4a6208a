from agents.followup import MAX_CONTEXT_CHARS, join_queries, merge
from knowledge.contract import Hit, SearchResult
from tests.fakes.memory_knowledge import passage

SUBJECT = passage("billing/refunds.md", "Refunds.", section="Refunds")
QUESTION = passage("technical/time.md", "How long things take.", section="Time")
BOTH = passage("billing/refunds.md", "Refunds take five days.", section="When", position=1)


def test_what_both_searches_find_comes_before_what_one_finds() -> None:
    alone = SearchResult((Hit(QUESTION, 1.0, 0.5), Hit(BOTH, 0.8, 0.6)), is_covered=True, snapshot="s")
    in_context = SearchResult((Hit(SUBJECT, 0.9, 0.7), Hit(BOTH, 0.7, None)), is_covered=False, snapshot="s")
    merged = merge(alone, in_context)
    assert [hit.passage for hit in merged.hits] == [BOTH, QUESTION, SUBJECT]
    assert [round(hit.score, 2) for hit in merged.hits] == [0.75, 0.5, 0.45]
    assert merged.hits[0].similarity == 0.6
    assert merged.is_covered


def test_the_latest_of_what_was_asked_before_is_kept() -> None:
    query = join_queries("old " * 200 + "newest", "and then?")
    assert query.endswith("newest and then?")
    assert len(query) == MAX_CONTEXT_CHARS + len(" and then?")
