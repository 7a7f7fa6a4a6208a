"""Build the next snapshot from the documents folder: difference, copy, check, switch."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from knowledge.cache import CachedEmbedder, open_embedding_cache
from knowledge.calibration import calibrated
from knowledge.chunking import CHUNKING_VERSION, chunk
from knowledge.contract import Embedder, Example, Passage
from knowledge.errors import DocumentError, KnowledgeError, NoSnapshot, SnapshotDamaged
from knowledge.language import language_of
from knowledge.loaders.folder import LOADERS_VERSION, MAX_BYTES, content_hash, domain_of, find, load, read
from knowledge.opened import open_snapshot
from knowledge.snapshot import FORMAT, Entry, Manifest, Snapshots, read_manifest, write_manifest
from knowledge.writing import SnapshotWriter


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """What to index, into which home, and how.

    `embedder` None builds for words alone. `examples` with the label "offtopic" and the others calibrate the gate.
    `attachments` are stored beside the passages under their names; they are made with vectors, so not without an
    embedder, and again whenever `examples` or `configuration` differ from the last time.
    """

    home: Path
    documents: Path
    domains: Sequence[str]
    embedder: Embedder | None
    examples: Sequence[Example] = ()
    attachments: Callable[[Embedder], Mapping[str, bytes]] | None = None
    configuration: str = ""
    keep: int = 5
    max_bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What became of each document, by path. `snapshot` is the current one, new or not."""

    snapshot: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    passages: int
    seconds: float
    is_new: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step ("reading", "embedding", "fitting", "calibrating") has come."""

    step: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class _Difference:
    """`fresh` are the passages of what was added or changed; `entries` describe the whole new snapshot."""

    fresh: Mapping[str, Sequence[Passage]]
    entries: Mapping[str, Entry]
    removed: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


def now() -> datetime:
    """Return the time of day in UTC."""
    return datetime.now(UTC)


def index(
    plan: IndexPlan,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    clock: Callable[[], datetime] = now,
) -> IndexReport:
    """Bring the current snapshot up to date with the folder. Blocks; a kill at any moment changes nothing.

    Raises IndexBusy if another process is at it, and KnowledgeError when the folder holds nothing to index.
    """
    if not plan.documents.is_dir():
        raise KnowledgeError(f"{plan.documents} is no folder: name the folder that holds your documents")
    try:
        return _index(plan, progress, clock)
    except OSError as error:
        raise KnowledgeError(f"{plan.home} can't be written: {error.strerror or type(error).__name__}") from error
    except sqlite3.Error as error:
        raise KnowledgeError(f"the new snapshot can't be written, nothing was changed: {error}") from error


def _index(plan: IndexPlan, progress: Callable[[Progress], None], clock: Callable[[], datetime]) -> IndexReport:
    started = time.perf_counter()
    snapshots = Snapshots(plan.home)
    with snapshots.locked():
        base = _base(snapshots, plan)
        difference = _compare(plan, base, progress)
        if not difference.entries:
            raise KnowledgeError(f"{plan.documents} holds no document that can be indexed{_reasons(difference)}")
        manifest = _next_manifest(plan, difference, snapshots, clock())
        is_new = base is None or base.fingerprint != manifest.fingerprint
        if is_new:
            manifest = _build(plan, snapshots, base, difference, manifest, progress=progress)
            snapshots.prune(plan.keep)
    report = _report(base, difference, seconds=time.perf_counter() - started)
    return (
        report
        if base and not is_new
        else replace(report, snapshot=manifest.id, passages=manifest.passages, is_new=True)
    )


def _base(snapshots: Snapshots, plan: IndexPlan) -> Manifest | None:
    """Return the current snapshot if the next one may start from a copy of it."""
    try:
        manifest = read_manifest(snapshots.folder(snapshots.current()))
    except (NoSnapshot, SnapshotDamaged):
        return None
    is_same_kind = manifest.embedder == (plan.embedder.model if plan.embedder else None)
    return manifest if is_same_kind and manifest.versions == _versions() else None


def _compare(plan: IndexPlan, base: Manifest | None, progress: Callable[[Progress], None]) -> _Difference:
    known = base.documents if base else {}
    fresh: dict[str, Sequence[Passage]] = {}
    entries: dict[str, Entry] = {}
    skipped: list[tuple[str, str]] = []
    files = list(find(plan.documents))
    for done, found in enumerate(files, start=1):
        try:
            if isinstance(found, DocumentError):
                raise found
            source = read(found, max_bytes=plan.max_bytes)
            domain = domain_of(found.path, plan.domains)
            old = known.get(found.path)
            if old and old.content_hash == content_hash(source, domain):
                entries[found.path] = old
            else:
                document = load(source, domain)
                fresh[found.path] = passages = chunk(document)
                language = language_of(document.markdown)
                entries[found.path] = Entry(document.content_hash, domain, document.title, len(passages), language)
        except DocumentError as error:
            skipped.append((error.document, error.reason))
        progress(Progress("reading", done, len(files)))
    removed = tuple(sorted(known.keys() - entries.keys()))
    return _Difference(fresh, entries, removed, tuple(skipped))


def _next_manifest(plan: IndexPlan, difference: _Difference, snapshots: Snapshots, created: datetime) -> Manifest:
    return Manifest(
        id=snapshots.free_id(created),
        created=created.isoformat(),
        embedder=plan.embedder.model if plan.embedder else None,
        passages=sum(entry.passages for entry in difference.entries.values()),
        fingerprint=_fingerprint(plan, difference.entries),
        versions=_versions(),
        configuration=_configuration(plan),
        documents=difference.entries,
    )


def _build(
    plan: IndexPlan,
    snapshots: Snapshots,
    base: Manifest | None,
    difference: _Difference,
    manifest: Manifest,
    *,
    progress: Callable[[Progress], None],
) -> Manifest:
    folder = snapshots.begin(manifest.id, base.id if base else None)
    with open_embedding_cache(snapshots.embedding_cache) as cache:
        embedder = CachedEmbedder(plan.embedder, cache) if plan.embedder else None
        with closing(SnapshotWriter.open(folder, embedder)) as writer:
            _apply(writer, base, difference, progress)
            writer.check(expected=manifest.passages)
            if embedder and plan.attachments and (base is None or base.configuration != manifest.configuration):
                progress(Progress("fitting", 0, 1))
                writer.attach(plan.attachments(embedder))
        write_manifest(folder, manifest)
        with closing(open_snapshot(folder)) as snapshot:
            progress(Progress("calibrating", 0, 1))
            manifest = replace(manifest, thresholds=calibrated(snapshot, embedder, plan.examples))
        cache.trim()
    write_manifest(folder, manifest)
    snapshots.finish(folder)
    return manifest


def _apply(
    writer: SnapshotWriter, base: Manifest | None, difference: _Difference, progress: Callable[[Progress], None]
) -> None:
    known = base.documents if base else {}
    for path in (*difference.removed, *difference.fresh):
        if path in known:
            writer.remove(path, known[path].domain)
    fresh = [passage for passages in difference.fresh.values() for passage in passages]
    writer.add(fresh, lambda done: progress(Progress("embedding", done, len(fresh))))


def _versions() -> str:
    return f"{FORMAT}.{LOADERS_VERSION}.{CHUNKING_VERSION}"


def _fingerprint(plan: IndexPlan, entries: Mapping[str, Entry]) -> str:
    parts = [_versions(), plan.embedder.model if plan.embedder else "", _configuration(plan)]
    parts += [f"{path}\0{entry.content_hash}" for path, entry in sorted(entries.items())]
    return sha256("\1".join(parts).encode()).hexdigest()


def _configuration(plan: IndexPlan) -> str:
    """Hash what attachments are made of."""
    examples = [f"{example.label}\0{example.text}" for example in plan.examples]
    return sha256("\1".join([plan.configuration, *examples]).encode()).hexdigest()


def _reasons(difference: _Difference) -> str:
    return "".join(f"; {path} {reason}" for path, reason in difference.skipped[:3])


def _report(base: Manifest | None, difference: _Difference, *, seconds: float) -> IndexReport:
    known = base.documents if base else {}
    return IndexReport(
        snapshot=base.id if base else "",
        added=tuple(path for path in difference.fresh if path not in known),
        changed=tuple(path for path in difference.fresh if path in known),
        removed=difference.removed,
        unchanged=tuple(path for path in difference.entries if path not in difference.fresh),
        skipped=difference.skipped,
        passages=base.passages if base else 0,
        seconds=seconds,
        is_new=False,
    )
