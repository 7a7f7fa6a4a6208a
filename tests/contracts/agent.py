"""What every `agents.contract.Agent` keeps, the real one and the scripted one."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agents.contract import Agent, AgentEvent, Question, TurnFailed, TurnFinished, TurnRequest


def _ask(agent: Agent, turn_id: str) -> AsyncGenerator[AgentEvent, None]:
    request = TurnRequest("console:contract", turn_id, (Question(f"q-{turn_id}", "someone", "How do refunds work?"),))
    return agent.answer(request)


class AgentContract:
    """Inherit from it and give an `agent` fixture."""

    async def test_the_last_event_and_no_other_ends_the_turn(self, agent: Agent) -> None:
        events = [event async for event in _ask(agent, "t1")]
        assert [isinstance(event, TurnFinished | TurnFailed) for event in events] == [False] * (len(events) - 1) + [
            True
        ]

    async def test_after_an_answer_was_stopped_the_next_one_comes(self, agent: Agent) -> None:
        async with aclosing(_ask(agent, "t1")) as stopped:
            await anext(stopped)
        assert isinstance([event async for event in _ask(agent, "t2")][-1], TurnFinished)

    async def test_a_route_has_a_confidence_between_0_and_1(self, agent: Agent) -> None:
        routed, _ = await agent.route("How do refunds work?")
        assert 0 <= routed.confidence <= 1
        assert routed.domain
        assert routed.title

    async def test_forgetting_what_never_was_is_no_error(self, agent: Agent) -> None:
        await agent.forget("console:never-was")

    async def test_what_never_was_is_not_recalled(self, agent: Agent) -> None:
        assert await agent.recall("console:never-was") is None

    async def test_a_turn_is_recalled_by_its_id_and_the_last_one_without(self, agent: Agent) -> None:
        for turn_id in ("t1", "t2"):
            assert isinstance([event async for event in _ask(agent, turn_id)][-1], TurnFinished)
        recalled = await agent.recall("console:contract", turn_id="t1")
        assert recalled is not None
        assert (recalled.question, bool(recalled.answer)) == ("How do refunds work?", True)
        assert await agent.recall("console:contract") is not None
        assert await agent.recall("console:contract", turn_id="t3") is None
