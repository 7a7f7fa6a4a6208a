"""Where lines come from: a prompt with history, or a pipe."""

import asyncio
import threading
from contextlib import suppress
from typing import Protocol, TextIO


class LineSource(Protocol):
    """Lines as they are typed."""

    async def read(self) -> str | None:
        """Return the next line, or None at the end. Raises KeyboardInterrupt for Ctrl-C at a prompt."""
        ...


class PipedLines:
    """Lines of a pipe or file, read in a thread of its own, which dies with the program wherever it waits."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._reader: threading.Thread | None = None

    async def read(self) -> str | None:
        """Return the next line, or None at the end."""
        if self._reader is None:
            loop = asyncio.get_running_loop()
            self._reader = threading.Thread(target=self._pump, args=(loop,), name="console-lines", daemon=True)
            self._reader.start()
        return await self._lines.get()

    def _pump(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand every line over; a loop that is closed by now wants none."""
        with suppress(RuntimeError):
            for line in self._stream:
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            loop.call_soon_threadsafe(self._lines.put_nowait, None)
