"""What every Retriever must do: subclass it and give a `retriever` over DOCUMENTS."""

from collections.abc import Sequence

import pytest

from knowledge.chunking import chunk
from knowledge.contract import Passage, Retriever
from knowledge.document import Document

LONG = "Rate limits protect everybody. " * 60
DOCUMENTS = (
    Document(
        path="billing/refunds.md",
        domain="billing",
        title="Refunds",
        url="https://docs.example/refunds",
        markdown="# Refunds\n\n## Method\n\nRefunds go back to the original payment method of the invoice, be it a "
        "card, a bank account or a wallet, and never to another person or company than the one that paid.\n\n"
        "## Duration\n\nRefunds arrive within five to ten business days after the billing team has approved them; "
        "banks in some countries need a little longer, which nobody here can hurry.\n\n"
        "## Exceptions\n\nRefunds of annual contracts follow the contract: within thirty days of the first purchase "
        "in full, later only where the contract says so, and never for months that were already used.\n",
        content_hash="1",
    ),
    Document(
        path="technical/limits.md",
        domain="technical",
        title="Limits",
        url=None,
        markdown=f"# Limits\n\n{LONG}",
        content_hash="2",
    ),
)


def first_of(domain: str, passages: Sequence[Passage]) -> int:
    """Return at which place a domain comes first."""
    return next(place for place, passage in enumerate(passages) if passage.domain == domain)


class RetrieverContract:
    """The rules."""

    @pytest.fixture
    def retriever(self) -> Retriever:
        raise NotImplementedError

    @pytest.fixture
    def refunds(self) -> list[Passage]:
        return chunk(DOCUMENTS[0])

    async def test_a_search_finds_the_passage_that_holds_the_words(self, retriever: Retriever) -> None:
        result = await retriever.search("how many business days until refunds arrive")
        assert result.hits[0].passage.breadcrumb == "Refunds > Duration"
        assert result.is_covered
        assert result.snapshot

    async def test_hits_come_best_first_within_the_limit(self, retriever: Retriever) -> None:
        hits = (await retriever.search("refunds contract limits everybody", limit=2)).hits
        assert len(hits) == 2
        assert 1 >= hits[0].score >= hits[1].score >= 0

    async def test_the_same_search_gives_the_same_hits(self, retriever: Retriever) -> None:
        assert await retriever.search("refunds") == await retriever.search("refunds")

    async def test_a_domain_lifts_its_passages_and_excludes_none(self, retriever: Retriever) -> None:
        query = "refunds rate limits everybody"
        plain = [hit.passage for hit in (await retriever.search(query)).hits]
        for domain in ("billing", "technical"):
            lifted = [hit.passage for hit in (await retriever.search(query, domain=domain)).hits]
            assert set(lifted) == set(plain)
            assert first_of(domain, lifted) <= first_of(domain, plain)
        assert {hit.passage for hit in (await retriever.search(query, domain="unheard-of")).hits} == set(plain)

    @pytest.mark.parametrize("query", ["", "   ", "?!", '"', "a OR NOT (b", "\0", "\ud800", "NEAR(x y)", "*" * 9999])
    async def test_no_query_is_an_error_and_nonsense_is_not_covered(self, retriever: Retriever, query: str) -> None:
        assert not (await retriever.search(query)).is_covered

    async def test_neighbours_are_the_passages_right_before_and_after(
        self, retriever: Retriever, refunds: list[Passage]
    ) -> None:
        first, second, third = refunds
        assert await retriever.neighbours(first) == (second,)
        assert await retriever.neighbours(second) == (first, third)
        assert await retriever.neighbours(third) == (second,)

    async def test_a_domain_is_loaded_whole_and_in_order(self, retriever: Retriever, refunds: list[Passage]) -> None:
        assert await retriever.load_domain("billing") == tuple(refunds)
        assert await retriever.load_domain("technical") == tuple(chunk(DOCUMENTS[1]))
        assert await retriever.load_domain("unheard-of") == ()

    async def test_passages_are_fetched_in_the_order_of_their_ids(
        self, retriever: Retriever, refunds: list[Passage]
    ) -> None:
        first, _, third = refunds
        assert await retriever.fetch([third.id, "gone", first.id]) == (third, first)
        assert await retriever.fetch([]) == ()

    async def test_the_languages_are_those_of_the_documents(self, retriever: Retriever) -> None:
        assert await retriever.languages() == ("en",)
