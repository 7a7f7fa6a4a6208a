import asyncio
import contextlib
import logging
from collections.abc import Sequence

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from agents.contract import ModelCall
from agents.errors import AccessRefused, BadModelOutput, ModelUnavailable, NoModelAvailable, RateLimited
from agents.models.attempt import Link
from agents.models.chain import ModelChain, build_link
from agents.models.pieces import Completed, Delta, FinishReason, Piece, Restart, Usage
from agents.models.prompt import Prompt
from agents.models.scripted import Answer, Decision, ScriptedModel, answer
from agents.models.settings import CircuitLimits, Deadlines

PROMPT = Prompt(system="Be brief.", messages=[HumanMessage("Why?")])
SHORT = Deadlines(first_token_seconds=0.02, between_tokens_seconds=0.02, decide_seconds=0.02, usage_seconds=0.02)


class Choice(BaseModel):
    domain: str


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def pieces_of(chain: ModelChain, calls: list[ModelCall] | None = None) -> list[Piece]:
    calls = [] if calls is None else calls
    return [piece async for piece in chain.stream(PROMPT, role="answer", calls=calls)]


def screen(pieces: Sequence[Piece]) -> str:
    text = ""
    for piece in pieces:
        match piece:
            case Delta():
                text += piece.text
            case Restart():
                text = ""
            case Completed():
                pass
    return text


def chain_of(*models: ScriptedModel, deadlines: Deadlines = SHORT) -> ModelChain:
    return ModelChain([build_link(model) for model in models], deadlines=deadlines)


async def test_a_good_answer_is_passed_on_and_completed() -> None:
    calls: list[ModelCall] = []
    model = ScriptedModel([answer("Because ", "so.", usage=Usage(7, 2, 3))], name="a:one")
    chain = ModelChain([build_link(model, price=(1.0, 2.0, 0.5))])
    assert await pieces_of(chain, calls) == [
        Delta("Because "),
        Delta("so."),
        Completed("a:one", FinishReason.STOP),
    ]
    (call,) = calls
    assert (call.role, call.model, call.error, call.is_estimated) == ("answer", "a:one", None, False)
    assert (call.input_tokens, call.output_tokens, call.cached_tokens) == (7, 2, 3)
    assert call.cost_usd == pytest.approx((4 * 1.0 + 3 * 0.5 + 2 * 2.0) / 1e6)


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (answer(RateLimited(3)), "rate limited"),
        (answer(ModelUnavailable("server error")), "server error"),
        (answer("Half an ", ModelUnavailable("connection lost")), "connection lost"),
        (answer(asyncio.Event()), "first token late"),
        (answer("Half an ", asyncio.Event()), "next token late"),
        (answer("Half an ", finish=None), "truncated"),
        (answer(), "empty answer"),
        (answer("Half an ", finish=FinishReason.FILTERED), "filtered"),
    ],
)
async def test_whatever_befalls_the_first_model_one_clean_answer_is_left(broken: Answer, error: str) -> None:
    calls: list[ModelCall] = []
    chain = chain_of(ScriptedModel([broken], name="a:one"), ScriptedModel(["All is well."], name="b:two"))
    pieces = await pieces_of(chain, calls)
    assert screen(pieces) == "All is well."
    assert pieces[-1] == Completed("b:two", FinishReason.STOP)
    assert [call.error for call in calls] == [error, None]


async def test_restart_comes_only_if_text_was_out_and_right_before_the_next_models_text() -> None:
    first = ScriptedModel([answer("Half", ModelUnavailable("server error"))], name="a:one")
    second = ScriptedModel([answer(ModelUnavailable("server error"))], name="b:two")
    third = ScriptedModel(["Whole"], name="c:three")
    assert await pieces_of(chain_of(first, second, third)) == [
        Delta("Half"),
        Restart("server error", "c:three"),
        Delta("Whole"),
        Completed("c:three", FinishReason.STOP),
    ]


async def test_text_is_voided_before_the_chain_gives_up() -> None:
    chain = chain_of(ScriptedModel([answer("Half", finish=None)], name="a:one"))
    pieces = chain.stream(PROMPT, role="answer", calls=[])
    assert [await anext(pieces), await anext(pieces)] == [Delta("Half"), Restart("truncated", None)]
    with pytest.raises(NoModelAvailable):
        await anext(pieces)


async def test_an_answer_cut_by_our_own_limit_is_kept_and_says_so() -> None:
    pieces = await pieces_of(chain_of(ScriptedModel([answer("Half", finish=FinishReason.LENGTH)], name="a:one")))
    assert pieces == [Delta("Half"), Completed("a:one", FinishReason.LENGTH)]


async def test_a_model_that_hangs_after_its_finish_has_answered() -> None:
    calls: list[ModelCall] = []

    class NeverEnds(ScriptedModel):
        async def stream(self, prompt):  # type: ignore[no-untyped-def] # only the hang at the end is new
            async for part in super().stream(prompt):
                yield part
            await asyncio.Event().wait()

    pieces = await pieces_of(chain_of(NeverEnds(["Done."], name="a:one")), calls)
    assert pieces[-1] == Completed("a:one", FinishReason.STOP)
    assert calls[0].is_estimated


async def test_missing_usage_is_estimated_and_marked_so() -> None:
    calls: list[ModelCall] = []
    await pieces_of(chain_of(ScriptedModel(["12345678"])), calls)
    assert (calls[0].input_tokens, calls[0].output_tokens, calls[0].is_estimated) == (4, 2, True)
    assert calls[0].cost_usd is None


async def test_a_stopped_stream_is_closed_counted_and_no_failure() -> None:
    calls: list[ModelCall] = []
    model = ScriptedModel([answer("One ", asyncio.Event())] * 3 + [answer("Fine.")])
    chain = ModelChain([build_link(model, limits=CircuitLimits(failures=1))])
    for _ in range(3):
        async with contextlib.aclosing(chain.stream(PROMPT, role="answer", calls=calls)) as pieces:
            async for _piece in pieces:
                break
    assert [call.is_closed_early for call in model.calls] == [True, True, True]
    assert [(call.error, call.output_tokens) for call in calls] == [(None, 1)] * 3
    assert screen(await pieces_of(chain)) == "Fine."


async def test_a_cancelled_task_closes_the_stream_and_records_the_call() -> None:
    calls: list[ModelCall] = []
    model = ScriptedModel([answer("One ", asyncio.Event())])
    chain = ModelChain([build_link(model)])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await pieces_of(chain, calls)
    assert model.calls[0].is_closed_early
    assert [call.error for call in calls] == [None]


async def test_the_consumers_time_does_not_count_against_the_model() -> None:
    model = ScriptedModel([answer("One ", "two.")])
    text = ""
    async for piece in chain_of(model).stream(PROMPT, role="answer", calls=[]):
        if isinstance(piece, Delta):
            text += piece.text
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(3 * SHORT.between_tokens_seconds):
                    await asyncio.Event().wait()
    assert text == "One two."


async def test_an_open_circuit_costs_later_messages_nothing_until_its_pause_is_over() -> None:
    clock = Clock()
    first = ScriptedModel([answer(AccessRefused("key refused")), "Back again."], name="a:one")
    second = ScriptedModel(lambda _prompt: "Stand-in.", name="b:two")
    chain = ModelChain([build_link(first, clock=clock), build_link(second, clock=clock)], clock=clock)
    for _ in range(3):
        assert screen(await pieces_of(chain)) == "Stand-in."
    assert len(first.calls) == 1
    clock.now = 30.0
    assert screen(await pieces_of(chain)) == "Back again."


async def test_chains_that_share_a_link_share_its_circuit() -> None:
    model = ScriptedModel([answer(AccessRefused("key refused"))])
    link: Link = build_link(model)
    for _ in range(2):
        with pytest.raises(NoModelAvailable):
            await pieces_of(ModelChain([link]))
    assert len(model.calls) == 1


async def test_an_empty_chain_says_so_and_has_no_model() -> None:
    chain = ModelChain([])
    assert chain.is_empty
    assert chain.names == ()
    with pytest.raises(NoModelAvailable):
        await pieces_of(chain)


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (Decision(RateLimited()), "rate limited"),
        (Decision(BadModelOutput("malformed")), "malformed"),
        (Decision({"domain": "late"}, waits_for=asyncio.Event()), "decision late"),
        (Decision({"colour": "red"}), "not of the asked form"),
    ],
)
async def test_a_decision_fails_over_as_well(broken: Decision, error: str) -> None:
    calls: list[ModelCall] = []
    first = ScriptedModel(decisions=[broken], name="a:one")
    second = ScriptedModel(decisions=[Decision({"domain": "billing"}, Usage(9, 3))], name="b:two")
    choice = await chain_of(first, second).decide(PROMPT, Choice, role="route", calls=calls)
    assert choice == Choice(domain="billing")
    assert [(call.error, call.input_tokens) for call in calls] == [(error, 0), (None, 9)]


async def test_a_decision_of_nobody_raises() -> None:
    with pytest.raises(NoModelAvailable):
        await chain_of(ScriptedModel(decisions=[Decision(RateLimited())])).decide(
            PROMPT, Choice, role="route", calls=[]
        )


async def test_a_defect_is_neither_swallowed_nor_blamed_on_the_model() -> None:
    def defect(_prompt: Prompt) -> str:
        raise RuntimeError("ours")

    link = build_link(ScriptedModel(defect), limits=CircuitLimits(failures=1))
    calls: list[ModelCall] = []
    with pytest.raises(RuntimeError, match="ours"):
        await pieces_of(ModelChain([link]), calls)
    assert not link.circuit.is_open
    assert len(calls) == 1


async def test_the_log_names_model_and_failure_and_holds_no_text(caplog: pytest.LogCaptureFixture) -> None:
    error = ModelUnavailable("server error")
    error.__cause__ = ValueError("Why?")
    caplog.set_level(logging.DEBUG, logger="agents")
    with pytest.raises(NoModelAvailable):
        await pieces_of(chain_of(ScriptedModel([answer("Half", error)], name="a:one")))
    (record,) = caplog.records
    assert record.getMessage() == "a:one failed as answer: server error (ValueError), still in use"
