"""Tokens into frames: a provider's deltas are joined to at most 20 frames a second before they enter the graph.

LangGraph's cost is for each chunk, and no screen shows more frames than that.
"""

import asyncio
from collections.abc import Callable

FRAME_SECONDS = 0.1


class FrameBatcher:
    """Join text until a frame is due, then hand it to `emit`. The first text goes out at once."""

    def __init__(self, emit: Callable[[str], None], *, frame_seconds: float = FRAME_SECONDS) -> None:
        self._emit = emit
        self._frame_seconds = frame_seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        """Take more text. Never waits."""
        self._waiting.append(text)
        if self._timer is None:
            self._send()

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

    def _send(self) -> None:
        # While text keeps coming a timer runs, so that the end of a burst is not held until the next token.
        self._timer = None
        if self._waiting:
            self._emit("".join(self._waiting))
            self._waiting.clear()
            self._timer = self._loop.call_later(self._frame_seconds, self._send)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
