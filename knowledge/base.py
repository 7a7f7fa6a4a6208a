"""The knowledge base of a running program: the asynchronous face of the current snapshot."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from knowledge.contract import Classification, Embedder, Passage, SearchResult
from knowledge.current import CurrentSnapshot
from knowledge.embedders.minilm import build_minilm
from knowledge.embedders.recent import RecentEmbedder
from knowledge.errors import EmbedderUnavailable, SnapshotDamaged
from knowledge.opened import OpenSnapshot, open_snapshot
from knowledge.snapshot import Manifest

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class KnowledgeBase:
    """Retriever and Classifier over the current snapshot. All blocking work runs on its own threads."""

    def __init__(self, current: CurrentSnapshot, embedder: Embedder | None, pool: ThreadPoolExecutor) -> None:
        self.embedder = embedder
        self._current = current
        self._pool = pool

    async def search(self, query: str, *, domain: str | None = None, limit: int = 6) -> SearchResult:
        """Return up to `limit` hits, best first; `domain` lifts the passages of a domain and excludes none."""
        return await self._read(lambda snapshot: snapshot.search(query, self.embedder, domain=domain, limit=limit))

    async def neighbours(self, passage: Passage) -> tuple[Passage, ...]:
        """Return the passages right before and after; none if the current snapshot no longer has this one."""
        return await self._read(lambda snapshot: snapshot.passages.around(passage))

    async def load_domain(self, domain: str) -> tuple[Passage, ...]:
        """Return every passage of a domain, by document and position."""
        return await self._read(lambda snapshot: snapshot.passages.of_domain(domain))

    async def fetch(self, ids: Sequence[str]) -> tuple[Passage, ...]:
        """Return the passages with these ids, in their order; those no longer there are left out."""
        found = await self._read(lambda snapshot: snapshot.passages.with_ids(ids))
        return tuple(found[key] for key in ids if key in found)

    async def languages(self) -> tuple[str, ...]:
        """Return the ISO 639-1 codes of the documents' languages, the most frequent first."""
        return (await self.manifest()).languages()

    async def classify(self, text: str) -> Classification | None:
        """Return the best label, or None when there are no vectors or no classifier in the snapshot."""
        return await self._read(lambda snapshot: snapshot.classify(text, self.embedder))

    async def manifest(self) -> Manifest:
        """Return what the snapshot now in use holds."""
        return await self._read(lambda snapshot: snapshot.manifest)

    async def _read(self, work: Callable[[OpenSnapshot], _Answer]) -> _Answer:
        def run() -> _Answer:
            try:
                with self._current.reading() as snapshot:
                    return work(snapshot)
            except sqlite3.DatabaseError as error:
                raise SnapshotDamaged("the passages can't be read: roll back or index anew") from error

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)


@asynccontextmanager
async def open_knowledge_base(
    home: Path, *, build_embedder: Callable[[], Embedder] = build_minilm, threads: int = 4
) -> AsyncIterator[KnowledgeBase]:
    """Open the current snapshot below `home`, and follow it when it is switched.

    Raises NoSnapshot or SnapshotDamaged. Without an embedder the search goes on by words, which is logged once.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(threads, thread_name_prefix="knowledge") as pool:
        current = await loop.run_in_executor(pool, CurrentSnapshot, home, _open_with_classifier)
        try:
            embedder = await loop.run_in_executor(pool, _built, build_embedder)
            yield KnowledgeBase(current, embedder, pool)
        finally:
            pool.shutdown()
            current.close()


def _open_with_classifier(folder: Path) -> OpenSnapshot:
    from knowledge.classifier import load_classifier  # noqa: PLC0415 - numpy is not for start-up

    return open_snapshot(folder, load_classifier=load_classifier)


def _built(build_embedder: Callable[[], Embedder]) -> Embedder | None:
    try:
        return RecentEmbedder(build_embedder())
    except EmbedderUnavailable as error:
        _log.warning("searching by words alone: %s", error)
        return None
