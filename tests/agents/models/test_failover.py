"""Two real clients over two loopback servers, and everything that can befall the first of them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from agents.contract import ModelCall
from agents.models.build import open_models
from agents.models.chain import ModelChain
from agents.models.pieces import Completed, Delta, FinishReason, Piece, Restart
from agents.models.prompt import Prompt
from agents.models.settings import Deadlines, ModelSettings
from tests.servers.bedrock_server import BedrockServer
from tests.servers.model_server import Behaviour, Fault, ModelServer
from tests.servers.openai_server import OpenAIServer

OPENAI, BEDROCK = "openai:gpt-4o-mini", "bedrock:us.amazon.nova-lite-v1:0"
PROMPT = Prompt(system="Be brief.", messages=[HumanMessage("Why?")], max_tokens=50)
WRONG, RIGHT = "This will never be read to its end.", "Refunds take five days [1]."
FAULTS = {
    "429": Behaviour(status=429, retry_after="30"),
    "500": Behaviour(status=500),
    "key refused": Behaviour(status=403),
    "silent": Behaviour(fault=Fault.SILENT),
    "hang before the first token": Behaviour(fault=Fault.HANG),
    "stall": Behaviour(fault=Fault.STALL),
    "cut": Behaviour(fault=Fault.CUT),
    "truncated": Behaviour(fault=Fault.TRUNCATED),
    "malformed": Behaviour(fault=Fault.MALFORMED),
    "throttled in the stream": Behaviour(fault=Fault.THROTTLED),
    "filtered": Behaviour(finish="content_filter"),
}
IS_SLOW = {"silent", "hang before the first token", "stall"}
ASKED_OF_FOUR = {"429": 1, "key refused": 1, "throttled in the stream": 1, "filtered": 4}
"""How often a model is asked in four messages, where that isn't until its second failure."""
HAS_TEXT = {"stall", "cut", "truncated", "malformed", "throttled in the stream", "filtered"}


class Route(BaseModel):
    """Choose a field of support."""

    domain: str


@dataclass
class Pair:
    """The first server fails, the second answers."""

    first: ModelServer
    second: ModelServer
    chain: ModelChain

    async def ask(self, calls: list[ModelCall] | None = None) -> list[Piece]:
        calls = [] if calls is None else calls
        return [piece async for piece in self.chain.stream(PROMPT, role="answer", calls=calls)]


@pytest.fixture(params=[(OPENAI, BEDROCK), (BEDROCK, OPENAI)], ids=["openai first", "bedrock first"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    names: tuple[str, str] = request.param
    async with AsyncExitStack() as stack:
        openai, bedrock = OpenAIServer(), BedrockServer()
        await stack.enter_async_context(openai)
        await stack.enter_async_context(bedrock)
        first, second = (openai, bedrock) if names[0] == OPENAI else (bedrock, openai)
        seconds = 30.0
        if IS_SLOW & set(request.node.callspec.params.values()):
            # Only where a model hangs are the deadlines short, and both clients have imported what calls need.
            seconds = 0.6
            first.behave(Behaviour(status=500))
            async with open_models(settings_for(openai, bedrock, 30.0)) as warm:
                await Pair(first, second, (await warm.build_chain(names))[0]).ask()
            first.requests.clear()
            second.requests.clear()
        first.answer, second.answer = lambda _messages: WRONG, lambda _messages: RIGHT
        models = await stack.enter_async_context(open_models(settings_for(openai, bedrock, seconds)))
        chain, statuses = await models.build_chain(names)
        assert [status.note for status in statuses] == ["ready", "ready"]
        yield Pair(first, second, chain)


def settings_for(openai: OpenAIServer, bedrock: BedrockServer, seconds: float) -> ModelSettings:
    return ModelSettings(
        openai_api_key="sk-loopback",
        openai_base_url=openai.base_url,
        aws_access_key_id="AKIALOOPBACK",
        aws_secret_access_key="secret",
        aws_region="us-east-1",
        bedrock_endpoint_url=bedrock.url,
        deadlines=Deadlines(seconds, seconds, decide_seconds=seconds, usage_seconds=0.1),
    )


def screen(pieces: list[Piece]) -> str:
    restarts = [index for index, piece in enumerate(pieces) if isinstance(piece, Restart)]
    begin = restarts[-1] + 1 if restarts else 0
    return "".join(piece.text for piece in pieces[begin:] if isinstance(piece, Delta))


@pytest.mark.parametrize("fault", FAULTS)
async def test_one_clean_answer_is_left_and_a_paused_model_is_not_asked_again(pair: Pair, fault: str) -> None:
    pair.first.default = FAULTS[fault]
    calls: list[ModelCall] = []
    pieces = await pair.ask(calls)
    assert screen(pieces) == RIGHT
    assert pieces[-1] == Completed(pair.chain.names[1], FinishReason.STOP)
    assert sum(isinstance(piece, Restart) for piece in pieces) == (fault in HAS_TEXT)
    assert [call.error is None for call in calls] == [False, True]
    assert calls[1].cost_usd is not None

    for _ in range(3):
        assert screen(await pair.ask()) == RIGHT
    assert len(pair.first.requests) == ASKED_OF_FOUR.get(fault, 2)
    assert len(pair.second.requests) == 4


async def test_a_closed_port_is_asked_once(pair: Pair) -> None:
    await pair.first.__aexit__()
    for _ in range(3):
        calls: list[ModelCall] = []
        assert screen(await pair.ask(calls)) == RIGHT
    assert [call.error for call in calls] == [None]


@pytest.mark.parametrize("fault", ["429", "500", "cut", "malformed"])
async def test_a_decision_fails_over_as_well(pair: Pair, fault: str) -> None:
    pair.first.default = FAULTS[fault]
    pair.second.decide = lambda _messages, _schema: {"domain": "billing"}
    calls: list[ModelCall] = []
    assert await pair.chain.decide(PROMPT, Route, role="route", calls=calls) == Route(domain="billing")
    assert [call.error is None for call in calls] == [False, True]


async def test_a_model_that_never_closes_its_stream_has_answered(pair: Pair) -> None:
    pair.first.default = Behaviour(fault=Fault.HANG_AT_END)
    assert screen(await pair.ask()) == WRONG
    assert pair.second.requests == []
