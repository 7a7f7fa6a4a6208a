"""An agent that says what it was told to say, with a record of what it was asked."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from agents.contract import (
    AgentEvent,
    Citation,
    DecidedBy,
    ModelCall,
    Outcome,
    Recollection,
    Routed,
    Sources,
    TextDelta,
    TurnFailed,
    TurnFinished,
    TurnRequest,
)


@dataclass(frozen=True, slots=True)
class Hang:
    """Say nothing more until stopped."""


Script: TypeAlias = tuple[AgentEvent | Hang, ...]

ROUTED = Routed("billing", "Billing", 0.93, DecidedBy.LOCAL, "refund time")
SOURCE = Citation(
    1, "Refunds", "Refunds > When it arrives", "https://docs.example/refunds#when", "billing/r.md", "p1", "5-10 days."
)
CALL = ModelCall("answer", "openai:gpt-4o-mini", 0.8, input_tokens=700, output_tokens=40, cost_usd=0.000129)


def saying(*pieces: str, text: str | None = None) -> Script:
    """Return a whole answer that comes in these pieces; `text` is the final text if the pieces aren't it."""
    whole = "".join(pieces) if text is None else text
    finished = TurnFinished(Outcome.ANSWERED, whole, "openai:gpt-4o-mini", 1.25, (CALL,))
    return (ROUTED, *map(TextDelta, pieces), Sources((SOURCE,)), finished)


class ScriptedAgent:
    """Play one script for each turn; past the last one, repeat the question."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts: Iterator[Script] = iter(scripts)
        self.requests: list[TurnRequest] = []
        self.stopped: list[str] = []
        self.forgotten: list[str] = []
        self.is_hanging = asyncio.Event()

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield the script's events."""
        self.requests.append(request)
        asked = " ".join(question.text for question in request.questions)
        is_complete = False
        try:
            for event in next(self._scripts, saying(f"You asked: {asked}")):
                if isinstance(event, Hang):
                    self.is_hanging.set()
                    await asyncio.Event().wait()
                else:
                    is_complete = isinstance(event, TurnFinished | TurnFailed)
                    yield event
        finally:
            if not is_complete:
                self.stopped.append(request.turn_id)

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Send everything to billing."""
        return Routed("billing", "Billing", 0.93, DecidedBy.LOCAL, text), ()

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return the last question, or that of a turn, and the source that every script has."""
        for request in reversed(self.requests):
            if request.conversation_id == conversation_id and turn_id in {None, request.turn_id}:
                asked = " ".join(question.text for question in request.questions)
                return Recollection(asked, f"You asked: {asked}", (SOURCE,))
        return None

    async def forget_turn(self, request: TurnRequest) -> None:
        """Note which turn was to be forgotten."""
        self.forgotten.append(request.turn_id)

    async def forget(self, conversation_id: str) -> None:
        """Note which conversation was to be forgotten."""
        self.forgotten.append(conversation_id)
