"""The border of the agents: a turn goes in, events come out."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Question:
    """One message that waits for an answer. `id` is the platform's identity of it: a repeated id replaces."""

    id: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something that people wrote before anything was asked. `name` is how people there see the author."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One answer to one or more waiting messages.

    `conversation_id` is the LangGraph thread id. A repeated `turn_id` replaces its earlier answer in the history.
    `background` is what stood there before, oldest first; it is remembered, so that only the first turn needs it.
    """

    conversation_id: str
    turn_id: str
    questions: tuple[Question, ...]
    background: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is remembered of a turn. `question` holds all messages that it answered."""

    question: str
    answer: str
    citations: "tuple[Citation, ...]" = ()


class DecidedBy(StrEnum):
    """Who chose the route."""

    LOCAL = "local"
    MODEL = "model"
    RULE = "rule"


class Outcome(StrEnum):
    """How a turn ended for the person who asked."""

    ANSWERED = "answered"
    QUOTED = "quoted"
    """Search-only mode: passages were quoted, no model spoke."""
    ABSTAINED = "abstained"
    """The documents don't hold the answer; a person was offered."""
    HANDOFF = "handoff"
    """A person was asked for."""
    SMALLTALK = "smalltalk"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of one model: what it was for, how it ended, what it cost.

    `cached_tokens` are part of `input_tokens`. `cost_usd` is None for a model without a price in the settings.
    `error` is a short class of failure ("rate limited", "first token late"), never a provider's text.
    `is_estimated` says that the provider reported no usage, so that tokens were guessed from the texts' lengths.
    """

    role: str
    model: str
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float | None = None
    error: str | None = None
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source of an answer, as `[number]` in the text points to it. Numbers start at 1.

    `text` is the cited passage as Markdown, so that whoever doubts an answer can compare.
    """

    number: int
    title: str
    breadcrumb: str
    link: str
    document: str
    passage_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Routed:
    """The supervisor has chosen. `query` is the standalone search query; `confidence` is 0 to 1."""

    domain: str
    title: str
    confidence: float
    decided_by: DecidedBy
    query: str


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A few words on what is being done now, for a typing indicator."""

    text: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer (Markdown), to be added to what came before."""

    text: str


@dataclass(frozen=True, slots=True)
class Reset:
    """All text of this answer so far is void: another model begins again. `reason` is for the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that the answer cites, each once, by number."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The answer is complete. `text` is the whole of it after citations were checked, and wins over the deltas.

    `model` is the one that answered, or "search-only". `offers_person` asks for the way to reach a person.
    """

    outcome: Outcome
    text: str
    model: str
    seconds: float
    calls: tuple[ModelCall, ...] = field(default=())
    offers_person: bool = False


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """No answer could be made. `reference` is the short code that stands in the log as well."""

    reference: str
    seconds: float
    calls: tuple[ModelCall, ...] = field(default=())


AgentEvent: TypeAlias = Routed | StatusChanged | TextDelta | Reset | Sources | TurnFinished | TurnFailed


class Agent(Protocol):
    """Answer turns. One turn at a time for each conversation is the caller's duty."""

    def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield events, the last being TurnFinished or TurnFailed; closing it early keeps the partial text.

        Raises nothing for a failing model or document: only for a defect of ours.
        """
        ...

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Return the route that a first message would take, and what deciding it cost."""
        ...

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return what is remembered of a turn, by default the last one; None when that is nothing."""
        ...

    async def forget_turn(self, request: TurnRequest) -> None:
        """Forget what an answer that was closed has left of its turn: nobody has seen anything of it."""
        ...

    async def forget(self, conversation_id: str) -> None:
        """Delete all that is remembered of a conversation."""
        ...
