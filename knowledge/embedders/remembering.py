"""An embedder that remembers its last texts: one message is classified, searched for and searched for again."""

from collections.abc import Sequence
from functools import lru_cache

from knowledge.contract import Embedder

MAX_TEXTS = 256


class RememberingEmbedder:
    """Wraps an embedder for single queries. Safe to share between threads if the embedder is."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vector = lru_cache(MAX_TEXTS)(self._embed_one)

    @property
    def model(self) -> str:
        """The model of the wrapped embedder."""
        return self._embedder.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, computed once while it is remembered."""
        return [self._vector(text) for text in texts]

    def _embed_one(self, text: str) -> list[float]:
        return self._embedder.embed([text])[0]
