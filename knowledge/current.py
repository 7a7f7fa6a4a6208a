"""The current snapshot of a running program: picked up when the pointer moves, closed when its last reader is done."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from knowledge.errors import KnowledgeError
from knowledge.opened import OpenSnapshot, open_snapshot
from knowledge.snapshot import Snapshots

_log = logging.getLogger(__name__)


class _Shared:
    """A snapshot with a count of its readers."""

    def __init__(self, snapshot: OpenSnapshot) -> None:
        self.snapshot = snapshot
        self.readers = 0
        self.is_retired = False


class CurrentSnapshot:
    """Lend the current snapshot to threads. A damaged new one leaves the old one in use."""

    def __init__(self, home: Path, open_folder: Callable[[Path], OpenSnapshot] = open_snapshot) -> None:
        self._snapshots = Snapshots(home)
        self._open_folder = open_folder
        self._counting = Lock()
        self._switching = Lock()
        self._stamp = self._snapshots.stamp()
        self._shared = _Shared(self._open())

    @contextmanager
    def reading(self) -> Iterator[OpenSnapshot]:
        """Hold the snapshot open for the length of the block."""
        self._follow_pointer()
        with self._counting:
            shared = self._shared
            shared.readers += 1
        try:
            yield shared.snapshot
        finally:
            with self._counting:
                shared.readers -= 1
                is_last = shared.is_retired and shared.readers == 0
            if is_last:
                shared.snapshot.close()

    def close(self) -> None:
        """Close the snapshot; no reader may be left."""
        self._shared.snapshot.close()

    def _open(self) -> OpenSnapshot:
        return self._open_folder(self._snapshots.folder(self._snapshots.current()))

    def _follow_pointer(self) -> None:
        """Open the snapshot that the pointer names now. One thread does it; the others go on with the old one."""
        stamp = self._snapshots.stamp()
        if stamp == self._stamp or not self._switching.acquire(blocking=False):
            return
        try:
            self._stamp = stamp  # set even if it fails: one try and one line in the log for each switch
            fresh = _Shared(self._open())
        except KnowledgeError as error:
            _log.error("the new snapshot can't be used, the old one stays in use: %s", error)
        else:
            self._replace(fresh)
        finally:
            self._switching.release()

    def _replace(self, fresh: _Shared) -> None:
        with self._counting:
            old, self._shared = self._shared, fresh
            old.is_retired = True
            is_unread = old.readers == 0
        if is_unread:
            old.snapshot.close()
        _log.info("snapshot %s is in use", fresh.snapshot.manifest.id)
