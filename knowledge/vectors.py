"""The vectors arm of a search: the only module that knows Chroma."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
_WINDOWS_A_PASSAGE = 3
"""Asked for in all, so that enough different passages are among them; most of the time goes into fetching rows."""
_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Nearest:
    """What lies nearest to a vector: passage ids with their cosine, best first, and the best cosine in each domain."""

    passages: Mapping[str, float]
    domains: Mapping[str, float]


class Vectors:
    """The vectors of one snapshot, in one collection for each domain: a filter in one big collection is slow."""

    def __init__(self, client: "Client") -> None:
        self._client = client
        names = [collection.name for collection in client.list_collections()]
        self._collections = {_domain(name): client.get_collection(name, embedding_function=None) for name in names}

    def close(self) -> None:
        """Give the files and Chroma's threads back."""
        self._client.close()

    def add(self, domain: str, vectors: Mapping[str, Sequence[Sequence[float]]]) -> None:
        """Store the vectors of passages' windows by passage id."""
        rows = [(window_id(key, number), vector) for key, own in vectors.items() for number, vector in enumerate(own)]
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            with _translated():
                self._collection(domain).upsert(
                    ids=[key for key, _ in part], embeddings=_matrix([vector for _, vector in part])
                )

    def remove(self, domain: str, windows: Mapping[str, int]) -> None:
        """Forget passages; `windows` says how many vectors each has. Unknown ones are passed over."""
        collection = self._collections.get(domain)
        if collection is None:
            return
        ids = [window_id(key, number) for key, count in windows.items() for number in range(count)]
        for start in range(0, len(ids), _BATCH):
            with _translated():
                collection.delete(ids=ids[start : start + _BATCH])

    def count(self) -> int:
        """Return how many vectors there are in all domains."""
        return sum(collection.count() for collection in self._collections.values())

    def search(self, vector: Sequence[float], *, limit: int = 100) -> Nearest:
        """Return the nearest passages of all domains, each by its nearest window."""
        found: list[tuple[float, str]] = []
        domains: dict[str, float] = {}
        share = max(limit, limit * _WINDOWS_A_PASSAGE // max(1, len(self._collections)))
        for domain, collection in self._collections.items():
            windows = _nearest(collection, vector, share)
            found.extend(windows)
            if windows:
                domains[domain] = max(cosine for cosine, _ in windows)
        found.sort(key=lambda hit: (-hit[0], hit[1]))
        best: dict[str, float] = {}
        for cosine, key in found:
            best.setdefault(key, cosine)
        return Nearest(dict(itertools.islice(best.items(), limit)), domains)

    def _collection(self, domain: str) -> "Collection":
        if domain not in self._collections:
            self._collections[domain] = self._client.create_collection(
                _name(domain),
                embedding_function=None,  # Chroma's own would download a model
                configuration={"hnsw": {"space": "cosine", "ef_search": 200, "ef_construction": 200}},
            )
        return self._collections[domain]


def _nearest(collection: "Collection", vector: Sequence[float], limit: int) -> list[tuple[float, str]]:
    """Return cosine and passage id of the nearest windows in one collection."""
    with _translated():
        answer = collection.query(query_embeddings=_matrix([vector]), n_results=limit, include=["distances"])
    distances = (answer["distances"] or [[]])[0]
    ids = (key.partition(_SEPARATOR)[0] for key in answer["ids"][0])
    return [(1.0 - distance, key) for key, distance in zip(ids, distances, strict=True)]


@contextmanager
def _translated() -> Iterator[None]:
    """Turn Chroma's errors into ours."""
    from chromadb.errors import ChromaError  # noqa: PLC0415 - importing it takes seconds

    try:
        yield
    except (ChromaError, ValueError, OSError) as error:
        raise SnapshotDamaged("Chroma can't read or write the vectors: roll back or index anew") from error


def window_id(passage_id: str, number: int) -> str:
    """Return the id of a passage's window, counted from 0."""
    return f"{passage_id}{_SEPARATOR}{number}"


def _matrix(vectors: Sequence[Sequence[float]]) -> "NDArray[np.float32]":
    import numpy as np  # noqa: PLC0415 - start-up doesn't pay for it

    return np.asarray(vectors, dtype=np.float32)


def open_vectors(folder: Path) -> Vectors:
    """Open the vectors in `folder`, which is made if need be; the caller closes them.

    Raises SnapshotDamaged when Chroma can't read it.
    """
    import chromadb  # noqa: PLC0415 - importing it takes seconds
    from chromadb.config import Settings  # noqa: PLC0415 - as above

    with _translated():
        client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
        return Vectors(cast("Client", client))


def _name(domain: str) -> str:
    """Chroma allows few characters in a name: hexadecimal digits carry any domain."""
    return f"domain-{domain.encode().hex()}"


def _domain(name: str) -> str:
    return bytes.fromhex(name.removeprefix("domain-")).decode()
