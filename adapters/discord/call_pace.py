"""Discord's limit on all of a bot's calls together, kept for those that no reply accounts for as well.

Replies spend a budget of their own; but threads are opened, typing is shown and channels are read beside them, and 50
questions at once cost more calls in their first second than Discord takes. Here each waits for its turn instead of
being refused, which would delay all of them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

MAX_CALLS: Final = 48
"""In one window; Discord takes 50 a second."""
WINDOW_SECONDS: Final = 1.0
_ROOM: Final = MAX_CALLS // 2


class CallPace:
    """The calls of one bot. `now` gives seconds that never go back.

    Nobody here knows when Discord counts a call, only that it has by the time of its answer: so a call takes a place
    from its beginning until a window after its end. However long calls are under way, none is refused.
    """

    def __init__(
        self, *, now: Callable[[], float] = monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._places = asyncio.Semaphore(MAX_CALLS)
        self._free_at: deque[float] = deque([float("-inf")] * MAX_CALLS)
        self._waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait until one more call may be made, first come, first served; it is made in the block."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        # Taken before waiting, so that whoever comes meanwhile queues up behind.
        due = self._free_at.popleft()
        try:
            if due > (now := self._now()):
                await self._sleep(due - now)
            yield
        finally:
            self._free_at.append(self._now() + WINDOW_SECONDS)
            self._places.release()

    def calls_left(self) -> int:
        """Return how many calls made now would wait for nothing."""
        now = self._now()
        return sum(at <= now for at in self._free_at) - self._waiting

    def has_room(self) -> bool:
        """Return whether a call that can be done without would be in nobody's way."""
        return self.calls_left() > MAX_CALLS - _ROOM
