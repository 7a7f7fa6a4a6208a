"""How a worker comes by its passages: retrieve them, hold them all, or pin some and retrieve what these lack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.domains import Domain, Strategy
from agents.errors import ConfigurationError
from agents.evidence import Evidence, number_passages
from knowledge.contract import Hit, Passage, Retriever, SearchResult

CHARS_PER_TOKEN = 4
"""A rule of thumb for English text; only used to compare a domain's size with a budget."""

MAX_HITS = 6
MAX_FOREIGN_HITS = 3
"""Passages of other domains beside a domain that is held whole: the route may be wrong."""

MAX_PINNED = 12
COVERED_HITS = 2
"""When the best so many hits are pinned already, the pinned passages cover the question."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a model reads, what search found (for quoting), and the ids that stay pinned to the conversation."""

    evidence: Evidence
    hits: tuple[Hit, ...]
    pinned: tuple[str, ...] = ()


class Gathering(Protocol):
    """A strategy at work for one domain."""

    async def gather(self, found: SearchResult, pinned: Sequence[str]) -> Gathered:
        """Return the passages for a question that found `found` in a conversation with these pinned passages."""
        ...


def build_gathering(domain: Domain, retriever: Retriever) -> Gathering:
    """Return the strategy of a domain."""
    match domain.strategy:
        case Strategy.RAG:
            return Retrieving(retriever)
        case Strategy.CAG:
            return HoldingAll(domain.name, retriever)
        case Strategy.HYBRID:
            return Pinning(domain.name, retriever)


class Retrieving:
    """RAG: the best passages for each question, the best one with its neighbours."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    async def gather(self, found: SearchResult, pinned: Sequence[str]) -> Gathered:  # noqa: ARG002 - the protocol's
        """Ignore what is pinned."""
        hits = found.hits[:MAX_HITS]
        passages = [hit.passage for hit in hits]
        if hits:
            passages[1:1] = await self._retriever.neighbours(hits[0].passage)
        return Gathered(number_passages(passages, is_covered=found.is_covered), hits)


class HoldingAll:
    """CAG: every passage of the domain, in the same order each time, so that a provider's cache holds them."""

    def __init__(self, domain: str, retriever: Retriever) -> None:
        self._domain = domain
        self._retriever = retriever

    async def gather(self, found: SearchResult, pinned: Sequence[str]) -> Gathered:  # noqa: ARG002 - the protocol's
        """Add the best hits of other domains after what is held."""
        held = await self._retriever.load_domain(self._domain)
        others = [hit.passage for hit in found.hits if hit.passage.domain != self._domain][:MAX_FOREIGN_HITS]
        evidence = number_passages([*held, *others], is_covered=found.is_covered, pinned=len(held))
        return Gathered(evidence, found.hits)

    async def check(self, max_tokens: int) -> None:
        """Refuse a domain that doesn't fit the budget. Raises ConfigurationError."""
        held = await self._retriever.load_domain(self._domain)
        tokens = sum(len(passage.text) + len(passage.breadcrumb) for passage in held) // CHARS_PER_TOKEN
        if tokens > max_tokens:
            raise ConfigurationError(
                f"domain {self._domain!r}: its documents come to about {tokens:,} tokens, more than the "
                f"{max_tokens:,} of FIRSTLINE_CAG_MAX_TOKENS; raise that, shorten the documents, or give the domain "
                f'strategy = "rag" in domains.toml'
            )


class Pinning:
    """Hybrid: the first question pins the domain's passages; later ones add only what these do not cover."""

    def __init__(self, domain: str, retriever: Retriever) -> None:
        self._domain = domain
        self._retriever = retriever

    async def gather(self, found: SearchResult, pinned: Sequence[str]) -> Gathered:
        """Keep the pinned passages first and in their order, which a provider's cache needs."""
        held = list(await self._retriever.fetch(pinned)) if pinned else []
        hits = found.hits[:MAX_HITS]
        fresh = self._not_covered(held, hits)
        if not held and hits and hits[0].passage.domain == self._domain:
            fresh[1:1] = await self._retriever.neighbours(hits[0].passage)
        own = [passage for passage in fresh if passage.domain == self._domain]
        kept = tuple({passage.id: passage for passage in [*held, *own]}.values())[:MAX_PINNED]
        evidence = number_passages([*kept, *fresh], is_covered=found.is_covered, pinned=len(kept))
        return Gathered(evidence, hits, tuple(passage.id for passage in kept))

    def _not_covered(self, held: Sequence[Passage], hits: Sequence[Hit]) -> list[Passage]:
        ids = {passage.id for passage in held}
        if held and all(hit.passage.id in ids for hit in hits[:COVERED_HITS]):
            return []
        return [hit.passage for hit in hits if hit.passage.id not in ids]
