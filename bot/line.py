"""The line for a place among the live turns: bounded, first come first served, everyone told their number."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class _Standing:
    turn: asyncio.Event
    tell: Callable[[int], None]


class Line:
    """Places for turns at work. A conversation has one turn at a time, so the order of coming is fair to all."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._standing: list[_Standing] = []

    @asynccontextmanager
    async def place(self, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place, waiting for it if need be; `tell` gets the number in line, at first and whenever it changes."""
        await self._enter(tell)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, tell: Callable[[int], None]) -> None:
        if self._free:
            self._free -= 1
            return
        standing = _Standing(asyncio.Event(), tell)
        self._standing.append(standing)
        tell(len(self._standing))
        try:
            await standing.turn.wait()
        except asyncio.CancelledError:
            if standing in self._standing:
                self._standing.remove(standing)
                self._tell_all()
            else:
                self._leave()  # the place was given in the same moment
            raise

    def _leave(self) -> None:
        if not self._standing:
            self._free += 1
            return
        self._standing.pop(0).turn.set()
        self._tell_all()

    def _tell_all(self) -> None:
        for number, standing in enumerate(self._standing, start=1):
            standing.tell(number)
