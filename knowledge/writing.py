"""Write one snapshot that nobody reads yet: passages, words, vectors and attachments stay in step here."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from knowledge.contract import Embedder, Passage
from knowledge.errors import SnapshotDamaged
from knowledge.passages import Passages
from knowledge.vectors import Vectors, open_vectors
from knowledge.windows import windows_of

_BATCH = 256
"""Passages held with their vectors in memory at once."""


class SnapshotWriter:
    """The folder of a snapshot that is being built."""

    def __init__(self, folder: Path, passages: Passages, vectors: Vectors | None, embedder: Embedder | None) -> None:
        self._folder = folder
        self._passages = passages
        self._vectors = vectors
        self._embedder = embedder

    @classmethod
    def open(cls, folder: Path, embedder: Embedder | None) -> "SnapshotWriter":
        """Open a folder that is empty or a copy of an earlier snapshot; without an embedder only words are written."""
        vectors = open_vectors(folder / "vectors") if embedder else None
        return cls(folder, Passages.create(folder / "passages.sqlite"), vectors, embedder)

    def close(self) -> None:
        """Write everything out."""
        self._passages.close()
        if self._vectors:
            self._vectors.close()

    def remove(self, document: str, domain: str) -> None:
        """Delete a document's passages and vectors; `domain` is the one it was stored under."""
        if self._vectors:
            windows = {passage.id: len(windows_of(passage)) for passage in self._passages.of_document(document)}
            self._vectors.remove(domain, windows)
        self._passages.remove_document(document)

    def add(self, passages: Sequence[Passage], progress: Callable[[int], None]) -> None:
        """Store the passages and embed them; `progress` is told how many are done."""
        self._passages.add(passages)
        if self._vectors is None or self._embedder is None:
            return
        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            for domain, vectors in self._embedded(batch, self._embedder).items():
                self._vectors.add(domain, vectors)
            progress(start + len(batch))

    @staticmethod
    def _embedded(batch: Sequence[Passage], embedder: Embedder) -> dict[str, dict[str, list[list[float]]]]:
        """Return the vectors of each passage's windows, by domain and passage id."""
        owners = [(passage, text) for passage in batch for text in windows_of(passage)]
        vectors = embedder.embed([text for _, text in owners])
        embedded: dict[str, dict[str, list[list[float]]]] = {}
        for (passage, _), vector in zip(owners, vectors, strict=True):
            embedded.setdefault(passage.domain, {}).setdefault(passage.id, []).append(vector)
        return embedded

    def attach(self, attachments: Mapping[str, bytes]) -> None:
        """Store the caller's own files; those of the copied snapshot are replaced by name."""
        folder = self._folder / "attachments"
        folder.mkdir(exist_ok=True)
        for name, content in attachments.items():
            (folder / name).write_bytes(content)

    def check(self, *, expected: int) -> int:
        """Return the number of passages; raises SnapshotDamaged when the parts are not in step."""
        count = self._passages.count()
        is_in_step = self._vectors is None or self._vectors.count() == self._count_windows()
        if count != expected or not is_in_step or not self._passages.is_sound():
            raise SnapshotDamaged("the new snapshot is not sound and was not taken into use: index again")
        return count

    def _count_windows(self) -> int:
        return sum(len(windows_of(passage)) for passage in self._passages.all())
