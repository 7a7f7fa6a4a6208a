"""How fast to come back: soon after a break, more slowly while it lasts, and never beyond Discord's day of IDENTIFYs.

discord.py's own back-off waited up to 124 s after an outage of 15 s; a supported conversation can't.
"""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeAlias

Sleep: TypeAlias = Callable[[float], Awaitable[None]]

MAX_BACK_OFF_SECONDS: Final = 5.0
_FIRST_BACK_OFF_SECONDS = 0.25
_DAY_SECONDS = 86_400.0
_BETWEEN_SECONDS = 5.0
"""Between two IDENTIFYs of one bot, whatever their shards."""
_FREE_A_DAY = 500
_SPARSE_SECONDS = _DAY_SECONDS / 400
"""Beyond the free ones: 500 + 400 stay below the 1,000 after which Discord resets the token."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How time passes for connections. `now` gives seconds that never go back."""

    now: Callable[[], float] = monotonic
    sleep: Sleep = asyncio.sleep
    silence_seconds: float = 10.0
    """A connection on which a heartbeat stays unanswered for so long is dead, however open it looks."""


class BackOff:
    """The pauses of one connection between its attempts."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._failures = 0

    def succeeded(self) -> None:
        """Learn that the connection stood."""
        self._failures = 0

    def next_seconds(self) -> float:
        """Return how long to wait now: next to nothing after the first failure, a few seconds in the end."""
        longest = min(MAX_BACK_OFF_SECONDS, _FIRST_BACK_OFF_SECONDS * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        return longest * self._chance.uniform(0.5, 1.0)


class IdentifyPace:
    """The IDENTIFYs of all connections of one bot."""

    def __init__(self, patience: Patience) -> None:
        self._now = patience.now
        self._sleep = patience.sleep
        self._times: deque[float] = deque()

    async def wait(self) -> None:
        """Return when one more may be sent, and count it."""
        while self._times and self._times[0] <= self._now() - _DAY_SECONDS:
            self._times.popleft()
        pause = _BETWEEN_SECONDS if len(self._times) < _FREE_A_DAY else _SPARSE_SECONDS
        due = max(self._now(), self._times[-1] + pause) if self._times else self._now()
        # Taken before waiting, so that whoever comes meanwhile queues up behind.
        self._times.append(due)
        if due > self._now():
            await self._sleep(due - self._now())
