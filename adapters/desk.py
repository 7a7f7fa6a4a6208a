"""The other half of the border: what a platform asks of the bot. `contract.py` has what the bot asks of platforms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from adapters.contract import Address, IncomingMessage, Platform


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of an event, once that is durable.

    `is_question`: an answer follows at the message's address. `notice` is for the author's eyes alone: why not, or
    what was done; empty when there is nothing to say.
    """

    is_question: bool = False
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of support, with questions that people may begin with."""

    title: str
    description: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that a person has had: where it stands, about what, and when it was last answered."""

    address: Address
    title: str
    at: float
    message: str = ""
    """The platform's identity of the first message of the last answer, for a link to it."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a person is told about the bot. `talks` are theirs, latest first."""

    company: str
    fields: tuple[Field, ...]
    contact: str | None = None
    talks: tuple[Talk, ...] = ()


@dataclass(frozen=True, slots=True)
class LastHeard:
    """A channel, and when the last message for the bot there was written or people gave it back, in epoch seconds."""

    channel: str
    at: float


class FrontDesk(Protocol):
    """Where platforms hand in what happens on them."""

    async def receive(self, message: IncomingMessage) -> Reception:
        """Decide about an event and do it. Only once this has returned may the platform be told "received"."""
        ...

    async def welcome(self, person: str = "", *, platform: str = "", workspace: str = "") -> Welcome:
        """Return what to tell a person, with their last conversations on a platform when a person is named."""
        ...

    async def last_heard(self, platform: str, *, workspace: str, since: float, limit: int) -> tuple[LastHeard, ...]:
        """Return the channels in which people asked since then, in epoch seconds, those of the latest questions first.

        For platforms that don't tell a bot where it has direct messages: the workspace of those is empty.
        """
        ...


class Venue(Protocol):
    """A platform as the composition root sees it: something to speak through and something to listen to."""

    @property
    def platform(self) -> Platform:
        """Where replies go; usable before and after `serve`, so that turns can be finished."""
        ...

    async def serve(self, desk: FrontDesk, *, on_ready: Callable[[], None]) -> None:
        """Receive events until cancelled, reconnecting by itself; call `on_ready` each time the connection stands.

        Raises StartRefused when only the operator can mend it: a wrong token, a missing permission.
        """
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the doctor looked at. `advice` says what to do when it isn't fine."""

    what: str
    is_fine: bool
    detail: str = ""
    advice: str = ""
