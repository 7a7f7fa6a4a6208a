"""A platform as small as can be: messages on a wall, posted and edited, found by the key of who posted them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class AnswerLost(Exception):
    """The call may have been performed; its answer never came."""


class Down(Exception):
    """The call was not performed."""


class Wall(Protocol):
    """What a plain reply needs of a platform."""

    async def post(self, where: str, text: str, *, key: str) -> str:
        """Put up a message and return its reference."""
        ...

    async def edit(self, reference: str, text: str) -> None:
        """Replace a message's text."""
        ...

    async def find(self, key: str) -> str | None:
        """Return the reference of the message posted with a key."""
        ...


@dataclass(slots=True)
class Message:
    """A message on the wall, and all that has stood in it."""

    reference: str
    where: str
    key: str
    text: str
    past: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MemoryWall:
    """A wall in memory. `lost` and `down` are the shares of calls that end in AnswerLost and Down.

    The next `hangs` posts are performed and never answered, so that a crash can come between the two.
    """

    lost: float = 0.0
    down: float = 0.0
    hangs: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    messages: dict[str, Message] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def post(self, where: str, text: str, *, key: str) -> str:
        """Put up a message, which a real platform doesn't do once only by itself."""
        await self._fail_before()
        message = Message(f"m{len(self.messages)}", where, key, text)
        self.messages[message.reference] = message
        self.calls.append(("post", message.reference, text))
        await self._tell_and_fail_after()
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        return message.reference

    async def edit(self, reference: str, text: str) -> None:
        """Replace a message's text."""
        await self._fail_before()
        message = self.messages[reference]
        message.past.append(message.text)
        message.text = text
        self.calls.append(("edit", reference, text))
        await self._tell_and_fail_after()

    async def find(self, key: str) -> str | None:
        """Return the first message with a key."""
        await asyncio.sleep(0)
        return next((each.reference for each in self.messages.values() if each.key == key), None)

    def texts(self, where: str | None = None) -> list[str]:
        """Return what stands on the wall, in the order of posting."""
        return [each.text for each in self.messages.values() if where in {None, each.where}]

    async def until(self, is_so: Callable[["MemoryWall"], bool]) -> None:
        """Return when something holds of the wall."""
        async with self._changed:
            await self._changed.wait_for(lambda: is_so(self))

    async def _fail_before(self) -> None:
        await asyncio.sleep(0)
        if self.chance.random() < self.down:
            raise Down

    async def _tell_and_fail_after(self) -> None:
        async with self._changed:
            self._changed.notify_all()
        if self.chance.random() < self.lost:
            raise AnswerLost
