"""One opened snapshot: the blocking half of the knowledge base, also used while building and measuring."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from knowledge.contract import Classification, Embedder, Hit, SearchResult
from knowledge.coverage import Evidence, is_covered
from knowledge.errors import EmbedderUnavailable, SnapshotDamaged
from knowledge.fusion import boost, fuse
from knowledge.passages import Passages
from knowledge.snapshot import Manifest, read_manifest
from knowledge.vectors import Vectors, open_vectors
from knowledge.words import search_words, share_of_terms

_log = logging.getLogger(__name__)

ARM_LIMIT = 100
"""Hits taken of each arm: min-max needs that many to be fair."""
CLASSIFIER = "classifier"
"""The name under which a snapshot holds its fitted classifier."""


class FittedClassifier(Protocol):
    """What was fitted when the snapshot was built."""

    def classify(
        self, text: str, vector: Sequence[float], documents: Mapping[str, float] | None = None
    ) -> Classification:
        """Return the best label; `documents` holds the cosine of the nearest passage of each domain."""
        ...


class OpenSnapshot:
    """Search one snapshot. Safe to share between threads; close it when its last reader is done."""

    def __init__(
        self, manifest: Manifest, passages: Passages, vectors: Vectors | None, classifier: FittedClassifier | None
    ) -> None:
        self.manifest = manifest
        self.passages = passages
        self._vectors = vectors
        self._classifier = classifier
        self._domains = passages.domains()
        self._told: set[str] = set()
        self.is_closed = False

    def close(self) -> None:
        """Give files and threads back."""
        self.is_closed = True
        self.passages.close()
        if self._vectors:
            self._vectors.close()

    def search(self, query: str, embedder: Embedder | None, *, domain: str | None, limit: int) -> SearchResult:
        """Fuse both arms; words only where the vectors are of another model or the embedder is missing."""
        query = _readable(query)
        words = search_words(self.passages.connection, query, limit=ARM_LIMIT)
        vectors = self._nearest(query, embedder)
        scores = fuse(words, vectors or {})
        if domain is not None:
            scores = boost(scores, {key for key in scores if self._domains[key] == domain})
        best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
        found = self.passages.with_ids(best)
        hits = tuple(Hit(found[key], scores[key], (vectors or {}).get(key)) for key in best)
        is_enough = bool(hits) and is_covered(self._evidence(query, words, vectors), self.manifest.thresholds)
        return SearchResult(hits, is_enough, self.manifest.id)

    def evidence(self, query: str, embedder: Embedder | None) -> Evidence:
        """Return what `is_covered` is decided by."""
        query = _readable(query)
        words = search_words(self.passages.connection, query, limit=ARM_LIMIT)
        vector = self._vector(query, embedder)
        return self._evidence(
            query, words, self._vectors.nearest_by_domain(vector) if self._vectors and vector else None
        )

    def classify(self, text: str, embedder: Embedder | None) -> Classification | None:
        """Return None where the snapshot has no classifier or this embedder is not the one it was fitted with."""
        text = _readable(text)
        vector = self._vector(text, embedder)
        if self._classifier is None or self._vectors is None or vector is None:
            return None
        return self._classifier.classify(text, vector, self._vectors.nearest_by_domain(vector))

    def _nearest(self, query: str, embedder: Embedder | None) -> dict[str, float] | None:
        vector = self._vector(query, embedder)
        return self._vectors.search(vector, limit=ARM_LIMIT) if self._vectors and vector else None

    def _vector(self, text: str, embedder: Embedder | None) -> list[float] | None:
        """Return None where words must do."""
        if self._vectors is None or embedder is None or not text.strip():
            return None
        if embedder.model != self.manifest.embedder:
            self._tell_once(f"the documents were indexed with {self.manifest.embedder}: run `firstline index`")
            return None
        try:
            return embedder.embed([text])[0]
        except EmbedderUnavailable as error:
            self._tell_once(str(error))
            return None

    def _tell_once(self, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            _log.warning("searching by words alone: %s", reason)

    def _evidence(self, query: str, words: Mapping[str, float], vectors: Mapping[str, float] | None) -> Evidence:
        best = sorted(words, key=lambda key: -words[key])[:5]
        share = share_of_terms(self.passages.connection, query, best)
        return Evidence(max(vectors.values(), default=0.0) if vectors is not None else None, share)


def _readable(query: str) -> str:
    """Drop what is no Unicode text, such as half an emoji: neither SQLite nor a tokenizer takes it."""
    return query.encode(errors="replace").decode()


def open_snapshot(folder: Path, *, load_classifier: Callable[[bytes], FittedClassifier] | None = None) -> OpenSnapshot:
    """Open a finished snapshot; raises SnapshotDamaged when a part is missing or can't be read."""
    manifest = read_manifest(folder)
    fitted = folder / "attachments" / CLASSIFIER
    classifier = load_classifier(fitted.read_bytes()) if load_classifier and fitted.exists() else None
    passages = Passages.open(folder / "passages.sqlite")
    try:
        vectors = open_vectors(folder / "vectors") if manifest.embedder else None
    except SnapshotDamaged:
        passages.close()
        raise
    return OpenSnapshot(manifest, passages, vectors, classifier)
