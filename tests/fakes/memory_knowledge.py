"""A knowledge base in memory: words instead of vectors, and a classifier that knows what it was told."""

import re
from collections.abc import Mapping, Sequence

from knowledge.contract import Classification, Hit, Passage, SearchResult


def passage(document: str, text: str, *, section: str = "Page", position: int = 0) -> Passage:
    """Return a passage of `document`, whose first path segment is its domain."""
    domain, _, name = document.partition("/")
    link = f"https://docs.example/{name}#{section.lower()}"
    return Passage(f"{document}#{position}", document, domain, name, f"{name} > {section}", text, link, position)


def classified(label: str, *, confidence: float = 0.95, runner_up: str = "general") -> Classification:
    """Return a classification that is clear from a confidence of 0.8 on."""
    return Classification(label, confidence, runner_up, 1 - confidence, confidence, confidence >= 0.8)


class MemoryKnowledge:
    """Implements Retriever and Classifier over a few passages. `searches` records what was searched for."""

    def __init__(
        self,
        passages: Sequence[Passage],
        labels: Mapping[str, Classification] | None = None,
        *,
        languages: tuple[str, ...] = ("en",),
        default: Classification | None = None,
    ) -> None:
        self.passages = tuple(passages)
        self.searches: list[str] = []
        self._labels = dict(labels or {})
        self._languages = languages
        self._default = default

    async def search(self, query: str, *, domain: str | None = None, limit: int = 6) -> SearchResult:
        """Rank by the share of the query's words that a passage holds; a domain counts as one word more."""
        self.searches.append(query)
        wanted = _words(query)
        scored = [
            (len(wanted & _words(f"{found.breadcrumb} {found.text}")) / max(1, len(wanted)), found)
            for found in self.passages
        ]
        lifted = [(score + 0.1 * (found.domain == domain), found) for score, found in scored if score]
        lifted.sort(key=lambda row: (-row[0], row[1].id))
        hits = tuple(Hit(found, min(1.0, score), score) for score, found in lifted[:limit])
        return SearchResult(hits, bool(hits) and lifted[0][0] >= 0.3, "memory")

    async def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        """Return those next to it in its document."""
        return tuple(
            other
            for other in self.passages
            if other.document == passage.document and abs(other.position - passage.position) == 1
        )

    async def load_domain(self, domain: str) -> tuple[Passage, ...]:
        """Return a domain's passages in order."""
        own = (passage for passage in self.passages if passage.domain == domain)
        return tuple(sorted(own, key=lambda passage: (passage.document, passage.position)))

    async def fetch(self, ids: Sequence[str]) -> tuple[Passage, ...]:
        """Return passages by id, in the ids' order."""
        known = {passage.id: passage for passage in self.passages}
        return tuple(known[key] for key in ids if key in known)

    async def languages(self) -> tuple[str, ...]:
        """Return what it was told."""
        return self._languages

    async def classify(self, text: str) -> Classification | None:
        """Return what it was told."""
        return self._labels.get(text, self._default)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}
