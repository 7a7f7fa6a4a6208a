"""A clock that stands still until a test moves it."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class ManualClock:
    """Passes `bot.clock.Clock`. `asleep` counts who waits for it."""

    time: float = 1_700_000_000.0
    _sleepers: list[tuple[float, asyncio.Event]] = field(default_factory=list)
    _fell_asleep: asyncio.Condition = field(default_factory=asyncio.Condition)

    def now(self) -> float:
        """Return the time that the test has set."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Return when the test has moved the clock so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        self._sleepers.append((self.time + seconds, woken))
        async with self._fell_asleep:
            self._fell_asleep.notify_all()
        await woken.wait()

    async def until_asleep(self, count: int) -> None:
        """Return when at least so many wait for the clock."""
        async with self._fell_asleep:
            await self._fell_asleep.wait_for(lambda: len(self._sleepers) >= count)

    def advance(self, seconds: float) -> None:
        """Move the clock and wake those whose time has come."""
        self.time += seconds
        due = [each for each in self._sleepers if each[0] <= self.time]
        self._sleepers = [each for each in self._sleepers if each[0] > self.time]
        for _, woken in due:
            woken.set()
