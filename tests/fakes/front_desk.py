"""A front desk that writes down what it receives and says what it is told to say."""

import asyncio
from dataclasses import dataclass, field

from adapters.contract import IncomingMessage
from adapters.desk import LastHeard, Reception, Welcome


class DatabaseGone(Exception):
    """What a store raises; like a real one, its text quotes what it couldn't write."""


@dataclass(slots=True)
class RecordingDesk:
    """An adapters.desk.FrontDesk. `is_open` holds events back until it is set; `failures` are raised first.

    `unwelcoming` are the failures of `welcome`. `is_asked` is set when the first event has come in.
    """

    reception: Reception = field(default_factory=lambda: Reception(is_question=True))
    shown: Welcome = field(default_factory=lambda: Welcome("Acme", ()))
    received: list[IncomingMessage] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    heard: tuple[LastHeard, ...] = ()
    failures: list[Exception] = field(default_factory=list)
    unwelcoming: list[Exception] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.is_open.set()

    async def receive(self, message: IncomingMessage) -> Reception:
        """Write an event down."""
        self.is_asked.set()
        await self.is_open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.received.append(message)
        return self.reception

    async def last_heard(self, platform: str, *, workspace: str, since: float, limit: int) -> tuple[LastHeard, ...]:  # noqa: ARG002 - the same for all
        """Return where people are said to have asked."""
        return self.heard[:limit]

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:  # noqa: ARG002 - as the contract
        """Return what is to be shown."""
        self.guests.append(person)
        if self.unwelcoming:
            raise self.unwelcoming.pop(0)
        return self.shown

    @property
    def texts(self) -> list[str]:
        """What was said, in order of arrival, each message once."""
        return list({message.id: message.text for message in self.received}.values())
