"""Tokens into frames: a provider's deltas are joined before they enter the graph, since its cost is for each chunk.

A program with little to do passes on nearly every token at once; one that is late with its work joins more of them.
"""

import asyncio
from collections.abc import Callable

FRAME_SECONDS = 0.01
BUSY_FRAME_SECONDS = 0.1
# How much further apart frames are for each second that the event loop is late.
_PER_LATE_SECOND = 5.0


class FrameBatcher:
    """Join text until a frame is due, then hand it to `emit`. The first text goes out at once."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._loop = asyncio.get_running_loop()
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take more text. Never waits."""
        self._waiting.append(text)
        if self._timer is None:
            self._send(self._loop.time())

    def close(self) -> None:
        """Send what waits and stop the clock."""
        self._stop()
        if self._waiting:
            self._emit("".join(self._waiting))
            self._waiting.clear()

    def discard(self) -> None:
        """Forget what waits."""
        self._stop()
        self._waiting.clear()

    def _send(self, due: float) -> None:
        # While text keeps coming a timer runs, so that the end of a burst is not held until the next token.
        self._timer = None
        if self._waiting:
            self._emit("".join(self._waiting))
            self._waiting.clear()
            now = self._loop.time()
            seconds = min(BUSY_FRAME_SECONDS, FRAME_SECONDS + _PER_LATE_SECOND * (now - due))
            self._timer = self._loop.call_at(now + seconds, self._send, now + seconds)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
