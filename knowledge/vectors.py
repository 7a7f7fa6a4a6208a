"""The vectors arm of a search: the only module that knows Chroma."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from knowledge.errors import SnapshotDamaged

if TYPE_CHECKING:
    import numpy as np
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection
    from numpy.typing import NDArray

_BATCH = 5_000
"""Chroma refuses more than 5,461 rows at once."""


class Vectors:
    """The vectors of one snapshot, in one collection for each domain: a filter in one big collection is slow."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        names = [collection.name for collection in client.list_collections()]
        self._collections = {_domain(name): client.get_collection(name, embedding_function=None) for name in names}

    def close(self) -> None:
        """Give the files and Chroma's threads back."""
        self._client.close()

    def add(self, domain: str, vectors: Mapping[str, Sequence[float]]) -> None:
        """Store vectors by passage id."""
        ids = list(vectors)
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            self._collection(domain).upsert(ids=part, embeddings=_matrix([vectors[key] for key in part]))

    def remove(self, domain: str, ids: Sequence[str]) -> None:
        """Forget vectors; unknown ids are passed over."""
        collection = self._collections.get(domain)
        if collection is None:
            return
        for start in range(0, len(ids), _BATCH):
            collection.delete(ids=list(ids[start : start + _BATCH]))

    def count(self) -> int:
        """Return how many vectors there are in all domains."""
        return sum(collection.count() for collection in self._collections.values())

    def search(self, vector: Sequence[float], *, limit: int = 100) -> dict[str, float]:
        """Return the nearest passage ids of all domains with their cosine, best first."""
        found: list[tuple[float, str]] = []
        for collection in self._collections.values():
            answer = collection.query(query_embeddings=_matrix([vector]), n_results=limit, include=["distances"])
            distances = (answer["distances"] or [[]])[0]
            found.extend((1.0 - distance, key) for key, distance in zip(answer["ids"][0], distances, strict=True))
        found.sort(key=lambda hit: (-hit[0], hit[1]))
        return {key: cosine for cosine, key in found[:limit]}

    def _collection(self, domain: str) -> "Collection":
        if domain not in self._collections:
            self._collections[domain] = self._client.create_collection(
                _name(domain),
                embedding_function=None,  # Chroma's own would download a model
                configuration={"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 200}},
            )
        return self._collections[domain]


def _matrix(vectors: Sequence[Sequence[float]]) -> "NDArray[np.float32]":
    import numpy as np  # noqa: PLC0415 - start-up doesn't pay for it

    return np.asarray(vectors, dtype=np.float32)


def open_vectors(folder: Path) -> Vectors:
    """Open the vectors in `folder`, which is made if need be; the caller closes them.

    Raises SnapshotDamaged when Chroma can't read it.
    """
    import chromadb  # noqa: PLC0415 - importing it takes seconds
    from chromadb.config import Settings  # noqa: PLC0415 - as above
    from chromadb.errors import ChromaError  # noqa: PLC0415 - as above

    try:
        client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
        return Vectors(cast("Client", client))
    except (ChromaError, ValueError, OSError) as error:
        raise SnapshotDamaged(f"{folder.parent.name}: the vectors can't be opened: roll back or index anew") from error


def _name(domain: str) -> str:
    """Chroma allows few characters in a name: hexadecimal digits carry any domain."""
    return f"domain-{domain.encode().hex()}"


def _domain(name: str) -> str:
    return bytes.fromhex(name.removeprefix("domain-")).decode()
