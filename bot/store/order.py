"""Who writes next where only one can: urgent writes before patient ones, each kind in the order of coming."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class WriteOrder:
    """A lock with two lines: a platform waits three seconds for "received", a turn's book-keeping can wait."""

    def __init__(self) -> None:
        self._is_taken = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def hold(self, *, is_urgent: bool) -> AsyncIterator[None]:
        """Hold the lock."""
        await self._take(self._urgent if is_urgent else self._patient)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, line: deque[asyncio.Future[None]]) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # it was given in the same moment
            raise

    def _pass_on(self) -> None:
        for line in (self._urgent, self._patient):
            while line:
                if not (following := line.popleft()).done():
                    following.set_result(None)
                    return
        self._is_taken = False
