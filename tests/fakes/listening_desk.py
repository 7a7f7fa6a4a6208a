"""A front desk that keeps what it is handed, and answers each question in one post."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.contract import Content, IncomingMessage, Platform
from adapters.desk import Field, LastHeard, Reception, Welcome

T = TypeVar("T")


def _opened() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class ListeningDesk:
    """Passes `adapters.desk.FrontDesk`. Every message without a wish is a question; wishes get `notice` back."""

    platform: Platform | None = None
    notice: str = "noted"
    fields: tuple[Field, ...] = (Field("Billing", "", ("How do refunds work?", "How do I pay?")),)
    is_open: bool = True
    """Otherwise nothing is a question."""
    heard: tuple[LastHeard, ...] = ()
    failures: int = 0
    """How many of the next events can't be taken."""
    gate: asyncio.Event = field(default_factory=_opened)
    """Nothing is taken before it is set."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something is to be taken."""
    received: list[IncomingMessage] = field(default_factory=list)
    _accepted: set[str] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, message: IncomingMessage) -> Reception:
        """Keep the event, unless it is a copy."""
        self.asked.set()
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is full")
        is_question = self.is_open and message.wish is None and not message.concerns
        if message.id not in self._accepted:
            self._accepted.add(message.id)
            self.received.append(message)
            async with self._changed:
                self._changed.notify_all()
        return Reception(is_question, "" if is_question else self.notice)

    async def last_heard(self, platform: str, *, workspace: str, since: float, limit: int) -> tuple[LastHeard, ...]:  # noqa: ARG002 - the same for all
        """Return where people are said to have asked."""
        return self.heard[:limit]

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:  # noqa: ARG002 - the same for all
        """Return the fields."""
        return Welcome("Acme", self.fields)

    async def answer(self, message: IncomingMessage, text: str = "An answer.") -> None:
        """Post an answer where a question asks for it."""
        assert self.platform is not None
        await self.platform.post(message.address, Content(text), key=f"{message.id[-8:]}:0")

    async def until(self, found: Callable[[list[IncomingMessage]], T | None]) -> T:
        """Return what is found among the events once it is true."""
        async with asyncio.timeout(30), self._changed:
            while not (value := found(self.received)):
                await self._changed.wait()
        return value

    async def next(self, text: str) -> IncomingMessage:
        """Return the event with this text."""
        return await self.until(lambda all_: next((each for each in all_ if each.text == text), None))
