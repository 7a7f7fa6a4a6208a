"""The graph of one turn: START, the supervisor, one worker or the reception, END. One hop; it can't loop."""

from collections.abc import Mapping
from dataclasses import dataclass

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.contract import Routed, TextDelta
from agents.domains import HUMAN, OFFTOPIC, SMALLTALK, Domains, split_label
from agents.memory import Checkpoints, Conversation, background_query, remember_answer, split_window, summarise_locally
from agents.reception import Desk
from agents.supervisor import Decision, Supervisor, Talk
from agents.worker import Turn, Worker

RECEPTION = "reception"
RECURSION_LIMIT = 8
"""Two steps are needed; LangGraph's own limit is 10,007."""

Graph = CompiledStateGraph[Conversation, Turn, Conversation, Conversation]

_INTENT_TITLES = {HUMAN: "A person", SMALLTALK: "Small talk", OFFTOPIC: "Off topic"}


@dataclass(frozen=True, slots=True)
class Supervising:
    """The first node: decide, say so, and go to the one who answers."""

    supervisor: Supervisor
    domains: Domains

    async def __call__(self, state: Conversation, runtime: Runtime[Turn]) -> Command[str]:
        """Go to the worker of the chosen domain, or to the reception."""
        turn = runtime.context
        talk = Talk(
            question=turn.question,
            history=turn.history(state),
            summary=state.get("summary", ""),
            last_domain=state.get("domain"),
            last_query=state.get("query") or background_query(state.get("messages", [])),
        )
        turn.decision = await self.supervisor.decide(talk, turn.calls)
        runtime.stream_writer(describe(turn.decision, self.domains))
        return Command(goto=turn.decision.label if self.domains.get(turn.decision.label) else RECEPTION)


@dataclass(frozen=True, slots=True)
class Receiving:
    """The node for messages that need no documents."""

    desk: Desk

    async def __call__(self, state: Conversation, runtime: Runtime[Turn]) -> Conversation:
        """Reply at once."""
        turn = runtime.context
        assert turn.decision is not None, "the supervisor runs first"
        text, outcome = self.desk.reply(turn.decision.label)
        model = "none"
        if split_label(turn.decision.label)[0] == SMALLTALK and turn.decision.reply and turn.decision.is_foreign:
            # Only a model can greet in the asker's language.
            text, model = turn.decision.reply, turn.calls[-1].model if turn.calls else model
        is_offer = split_label(turn.decision.label)[0] == HUMAN
        runtime.stream_writer(TextDelta(text))
        runtime.stream_writer(turn.finish(outcome, text, model, offers_person=is_offer))
        dropped, _ = split_window(turn.history(state))
        return Conversation(
            messages=remember_answer(text, turn.id, dropped),
            summary=summarise_locally(state.get("summary", ""), dropped) if dropped else state.get("summary", ""),
        )


def describe(decision: Decision, domains: Domains) -> Routed:
    """Return a decision as an event. Small talk and wishes for a person carry their intent's name."""
    domain = domains.get(decision.label)
    name, _ = split_label(decision.label)
    title = domain.title if domain is not None else _INTENT_TITLES[name]
    return Routed(name, title, decision.confidence, decision.decided_by, decision.query)


def build_graph(supervisor: Supervisor, workers: Mapping[str, Worker], desk: Desk, checkpoints: Checkpoints) -> Graph:
    """Wire the nodes. `workers` are by domain name."""
    graph = StateGraph(Conversation, context_schema=Turn)
    graph.add_node("supervisor", Supervising(supervisor, desk.domains), destinations=(*workers, RECEPTION))
    graph.add_node(RECEPTION, Receiving(desk))
    graph.add_edge(START, "supervisor")
    graph.add_edge(RECEPTION, END)
    for name, worker in workers.items():
        graph.add_node(name, worker)
        graph.add_edge(name, END)
    return graph.compile(checkpointer=checkpoints)
