from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import cache

import boto3
import pytest
from blockbuster import blockbuster_ctx

from agents.errors import AccessRefused, BadModelOutput, PromptNotAnswered, RateLimited
from agents.models.bedrock import BedrockModel, BedrockRuntime
from agents.models.pieces import Delta, FinishReason
from tests.contracts.chat_model import ChatModelContract, Provider, Route, parts_of, prompt_of
from tests.servers.bedrock_server import BedrockServer
from tests.servers.model_server import Behaviour, Fault

MODEL = "us.amazon.nova-lite-v1:0"


@dataclass
class OverLoopback:
    server: BedrockServer
    model: BedrockModel

    def answers(self, text: str) -> None:
        self.server.answer = lambda _messages: text

    def decides(self, value: dict[str, object]) -> None:
        self.server.decide = lambda _messages, _schema: value

    def behave(self, behaviour: Behaviour | Fault) -> None:
        self.server.behave(behaviour)

    async def sees_the_reader_leave(self) -> None:
        await self.server.requests[-1].ended.wait()
        assert not self.server.requests[-1].is_answered


@cache  # a session keeps what it read of the API's description, which takes half a second
def session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="AKIALOOPBACK", aws_secret_access_key="secret", region_name="us-east-1")


def runtime_at(url: str, *, read_seconds: float = 300.0) -> BedrockRuntime:
    return BedrockRuntime(session(), endpoint_url=url, read_seconds=read_seconds)


@pytest.fixture
async def provider() -> AsyncIterator[OverLoopback]:
    async with BedrockServer() as server:
        model = BedrockModel(MODEL, runtime_at(server.url))
        yield OverLoopback(server, model)
        await model.aclose()


class TestContract(ChatModelContract):
    @pytest.fixture
    async def provider(self, provider: OverLoopback) -> Provider:
        return provider

    def words_for(self, reason: FinishReason) -> str:
        return {FinishReason.LENGTH: "max_tokens", FinishReason.FILTERED: "content_filtered"}[reason]


async def test_a_cache_point_follows_the_stable_prefix(provider: OverLoopback) -> None:
    await parts_of(provider.model, prompt_of("Why?", prefix="All documents."))
    body = provider.server.requests[0].body
    assert body["system"] == [
        {"text": "All documents."},
        {"cachePoint": {"type": "default"}},
        {"text": "Answer from the documents."},
    ]
    assert body["messages"][-1] == {"role": "user", "content": [{"text": "Why?"}]}
    assert body["inferenceConfig"] == {"maxTokens": 50}


async def test_models_that_refuse_cache_points_get_none(provider: OverLoopback) -> None:
    other = BedrockModel("meta.llama3-1-8b-instruct-v1:0", runtime_at(provider.server.url))
    await parts_of(other, prompt_of(prefix="All documents."))
    assert provider.server.requests[0].body["system"] == [
        {"text": "All documents."},
        {"text": "Answer from the documents."},
    ]
    await other.aclose()


async def test_requests_are_signed_and_go_to_the_model(provider: OverLoopback) -> None:
    await parts_of(provider.model)
    (request,) = provider.server.requests
    assert request.path == f"/model/{MODEL}/converse-stream"
    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIALOOPBACK/")


async def test_an_unknown_models_answer_is_streamed_too(provider: OverLoopback) -> None:
    other = BedrockModel("someone.new-model-v9:0", runtime_at(provider.server.url))
    await parts_of(other)
    assert provider.server.requests[0].path.endswith("/converse-stream")
    await other.aclose()


async def test_a_failed_call_is_not_repeated_by_the_sdk(provider: OverLoopback) -> None:
    provider.behave(Behaviour(status=500))
    with pytest.raises(Exception, match="server error"):
        await parts_of(provider.model)
    assert len(provider.server.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "error", "words"),
    [
        (Behaviour(status=403), AccessRefused, "not permitted"),
        (Behaviour(status=403, error_code="ExpiredTokenException"), AccessRefused, "key refused"),
        (
            Behaviour(status=400, error_message="The provided model identifier is invalid."),
            AccessRefused,
            "no such model",
        ),
        (
            Behaviour(status=400, error_message="Input is too long for this model."),
            PromptNotAnswered,
            "prompt too long",
        ),
        (Behaviour(status=424), None, "server error"),
        (Behaviour(fault=Fault.THROTTLED), RateLimited, "rate limited"),
        (Behaviour(fault=Fault.MALFORMED), BadModelOutput, "malformed"),
        (Behaviour(fault=Fault.DAMAGED), BadModelOutput, "malformed"),
        (Behaviour(fault=Fault.TRUNCATED), BadModelOutput, "truncated"),
    ],
)
async def test_bedrocks_own_errors(
    provider: OverLoopback, behaviour: Behaviour, error: type[Exception] | None, words: str
) -> None:
    provider.behave(behaviour)
    with pytest.raises(error or Exception, match=f"^{words}$"):
        await parts_of(provider.model)


async def test_a_server_that_sends_no_headers_is_given_up_by_the_thread_as_well(provider: OverLoopback) -> None:
    hasty = BedrockModel(MODEL, runtime_at(provider.server.url, read_seconds=0.1))
    provider.behave(Fault.SILENT)
    with pytest.raises(Exception, match="provider timed out"):
        await parts_of(hasty)
    await provider.sees_the_reader_leave()
    await hasty.aclose()


async def test_a_decision_is_asked_for_as_a_tool(provider: OverLoopback) -> None:
    await provider.model.decide(prompt_of(), Route)
    config = provider.server.requests[0].body["toolConfig"]
    assert config["tools"][0]["toolSpec"]["name"] == "Route"
    assert config["toolChoice"] == {"tool": {"name": "Route"}}


async def test_nobody_listening_is_a_refusal(unused_tcp_port: int) -> None:
    model = BedrockModel(MODEL, runtime_at(f"http://127.0.0.1:{unused_tcp_port}"))
    with pytest.raises(AccessRefused, match="connection refused"):
        await parts_of(model)
    await model.aclose()


async def test_more_streams_run_at_once_than_the_loops_own_threads_would_allow(provider: OverLoopback) -> None:
    provider.server.default = Behaviour(fault=Fault.STALL, after_pieces=1)
    async with AsyncExitStack() as stack:
        for _ in range(40):
            stream = await stack.enter_async_context(aclosing(provider.model.stream(prompt_of())))
            assert isinstance(await anext(stream), Delta)


async def test_neither_streams_nor_decisions_block_the_event_loop(provider: OverLoopback) -> None:
    with blockbuster_ctx():
        await parts_of(provider.model)
        await provider.model.decide(prompt_of(), Route)
