"""One opened snapshot: the blocking half of the knowledge base, also used while building and measuring."""

import itertools
from collections.abc import Mapping
from pathlib import Path

from knowledge.classifier import FittedClassifier, load_classifier
from knowledge.contract import Classification, Embedder, Hit, SearchResult
from knowledge.coverage import Evidence, is_covered
from knowledge.errors import SnapshotDamaged
from knowledge.fusion import boost, fuse, support
from knowledge.passages import Passages, Place
from knowledge.snapshot import Manifest, read_manifest
from knowledge.vectors import Vectors, open_vectors
from knowledge.words import search_words, share_of_terms

ARM_LIMIT = 100
"""Hits taken of each arm: min-max needs that many to be fair."""
CLASSIFIER = "classifier"
"""The name under which a snapshot holds its fitted classifier."""


class OpenSnapshot:
    """Search one snapshot. Safe to share between threads; close it when its last reader is done."""

    def __init__(
        self, manifest: Manifest, passages: Passages, vectors: Vectors | None, classifier: FittedClassifier | None
    ) -> None:
        self.manifest = manifest
        self.passages = passages
        self._vectors = vectors
        self._classifier = classifier
        self._places = passages.places()
        self._neighbours = _neighbours(self._places)

    def close(self) -> None:
        """Give files and threads back."""
        self.passages.close()
        if self._vectors:
            self._vectors.close()

    def search(self, query: str, embedder: Embedder | None, *, domain: str | None, limit: int) -> SearchResult:
        """Fuse both arms; words only where the vectors are of another model or the embedder is missing."""
        words = search_words(self.passages.connection, query, limit=ARM_LIMIT)
        vectors = self._nearest(query, embedder)
        scores = support(fuse(words, vectors or {}), self._neighbours)
        if domain is not None:
            scores = boost(scores, {key for key in scores if self._places[key].domain == domain})
        best = sorted(scores, key=lambda key: (-scores[key], key))[:limit]
        found = self.passages.with_ids(best)
        hits = tuple(Hit(found[key], scores[key], (vectors or {}).get(key)) for key in best)
        is_enough = bool(hits) and is_covered(self._evidence(query, words, vectors), self.manifest.thresholds)
        return SearchResult(hits, is_enough, self.manifest.id)

    def evidence(self, query: str, embedder: Embedder | None) -> Evidence:
        """Return what `is_covered` is decided by."""
        words = search_words(self.passages.connection, query, limit=ARM_LIMIT)
        return self._evidence(query, words, self._nearest(query, embedder))

    def classify(self, text: str, embedder: Embedder | None) -> Classification | None:
        """Return None where the snapshot has no classifier or this embedder is not the one it was fitted with."""
        if self._classifier is None or embedder is None or embedder.model != self.manifest.embedder:
            return None
        vector = embedder.embed([text])[0]
        return self._classifier.classify(text, vector, self._vectors.nearest_by_domain(vector) if self._vectors else {})

    def _nearest(self, query: str, embedder: Embedder | None) -> dict[str, float] | None:
        if self._vectors is None or embedder is None or embedder.model != self.manifest.embedder or not query.strip():
            return None
        return self._vectors.search(embedder.embed([query])[0], limit=ARM_LIMIT)

    def _evidence(self, query: str, words: Mapping[str, float], vectors: Mapping[str, float] | None) -> Evidence:
        best = sorted(words, key=lambda key: -words[key])[:5]
        share = share_of_terms(self.passages.connection, query, best)
        return Evidence(max(vectors.values(), default=0.0) if vectors is not None else None, share)


def _neighbours(places: Mapping[str, Place]) -> dict[str, list[str]]:
    """Return the ids right before and after each passage in its document."""
    neighbours: dict[str, list[str]] = {key: [] for key in places}
    for (before, place), (after, next_place) in itertools.pairwise(places.items()):
        if place.document == next_place.document:
            neighbours[before].append(after)
            neighbours[after].append(before)
    return neighbours


def open_snapshot(folder: Path) -> OpenSnapshot:
    """Open a finished snapshot; raises SnapshotDamaged when a part is missing or can't be read."""
    manifest = read_manifest(folder)
    fitted = folder / "attachments" / CLASSIFIER
    classifier = load_classifier(fitted.read_bytes()) if fitted.exists() else None
    passages = Passages.open(folder / "passages.sqlite")
    try:
        vectors = open_vectors(folder / "vectors") if manifest.embedder else None
    except SnapshotDamaged:
        passages.close()
        raise
    return OpenSnapshot(manifest, passages, vectors, classifier)
