"""An agent that says what a test wrote, one step at a time, and holds where the test wants it to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from agents.contract import (
    AgentEvent,
    DecidedBy,
    ModelCall,
    Outcome,
    Recollection,
    Routed,
    TextDelta,
    TurnFinished,
    TurnRequest,
)


def answer_to(request: TurnRequest) -> str:
    """Return the answer that these agents give: known beforehand, and different for each question."""
    return " ".join(f"Answer to {question.text}, word by word." for question in request.questions)


def events_of(text: str) -> list[AgentEvent]:
    """Return the events of an answer, one delta a word."""
    words = [TextDelta(f"{word} ") for word in text.split()]
    call = ModelCall("answer", "scripted", 0.1, input_tokens=10, output_tokens=len(words), cost_usd=0.0)
    routed = Routed("general", "General", 1.0, DecidedBy.RULE, text)
    return [routed, *words, TurnFinished(Outcome.ANSWERED, text, "scripted", 0.1, (call,))]


@dataclass(slots=True)
class SteppingAgent:
    """Passes `agents.contract.Agent`. `script` makes the events of a request; an exception among them is raised."""

    script: Callable[[TurnRequest], list[AgentEvent | Exception]] = lambda request: [*events_of(answer_to(request))]
    requests: list[TurnRequest] = field(default_factory=list)
    unsaid: list[tuple[str, int]] = field(default_factory=list)
    at_work: set[str] = field(default_factory=set)
    forgotten: list[str] = field(default_factory=list)
    busiest: int = 0
    _began: asyncio.Condition = field(default_factory=asyncio.Condition)
    steps: asyncio.Semaphore | None = None
    """When given, each event waits for a release."""

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield the script, and note how many turns work at once; a conversation with two is an error."""
        assert request.conversation_id not in self.at_work
        self.requests.append(request)
        self.at_work.add(request.conversation_id)
        self.busiest = max(self.busiest, len(self.at_work))
        async with self._began:
            self._began.notify_all()
        try:
            for event in self.script(request):
                await (self.steps.acquire() if self.steps else asyncio.sleep(0))
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.at_work.remove(request.conversation_id)

    async def until_at_work(self, count: int) -> None:
        """Wait until that many turns work at once."""
        async with self._began:
            await self._began.wait_for(lambda: len(self.at_work) >= count)

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Return the one route there is."""
        return Routed("general", "General", 1.0, DecidedBy.RULE, text), ()

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return the last answer of a conversation, or a turn's."""
        if conversation_id in self.forgotten:
            return None
        for request in reversed(self.requests):
            if request.conversation_id == conversation_id and turn_id in {None, request.turn_id}:
                return Recollection(" ".join(each.text for each in request.questions), answer_to(request))
        return None

    async def forget_turn(self, request: TurnRequest) -> None:
        """Note after how many requests a turn was to be forgotten."""
        self.unsaid.append((request.turn_id, len(self.requests)))

    async def forget(self, conversation_id: str) -> None:
        """Note which conversations were to be forgotten."""
        assert conversation_id not in self.at_work
        self.forgotten.append(conversation_id)
