"""Threads that do what they are given whole: urgent pieces first, each kind in the order of coming.

A transaction is one piece. Awaited statement by statement it would hold SQLite's only write lock for as many rounds of
the event loop as it has statements, and those are long just when there is much to do.
"""

import asyncio
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import PriorityQueue
from typing import Generic, TypeVar

_T = TypeVar("_T")
_URGENT, _PATIENT, _LAST = range(3)


class PriorityExecutor:
    """Threads with one queue. With one thread, nothing is done at the same time."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._queue: PriorityQueue[tuple[int, int, Callable[[], None] | None]] = PriorityQueue()
        self._numbers = itertools.count()
        self._threads = [threading.Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(threads)]
        for thread in self._threads:
            thread.start()

    async def do(self, work: Callable[[], _T], *, is_urgent: bool = False) -> _T:
        """Return what the work returns, or raise what it raises; a caller that is cancelled waits for its end too."""
        piece = _Piece(work)
        self._queue.put((_URGENT if is_urgent else _PATIENT, next(self._numbers), piece.do))
        return await piece.outcome()

    async def close(self) -> None:
        """Wait until all that was given is done."""
        for _ in self._threads:
            self._queue.put((_LAST, next(self._numbers), None))
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _run(self) -> None:
        while (do := self._queue.get()[2]) is not None:
            do()
            del do  # nothing of it is kept while the thread waits


class _Piece(Generic[_T]):
    """Some work, its outcome, and who awaits it."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._is_over = False
        self._error: BaseException | None = None
        self._result: _T

    def do(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work is awaited
            self._error = error
        with suppress(RuntimeError):  # the loop is closed, and nobody waits
            self._loop.call_soon_threadsafe(self._end)

    async def outcome(self) -> _T:
        cancelled: asyncio.CancelledError | None = None
        while not self._is_over:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled
        if self._error is not None:
            raise self._error
        return self._result

    def _end(self) -> None:
        self._is_over = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
