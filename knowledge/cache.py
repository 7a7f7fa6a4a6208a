"""Vectors that were paid for once: by model and hash of the text, in SQLite."""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from knowledge.contract import Embedder

_BATCH = 16
"""Texts embedded between two commits: what a killed run has embedded stays embedded."""
_MAX_ROWS = 200_000


class EmbeddingCache:
    """Embed texts, each once for each model."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def embed(self, embedder: Embedder, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text, in order."""
        keys = [sha256(text.encode()).digest() for text in texts]
        vectors = self._known(embedder.model, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        order = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            fresh = dict(zip(batch, embedder.embed([missing[key] for key in batch]), strict=True))
            self._store(embedder.model, fresh)
            vectors.update(fresh)
        return [vectors[key] for key in keys]

    def trim(self, max_rows: int = _MAX_ROWS) -> None:
        """Forget the oldest vectors beyond `max_rows`."""
        with self._connection:
            self._connection.execute(
                "DELETE FROM vectors WHERE number <= (SELECT max(number) FROM vectors) - ?", (max_rows,)
            )

    def _known(self, model: str, keys: Sequence[bytes]) -> dict[bytes, list[float]]:
        known: dict[bytes, list[float]] = {}
        for key in keys:
            sql = "SELECT vector FROM vectors WHERE model = ? AND text = ?"
            row = self._connection.execute(sql, (model, key)).fetchone()
            if row is not None:
                known[key] = array("f", row[0]).tolist()
        return known

    def _store(self, model: str, vectors: dict[bytes, list[float]]) -> None:
        rows = [(model, key, array("f", vector).tobytes()) for key, vector in vectors.items()]
        with self._connection:
            self._connection.executemany("INSERT INTO vectors (model, text, vector) VALUES (?, ?, ?)", rows)


class CachedEmbedder:
    """An embedder that asks the cache first."""

    def __init__(self, inner: Embedder, cache: EmbeddingCache) -> None:
        self._inner = inner
        self._cache = cache

    @property
    def model(self) -> str:
        """The inner embedder's model."""
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return known vectors from the cache and embed the others."""
        return self._cache.embed(self._inner, texts)


@contextmanager
def open_embedding_cache(path: Path) -> Iterator[EmbeddingCache]:
    """Open the cache; a damaged one is begun anew, since it holds nothing that can't be made again."""
    try:
        connection = _connect(path)
    except sqlite3.DatabaseError:
        path.unlink()
        connection = _connect(path)
    with closing(connection):
        yield EmbeddingCache(connection)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors ("
            "number INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT, text BLOB, vector BLOB, UNIQUE (model, text))"
        )
    except sqlite3.DatabaseError:
        connection.close()
        raise
    path.chmod(0o600)
    return connection
