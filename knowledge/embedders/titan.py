"""Embeddings of Amazon Titan on Bedrock."""

import json
from collections.abc import Sequence
from typing import Any

from knowledge.errors import EmbedderUnavailable

DEFAULT_MODEL = "amazon.titan-embed-text-v2:0"
DIMENSIONS = 512
"""Of 256, 512 and 1024; Amazon states that 512 keep 99% of the accuracy."""
_MAX_CHARS = 50_000
"""The model refuses longer texts."""


class TitanEmbedder:
    """Vectors of a Titan text model, which takes one text a request."""

    def __init__(self, client: Any, model: str) -> None:
        self._client = client
        self._name = model

    @property
    def model(self) -> str:
        """Bedrock's name of the model, and the length of the vectors."""
        return f"bedrock:{self._name}:{DIMENSIONS}"

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text; raises EmbedderUnavailable when Bedrock can't be used."""
        return [self._request(text) for text in texts]

    def _request(self, text: str) -> list[float]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - importing it takes a second

        body = {"inputText": text[:_MAX_CHARS], "dimensions": DIMENSIONS, "normalize": True}
        try:
            answer = self._client.invoke_model(modelId=self._name, body=json.dumps(body))
            vector: list[float] = json.loads(answer["body"].read())["embedding"]
        except (BotoCoreError, ClientError, ValueError, KeyError, TypeError) as error:
            raise EmbedderUnavailable(f"Bedrock embeddings: {type(error).__name__}") from error
        return vector


def build_titan_embedder(
    *,
    region: str,
    access_key: str | None = None,
    secret_key: str | None = None,
    endpoint_url: str | None = None,
    model: str = DEFAULT_MODEL,
    timeout_seconds: float = 20.0,
) -> TitanEmbedder:
    """Make the client; nothing is sent yet. Without keys boto3 finds credentials by its own rules."""
    import boto3  # noqa: PLC0415 - as above
    from botocore.config import Config  # noqa: PLC0415 - as above

    patience = Config(
        connect_timeout=timeout_seconds,
        read_timeout=timeout_seconds,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    client = boto3.client(
        "bedrock-runtime",
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        endpoint_url=endpoint_url,
        config=patience,
    )
    return TitanEmbedder(client, model)
