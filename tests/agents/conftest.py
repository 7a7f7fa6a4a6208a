"""An agent with everything real but its documents and its models, and a way to talk to it."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agents.agent import AgentSettings, Chains, GraphAgent, open_agent
from agents.contract import AgentEvent, Question, Reset, Routed, Sources, TextDelta, TurnFinished, TurnRequest
from agents.domains import read_domains
from agents.models.chain import ModelChain, build_link
from agents.models.scripted import ScriptedModel
from agents.supervisor import Routing
from tests.fakes.memory_knowledge import MemoryKnowledge


@dataclass
class Heard:
    """What one turn brought."""

    events: list[AgentEvent] = field(default_factory=list)

    @property
    def route(self) -> Routed:
        return next(event for event in self.events if isinstance(event, Routed))

    @property
    def streamed(self) -> str:
        """The text as the deltas and resets left it on screen."""
        text = ""
        for event in self.events:
            text = "" if isinstance(event, Reset) else text + event.text if isinstance(event, TextDelta) else text
        return text

    @property
    def end(self) -> TurnFinished:
        last = self.events[-1]
        assert isinstance(last, TurnFinished), last
        return last

    @property
    def sources(self) -> list[str]:
        return [c.document for event in self.events if isinstance(event, Sources) for c in event.citations]


class Conversation:
    """Talk to an agent as one person would."""

    def __init__(self, agent: GraphAgent, name: str = "console:test") -> None:
        self.agent = agent
        self._name = name
        self._numbers = itertools.count(1)

    async def says(self, *texts: str, turn_id: str | None = None) -> Heard:
        number = next(self._numbers)
        questions = tuple(
            Question(f"{self._name}:m{number}.{part}" if turn_id is None else f"{turn_id}:m{part}", "ada", text)
            for part, text in enumerate(texts)
        )
        heard = Heard()
        request = TurnRequest(self._name, turn_id or f"{self._name}:t{number}", questions)
        async for event in self.agent.answer(request):
            heard.events.append(event)
        return heard


OpenedAgent = Callable[..., AbstractAsyncContextManager[GraphAgent]]


@pytest.fixture
def opened_agent(tmp_path: Path) -> OpenedAgent:
    @asynccontextmanager
    async def open_(
        knowledge: MemoryKnowledge,
        *,
        answers: Sequence[ScriptedModel] = (),
        routers: Sequence[ScriptedModel] = (),
        routing: Routing = Routing.AUTO,
        cag_max_tokens: int = 60_000,
        contact: str | None = "help@acme.example",
    ) -> AsyncIterator[GraphAgent]:
        domains = read_domains()
        chain = ModelChain([build_link(model) for model in answers])
        chains = Chains(ModelChain([build_link(model) for model in routers]), dict.fromkeys(domains.names, chain))
        settings = AgentSettings("Acme", contact, routing, cag_max_tokens)
        async with open_agent(
            domains,
            retriever=knowledge,
            classifier=knowledge,
            chains=chains,
            settings=settings,
            checkpoints_path=tmp_path / "checkpoints.db",
        ) as agent:
            yield agent

    return open_
