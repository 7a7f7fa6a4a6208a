"""The border of the adapters: messages come in, replies go out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Address:
    """Where to answer. It is stored with the question; only the adapter of `platform` looks inside `where`."""

    platform: str
    where: str


class Kind(StrEnum):
    """What happened on the platform."""

    MENTION = "mention"
    MESSAGE = "message"
    THREAD_REPLY = "thread reply"
    DM = "dm"
    COMMAND = "command"
    BUTTON = "button"
    REACTION = "reaction"
    EDIT = "edit"
    DELETE = "delete"
    JOIN = "join"


class Surface(StrEnum):
    """Who reads along."""

    CHANNEL = "channel"
    THREAD = "thread"
    DM = "dm"


class Wish(StrEnum):
    """What a button, a reaction or a sub-command asks for, when it isn't an answer."""

    STOP = "stop"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"
    PERSON = "person"
    GIVE_BACK = "give back"
    """A conversation that people had taken over goes back to the bot."""
    MUTE = "mute"
    UNMUTE = "unmute"


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One event of a platform, mostly a person's message.

    `id` is the platform's identity of the message: the same message has the same id for ever, and two copies of one
    post share it. `text` is Markdown without the mention of the bot. `sent_at` is the platform's, in epoch seconds.
    """

    id: str
    conversation_id: str
    author: str
    text: str
    kind: Kind = Kind.DM
    surface: Surface = Surface.DM
    address: Address = Address("", "")
    workspace: str = ""
    """Slack's workspace or Discord's guild; empty where there is none."""
    channel: str = ""
    sent_at: float = 0.0
    roles: frozenset[str] = frozenset()
    is_own: bool = False
    """It comes from this very bot."""
    is_from_bot: bool = False
    """It comes from another program."""
    is_addressed: bool = False
    """It mentions the bot."""
    mentions: frozenset[str] = frozenset()
    """The other people named in it."""
    thread_author: str | None = None
    """Who began the thread, where the platform says so."""
    concerns: str = ""
    """The message that an edit or a deletion changes; the bot's message or turn under a button or reaction."""
    wish: Wish | None = None


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A numbered source as people see it below an answer."""

    number: int
    title: str
    link: str


@dataclass(frozen=True, slots=True)
class RouteShown:
    """Which field of support answers."""

    domain: str
    title: str
    confidence: float
    decided_by: str
    query: str


@dataclass(frozen=True, slots=True)
class StatusShown:
    """What is being done now, in a few words."""

    text: str


@dataclass(frozen=True, slots=True)
class TextAdded:
    """More Markdown of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class TextReset:
    """Everything added so far is void."""

    reason: str


@dataclass(frozen=True, slots=True)
class SourcesShown:
    """The sources that the answer cites."""

    sources: tuple[SourceLink, ...]


@dataclass(frozen=True, slots=True)
class ReplyDone:
    """The reply is complete; `text` is the whole of it and wins over what was added.

    `cost_usd` is None when a model without a price took part.
    """

    text: str
    outcome: str
    model: str
    seconds: float
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    contact: str | None = None
    """The way to reach a person, when one is offered."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """No reply could be made. `message` is one honest sentence; `reference` finds the turn in the log."""

    message: str
    reference: str


ReplyEvent: TypeAlias = RouteShown | StatusShown | TextAdded | TextReset | SourcesShown | ReplyDone | ReplyFailed
