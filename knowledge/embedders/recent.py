"""The vectors of the last few queries: one message is classified, searched for and searched for again."""

from collections.abc import Sequence
from functools import lru_cache

from knowledge.contract import Embedder

_KEPT = 256


class RecentEmbedder:
    """Wraps an embedder for single queries. Safe to share between threads if the embedder is; a failure isn't kept."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self._vector = lru_cache(_KEPT)(self._embed_one)

    @property
    def model(self) -> str:
        """The inner embedder's model."""
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, computed once while it is remembered."""
        return [self._vector(text) for text in texts]

    def _embed_one(self, text: str) -> list[float]:
        return self._inner.embed([text])[0]
