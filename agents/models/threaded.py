"""A blocking iterator, seen from the event loop: one thread runs it from start to end, and a stop reaches it there."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """Marks the end in the queue; how it came is asked of the thread's future."""


@dataclass(slots=True)
class Stop:
    """Whether the reader has gone, and what to do about a thread that waits for the network then."""

    is_asked: bool = False
    interrupt: Callable[[], None] | None = None

    def arm(self, interrupt: Callable[[], None]) -> None:
        """Take, from the thread, what makes it stop waiting; call it at once if the reader has gone already.

        No lock is needed: this writes `interrupt` before it reads `is_asked`, and `ask` does it the other way round,
        so that one of the two always sees both.
        """
        self.interrupt = interrupt
        if self.is_asked:
            interrupt()

    def ask(self) -> None:
        """Make the thread end at its next item, or at once if it can be interrupted."""
        self.is_asked = True
        if self.interrupt is not None:
            self.interrupt()


async def iterate_in_thread(
    start: Callable[[], Iterator[Item]], executor: Executor, stop: Stop
) -> AsyncGenerator[Item, None]:
    """Yield what the iterator that `start` returns yields in a thread; closing this early asks `stop`.

    It doesn't wait for a stopped thread: one that is still connecting ends by its own time limit.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[Item | _End] = asyncio.Queue()

    def run() -> None:
        try:
            for item in () if stop.is_asked else start():
                loop.call_soon_threadsafe(arrived.put_nowait, item)
                if stop.is_asked:
                    break
        finally:
            loop.call_soon_threadsafe(arrived.put_nowait, _End())

    thread = loop.run_in_executor(executor, contextvars.copy_context().run, run)
    thread.add_done_callback(_hear_out)
    is_ended = False
    try:
        while not isinstance(item := await arrived.get(), _End):
            yield item
        is_ended = True
        await thread
    finally:
        if not is_ended:
            stop.ask()
            thread.cancel()


def _hear_out(thread: "asyncio.Future[None]") -> None:
    """Take note of how a thread ended: nobody asks for the error of a stream that was closed early."""
    if not thread.cancelled():
        thread.exception()
