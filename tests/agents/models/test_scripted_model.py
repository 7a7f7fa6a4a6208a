import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest

from agents.errors import AccessRefused, BadModelOutput, ModelError, ModelUnavailable, PromptNotAnswered, RateLimited
from agents.models.pieces import Delta, Finish, FinishReason, Usage
from agents.models.prompt import Prompt
from agents.models.scripted import Answer, Decision, ScriptedModel, ScriptExhausted, Step, answer
from tests.contracts.chat_model import ChatModelContract, Provider, Route, parts_of, prompt_of
from tests.servers.model_server import FINE, Behaviour, Fault, pieces_of

ERRORS: dict[int, ModelError] = {
    400: PromptNotAnswered("request refused"),
    403: AccessRefused("key refused"),
    404: AccessRefused("no such model"),
    429: RateLimited(7),
    500: ModelUnavailable("server error"),
    503: ModelUnavailable("server error"),
}
MID_STREAM: dict[Fault, Step] = {
    Fault.CUT: ModelUnavailable("connection lost"),
    Fault.MALFORMED: BadModelOutput("malformed"),
    Fault.THROTTLED: RateLimited(),
    Fault.STALL: asyncio.Event(),
    Fault.HANG: asyncio.Event(),
}


@dataclass
class ByScript:
    """Turns what a server would be told into a script."""

    text: str = "Five working days, usually."
    value: dict[str, object] = field(default_factory=lambda: {"domain": "billing", "query": "refund"})
    behaviour: Behaviour = FINE

    def __post_init__(self) -> None:
        self.scripted = ScriptedModel(self._answer, self._decision)
        self.model = self.scripted

    def answers(self, text: str) -> None:
        self.text = text

    def decides(self, value: dict[str, object]) -> None:
        self.value = value

    def behave(self, behaviour: Behaviour | Fault) -> None:
        self.behaviour = Behaviour(fault=behaviour) if isinstance(behaviour, Fault) else behaviour

    async def sees_the_reader_leave(self) -> None:
        assert self.scripted.calls[-1].is_closed_early

    def _answer(self, _prompt: Prompt) -> Answer:
        behaviour = self.behaviour
        if behaviour.status != 200:
            return answer(ERRORS[behaviour.status])
        usage = Usage(20, 5, behaviour.cached_tokens) if behaviour.has_usage else None
        finish = FinishReason(behaviour.finish or "stop")
        pieces = pieces_of(self.text)
        if behaviour.fault is None:
            return answer(*pieces, usage=usage, finish=finish)
        if behaviour.fault is Fault.TRUNCATED:
            return answer(*pieces, finish=None)
        before = [] if behaviour.fault is Fault.HANG else pieces[:2]
        return answer(*before, MID_STREAM[behaviour.fault])

    def _decision(self, _prompt: Prompt) -> Decision:
        if self.behaviour.status != 200:
            return Decision(ERRORS[self.behaviour.status])
        if self.behaviour.fault is not None:
            return Decision(cast("ModelError", MID_STREAM[self.behaviour.fault]))
        return Decision(self.value, Usage(20, 5))


class TestContract(ChatModelContract):
    @pytest.fixture
    def provider(self) -> Provider:
        return ByScript()


async def test_a_series_is_used_up_call_by_call_and_records_its_prompts() -> None:
    model = ScriptedModel(["One two", answer("Three")])
    first, second = prompt_of("first?"), prompt_of("second?")
    assert await parts_of(model, first) == [Delta("One "), Delta("two"), Finish(FinishReason.STOP)]
    assert await parts_of(model, second) == [Delta("Three"), Finish(FinishReason.STOP)]
    assert [call.prompt for call in model.calls] == [first, second]


async def test_a_call_beyond_the_script_fails_the_test_that_wrote_it() -> None:
    with pytest.raises(ScriptExhausted):
        await parts_of(ScriptedModel())
    with pytest.raises(ScriptExhausted):
        await ScriptedModel().decide(prompt_of(), Route)


async def test_a_script_waits_until_the_test_lets_it_go_on() -> None:
    gate = asyncio.Event()
    stream = ScriptedModel([answer("One ", gate, "two")]).stream(prompt_of())
    assert await anext(stream) == Delta("One ")
    gate.set()
    assert await anext(stream) == Delta("two")
    await stream.aclose()


async def test_decisions_record_the_form_that_was_asked_for() -> None:
    model = ScriptedModel(decisions=[Decision({"domain": "billing", "query": "refund"})])
    await model.decide(prompt_of(), Route)
    assert model.calls[0].schema is Route
