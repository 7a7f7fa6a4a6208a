"""An embedder without a model: texts that share words have near vectors. It counts what it embeds."""

import math
import re
from collections.abc import Callable, Sequence
from hashlib import sha256

_LENGTH = 64


class HashingEmbedder:
    """`embedded` records every text. `before` is called with each text, so that a test can fail, wait or die there."""

    def __init__(self, model: str = "hashing-64", *, before: Callable[[str], None] = lambda _: None) -> None:
        self.embedded: list[str] = []
        self._model = model
        self._before = before

    @property
    def model(self) -> str:
        """Return what it was told."""
        return self._model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Add up one direction for each word."""
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> list[float]:
        self._before(text)
        self.embedded.append(text)
        vector = [1e-3] * _LENGTH
        for word in re.findall(r"\w+", text.lower()):
            digest = sha256(word.encode()).digest()
            vector[digest[0] % _LENGTH] += 1.0 if digest[1] % 2 else -1.0
        norm = math.sqrt(sum(value * value for value in vector))
        return [value / norm for value in vector]
