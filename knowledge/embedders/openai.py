"""Embeddings of OpenAI, or of any server that speaks its API."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knowledge.errors import EmbedderUnavailable

if TYPE_CHECKING:
    from openai import OpenAI

DEFAULT_MODEL = "text-embedding-3-small"
_BATCH = 128
"""Texts in one request; the API takes up to 2,048 of them and 300,000 tokens."""


class OpenAIEmbedder:
    """Vectors of one model of the API, normalised here since not every server does it."""

    def __init__(self, client: "OpenAI", model: str) -> None:
        self._client = client
        self._name = model

    @property
    def model(self) -> str:
        """The API's name of the model."""
        return f"openai:{self._name}"

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text; raises EmbedderUnavailable when the API can't be used."""
        vectors: list[list[float]] = []
        for start in range(0, len(texts), _BATCH):
            vectors.extend(self._request(list(texts[start : start + _BATCH])))
        return vectors

    def _request(self, texts: list[str]) -> list[list[float]]:
        from openai import OpenAIError  # noqa: PLC0415 - importing it takes a second

        try:
            # Asked for as numbers: left alone, the client asks for base64, which not every server knows.
            answer = self._client.embeddings.create(model=self._name, input=texts, encoding_format="float")
        except OpenAIError as error:
            raise EmbedderUnavailable(f"OpenAI embeddings: {type(error).__name__}") from error
        rows = answer.data or []  # the client doesn't check what a server leaves out
        if len(rows) != len(texts):
            raise EmbedderUnavailable("OpenAI embeddings: not one vector for each text")
        return [_unit(item.embedding) for item in sorted(rows, key=lambda item: item.index)]


def build_openai_embedder(
    *, api_key: str, base_url: str | None = None, model: str = DEFAULT_MODEL, timeout_seconds: float = 20.0
) -> OpenAIEmbedder:
    """Make the client; nothing is sent yet. Raises EmbedderUnavailable without a key."""
    if not api_key:
        raise EmbedderUnavailable("OpenAI embeddings need a key: set OPENAI_API_KEY, or FIRSTLINE_EMBEDDER=minilm")
    from openai import OpenAI  # noqa: PLC0415 - as above

    return OpenAIEmbedder(OpenAI(api_key=api_key, base_url=base_url, timeout=timeout_seconds, max_retries=2), model)


def _unit(vector: Sequence[float]) -> list[float]:
    norm = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / norm for value in vector]
