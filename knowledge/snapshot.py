"""Where snapshots live and how the current one is switched: folders, the manifest, the pointer, the lock."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from knowledge.coverage import Thresholds
from knowledge.errors import IndexBusy, NoSnapshot, SnapshotDamaged

FORMAT = 1
_BUILDING = ".building-"


@dataclass(frozen=True, slots=True)
class Entry:
    """One indexed document. The same `content_hash` means the same passages."""

    content_hash: str
    domain: str
    title: str
    passages: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds. `embedder` is None when it was built without vectors.

    `fingerprint` is equal when building again would give the same snapshot; `versions` are those of the code that
    reads and cuts documents: a snapshot of others is no base for the next one. `configuration` is what the attachments
    were made of: they are copied along while it stays the same. `files` are the sizes of all others, by path.
    """

    id: str
    created: str
    embedder: str | None
    passages: int
    fingerprint: str
    versions: str
    configuration: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)
    documents: Mapping[str, Entry] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)
    format: int = FORMAT

    def languages(self) -> tuple[str, ...]:
        """Return the ISO 639-1 codes of the documents' languages, by how many documents are written in them."""
        counted = Counter(entry.language for entry in self.documents.values() if entry.language)
        return tuple(language for language, _ in counted.most_common())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Store the manifest as JSON, with the sizes of the files that are there now."""
    manifest = replace(manifest, files=_sizes(folder))
    (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Raises SnapshotDamaged when the manifest is missing or of another format, or any file is not whole."""
    try:
        raw = json.loads((folder / "manifest.json").read_text("utf-8"))
        if raw["format"] != FORMAT:
            raise SnapshotDamaged(f"{folder.name}: made by another version of Firstline: index anew")
        raw["thresholds"] = Thresholds(**raw["thresholds"])
        raw["documents"] = {path: Entry(**entry) for path, entry in raw["documents"].items()}
        manifest = Manifest(**raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotDamaged(f"{folder.name}: its manifest can't be read: roll back or index anew") from error
    sizes = _sizes(folder)
    broken = next((path for path, size in manifest.files.items() if sizes.get(path) != size), None)
    if broken is not None:
        # Chroma would not raise for a file that was cut off: it ends the whole process.
        raise SnapshotDamaged(f"{folder.name}: {broken} is not whole: roll back or index anew")
    return manifest


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of each file that never changes again; Chroma's own database notes who opened it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    changing = ("manifest.json", "chroma.sqlite3")
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files if path.name not in changing}


class Snapshots:
    """The snapshots below one home. Everything that changes them needs the lock."""

    def __init__(self, home: Path) -> None:
        self.root = home / "knowledge"
        self._pointer = self.root / "current"

    @property
    def embedding_cache(self) -> Path:
        """Where the vectors of all snapshots are kept."""
        return self.root / "embeddings.sqlite"

    def current(self) -> str:
        """Return the current snapshot's id; raises NoSnapshot."""
        try:
            name = self._pointer.read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            name = ""
        if not name or "/" in name or name.startswith("."):
            raise NoSnapshot("nothing has been indexed yet: run `firstline index`")
        return name

    def stamp(self) -> tuple[int, int] | None:
        """Return something that changes whenever the pointer is switched; costs one stat."""
        try:
            status = self._pointer.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino

    def folder(self, snapshot: str) -> Path:
        """Return where a finished snapshot lives."""
        return self.root / "snapshots" / snapshot

    def ids(self) -> list[str]:
        """Return the ids of the finished snapshots, oldest first."""
        folder = self.root / "snapshots"
        return sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []

    def free_id(self, created: datetime) -> str:
        """Return an id that sorts after all there are."""
        name = f"{created.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"
        newest = self.ids()[-1:]
        return name if not newest or name > newest[0] else f"{newest[0]}1"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing the snapshots; the system frees the lock even after a kill.

        Raises IndexBusy at once if another process has it.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.root / "index.lock").open("a") as lock:
            (self.root / "index.lock").chmod(0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise IndexBusy("another `firstline index` is running: wait until it has finished") from error
            yield

    def begin(self, snapshot: str, base: str | None) -> Path:
        """Return a folder to build in, with a copy of `base`; what killed runs left behind is cleared away."""
        folder = self.root / "snapshots"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in folder.glob(f"{_BUILDING}*"):
            shutil.rmtree(leftover)
        building = folder / f"{_BUILDING}{snapshot}"
        if base is None:
            building.mkdir(mode=0o700)
        else:
            shutil.copytree(self.folder(base), building, copy_function=_copy)
        return building

    def finish(self, building: Path) -> str:
        """Make what was built the current snapshot, durably and in one step."""
        for path in building.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
            _sync(path)
        _sync(building)
        snapshot = building.name.removeprefix(_BUILDING)
        building.rename(self.folder(snapshot))
        _sync(self.root / "snapshots")
        self.switch(snapshot)
        return snapshot

    def switch(self, snapshot: str) -> None:
        """Point to another snapshot."""
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(f"{snapshot}\n", "ascii")
        fresh.chmod(0o600)
        _sync(fresh)
        fresh.replace(self._pointer)
        _sync(self.root)

    def rollback(self) -> str:
        """Point to the snapshot before the current one and return its id; raises NoSnapshot if there is none."""
        with self.locked():
            current = self.current()
            earlier = [name for name in self.ids() if name < current]
            if not earlier:
                raise NoSnapshot("there is no earlier snapshot to go back to")
            read_manifest(self.folder(earlier[-1]))
            self.switch(earlier[-1])
            return earlier[-1]

    def prune(self, keep: int) -> None:
        """Delete all but the newest `keep` snapshots; the current one always stays."""
        current = self.current()
        for name in self.ids()[: -max(keep, 1)]:
            if name != current:
                shutil.rmtree(self.folder(name))


def _copy(source: str, target: str) -> None:
    """Copy a file; a database by SQLite's own means, since a reader may be opening it at this moment."""
    if not source.endswith((".sqlite", ".sqlite3")):
        shutil.copyfile(source, target)
        return
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
