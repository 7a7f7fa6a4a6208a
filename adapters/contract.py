"""The border of the adapters: messages come in, replies go out."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message of a person. `id` is the platform's identity of it: the same message has the same id for ever."""

    id: str
    conversation_id: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A numbered source as people see it below an answer. `text` is the passage that is cited, as Markdown."""

    number: int
    title: str
    link: str
    document: str = ""
    text: str = ""


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
