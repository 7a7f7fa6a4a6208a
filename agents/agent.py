"""The agent as others see it: turns in, events out; the graph and its memory stay inside."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, RemoveMessage
from langchain_core.runnables import RunnableConfig

from agents.contract import (
    AgentEvent,
    ModelCall,
    Recollection,
    Reset,
    Routed,
    TextDelta,
    TurnFailed,
    TurnFinished,
    TurnRequest,
)
from agents.domains import Domains
from agents.graph import RECURSION_LIMIT, Graph, build_graph, describe
from agents.memory import Checkpoints, Conversation, open_checkpoints, recollect, remember_background
from agents.models.chain import ModelChain
from agents.reception import Desk
from agents.strategies import HoldingAll, build_gathering
from agents.supervisor import Routing, Supervisor, Talk
from agents.worker import Turn, Worker
from knowledge.contract import Classifier, Retriever
from knowledge.errors import KnowledgeError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chains:
    """The models by what they are for. `answers` has a chain for each domain."""

    route: ModelChain
    answers: Mapping[str, ModelChain]


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What the operator decides. `cag_max_tokens` limits each domain that is held whole."""

    company: str
    contact: str | None
    routing: Routing
    cag_max_tokens: int


class GraphAgent:
    """Answer turns through the graph. Implements `agents.contract.Agent`."""

    def __init__(
        self, graph: Graph, checkpoints: Checkpoints, supervisor: Supervisor, desk: Desk, clock: Callable[[], float]
    ) -> None:
        self._graph = graph
        self._checkpoints = checkpoints
        self._supervisor = supervisor
        self._desk = desk
        self._clock = clock

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield the turn's events; see the contract."""
        turn = self._begin(request)
        config = _config(request.conversation_id)
        said: list[str] = []
        finished: TurnFinished | None = None
        try:
            async with aclosing(self._run(request, turn, config)) as events:
                async for event in events:
                    if isinstance(event, TurnFinished):
                        # Held until the graph is through: a finished turn is a remembered one.
                        finished = event
                        continue
                    _collect(said, event)
                    yield event
        except (KnowledgeError, sqlite3.Error) as error:
            yield self._fail(turn, error)
            return
        except (GeneratorExit, asyncio.CancelledError):
            await self._keep_partial(request, turn, config, "".join(said))
            raise
        assert finished is not None, "every path through the graph finishes its turn"
        await self._checkpoints.prune(request.conversation_id)
        yield finished

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Return the route that a first message would take; see the contract."""
        calls: list[ModelCall] = []
        decision = await self._supervisor.decide(Talk(text), calls)
        return describe(decision, self._desk.domains), tuple(calls)

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return what is remembered of a turn, by default the last one."""
        state = await self._graph.aget_state(_config(conversation_id))
        return recollect(state.values.get("messages", []), turn_id)

    async def forget(self, conversation_id: str) -> None:
        """Delete all that is remembered of a conversation."""
        await self._checkpoints.adelete_thread(conversation_id)

    async def forget_turn(self, request: TurnRequest) -> None:
        """Forget what an answer that was closed has left of its turn."""
        config = _config(request.conversation_id)
        state = await self._graph.aget_state(config)
        left = {message.id for message in state.values.get("messages", [])}
        ids = left & {request.turn_id, *(message.id for message in _what_came(request))}
        if ids:
            gone = [RemoveMessage(id=each) for each in ids if each]
            await self._graph.aupdate_state(config, {"messages": gone}, as_node="reception")

    def _begin(self, request: TurnRequest) -> Turn:
        return Turn(
            id=request.turn_id,
            question="\n\n".join(question.text for question in request.questions),
            question_ids=frozenset(question.id for question in request.questions),
            clock=self._clock,
            started=self._clock(),
        )

    def _run(self, request: TurnRequest, turn: Turn, config: RunnableConfig) -> AsyncGenerator[AgentEvent, None]:
        frames = self._graph.astream(
            Conversation(messages=_what_came(request)),
            config,
            context=turn,
            stream_mode="custom",
            durability="exit",
        )
        # The nodes write events and nothing else, and astream is a generator though it is typed as an iterator.
        return cast("AsyncGenerator[AgentEvent, None]", frames)

    async def _keep_partial(self, request: TurnRequest, turn: Turn, config: RunnableConfig, partial: str) -> None:
        """Remember what was asked and what was on screen when the turn was stopped."""
        messages = [*_what_came(request), *([AIMessage(partial, id=turn.id)] if partial else [])]
        domain = turn.decision.label if turn.decision is not None else ""
        node = domain if self._desk.domains.get(domain) else "reception"
        await self._graph.aupdate_state(config, {"messages": messages}, as_node=node)

    def _fail(self, turn: Turn, error: Exception) -> TurnFailed:
        reference = secrets.token_hex(3)
        logger.error("turn %s failed (reference %s): %s", turn.id, reference, type(error).__name__, exc_info=error)
        return TurnFailed(reference, self._clock() - turn.started, tuple(turn.calls))


@asynccontextmanager
async def open_agent(
    domains: Domains,
    *,
    retriever: Retriever,
    classifier: Classifier,
    chains: Chains,
    settings: AgentSettings,
    checkpoints_path: Path,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[GraphAgent]:
    """Open the agent with its memory. Raises ConfigurationError when a domain can't be held as it should be."""
    desk = Desk(settings.company, settings.contact, domains, await retriever.languages())
    workers: dict[str, Worker] = {}
    for domain in domains.domains:
        gathering = build_gathering(domain, retriever)
        if isinstance(gathering, HoldingAll):
            await gathering.check(settings.cag_max_tokens)
        workers[domain.name] = Worker(domain, gathering, retriever, chains.answers[domain.name], chains.route, desk)
    supervisor = Supervisor(
        domains, classifier, retriever, chains.route, routing=settings.routing, company=settings.company
    )
    async with open_checkpoints(checkpoints_path) as checkpoints:
        graph = build_graph(supervisor, workers, desk, checkpoints)
        yield GraphAgent(graph, checkpoints, supervisor, desk, clock)


def _config(conversation_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": conversation_id}, "recursion_limit": RECURSION_LIMIT}


def _what_came(request: TurnRequest) -> list[AnyMessage]:
    # Under the platform's id: a message that is delivered again replaces itself in the history.
    questions = [HumanMessage(question.text, id=question.id) for question in request.questions]
    return [*remember_background(request.background, request.turn_id), *questions]


def _collect(said: list[str], event: AgentEvent) -> None:
    if isinstance(event, Reset):
        said.clear()
    elif isinstance(event, TextDelta):
        said.append(event.text)
