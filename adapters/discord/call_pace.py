"""Discord's limit on all of a bot's calls together, kept for those that no reply accounts for as well.

Replies spend a budget of their own; but threads are opened, typing is shown and channels are read beside them, and 50
questions at once cost more calls in their first second than Discord takes. Here each waits for its turn instead of
being refused, which would delay all of them.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

MAX_CALLS: Final = 48
"""In one window; Discord takes 50 a second, and what is sent evenly may arrive closer together."""
WINDOW_SECONDS: Final = 1.05
_ROOM: Final = MAX_CALLS // 2


class CallPace:
    """The calls of one bot. `now` gives seconds that never go back."""

    def __init__(
        self, *, now: Callable[[], float] = monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._times: deque[float] = deque(maxlen=MAX_CALLS)

    async def wait(self) -> None:
        """Return when one more call may be made, and count it: first come, first served."""
        now = self._now()
        due = max(now, self._times[0] + WINDOW_SECONDS) if len(self._times) == MAX_CALLS else now
        # Taken before waiting, so that whoever comes meanwhile queues up behind.
        self._times.append(due)
        if due > now:
            await self._sleep(due - now)

    def calls_left(self) -> int:
        """Return how many calls made now would wait for nothing."""
        since = self._now() - WINDOW_SECONDS
        return MAX_CALLS - sum(at > since for at in self._times)

    def has_room(self) -> bool:
        """Return whether a call that can be done without would be in nobody's way."""
        return self.calls_left() > MAX_CALLS - _ROOM
