"""The border of the knowledge base: what other packages may know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, with the place that it came from.

    `id` is a hash of document, breadcrumb and text: equal in every snapshot in which these are equal.
    `document` is the POSIX path below the documents folder; `position` counts its passages from 0.
    `breadcrumb` is "Page > H2 > H3"; `text` is Markdown without it, at most about 1,200 characters.
    `link` leads a reader to the section: the document's URL, or its path, with an anchor.
    """

    id: str
    document: str
    domain: str
    title: str
    breadcrumb: str
    text: str
    link: str
    position: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    `score` (0 to 1, higher is better) orders the hits of one search and means nothing beyond it: never show it
    as confidence. `similarity` is the cosine to the query, or None when it was found by words alone.
    """

    passage: Passage
    score: float
    similarity: float | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits, best first, and whether they can be expected to hold an answer.

    `is_covered` is False when the evidence stays below the thresholds that were calibrated for this snapshot:
    a cheap gate for questions about something else entirely, not a proof that the answer is there.
    """

    hits: tuple[Hit, ...]
    is_covered: bool
    snapshot: str


@dataclass(frozen=True, slots=True)
class Classification:
    """What the local classifier thinks of a message.

    `confidence` is the probability of `label` and `runner_up_confidence` that of the next best label.
    `similarity` is the cosine to the nearest example, which tells "something else" better than probability does.
    `is_clear` says that both pass the thresholds that were calibrated on held-out examples.
    """

    label: str
    confidence: float
    runner_up: str
    runner_up_confidence: float
    similarity: float
    is_clear: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled message from which the local classifier learns."""

    text: str
    label: str


class Retriever(Protocol):
    """Find passages in the current snapshot."""

    async def search(self, query: str, *, domain: str | None = None, limit: int = 6) -> SearchResult:
        """Return up to `limit` hits; `domain` lifts the passages of a domain and excludes none."""
        ...

    async def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages right before and after `passage` in its document."""
        ...

    async def load_domain(self, domain: str) -> tuple[Passage, ...]:
        """Return every passage of a domain, by document and position."""
        ...

    async def fetch(self, ids: Sequence[str]) -> tuple[Passage, ...]:
        """Return the passages with these ids, in their order; those no longer there are left out."""
        ...

    async def languages(self) -> tuple[str, ...]:
        """Return the ISO 639-1 codes of the documents' languages, the most frequent first."""
        ...


class Classifier(Protocol):
    """Tell which label a message belongs to, locally and in a few milliseconds."""

    async def classify(self, text: str) -> Classification | None:
        """Return the best label, or None when the snapshot was built without vectors."""
        ...


class Embedder(Protocol):
    """Turn texts into vectors of one length, normalised to 1."""

    @property
    def model(self) -> str:
        """Name and version, stored beside every vector: vectors of two models never mix."""
        ...

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text, in order. Blocks: call it in a thread."""
        ...
