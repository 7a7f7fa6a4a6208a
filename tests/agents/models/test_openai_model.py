import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from blockbuster import blockbuster_ctx

from agents.contract import ModelCall
from agents.errors import (
    AccessRefused,
    BadModelOutput,
    ModelUnavailable,
    NoModelAvailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.chain import ModelChain, build_link
from agents.models.openai import OpenAIModel, build_http_client
from agents.models.pieces import FinishReason
from agents.models.settings import Deadlines
from tests.contracts.chat_model import TEXT, ChatModelContract, Provider, Route, parts_of, prompt_of, text_in
from tests.servers.model_server import Behaviour, Fault
from tests.servers.openai_server import OpenAIServer


@dataclass
class OverLoopback:
    server: OpenAIServer
    model: OpenAIModel

    def answers(self, text: str) -> None:
        self.server.answer = lambda _messages: text

    def decides(self, value: dict[str, object]) -> None:
        self.server.decide = lambda _messages, _schema: value

    def behave(self, behaviour: Behaviour | Fault) -> None:
        self.server.behave(behaviour)

    async def sees_the_reader_leave(self) -> None:
        await self.server.requests[-1].ended.wait()
        assert not self.server.requests[-1].is_answered


def model_at(base_url: str) -> OpenAIModel:
    return OpenAIModel("gpt-4o-mini", api_key="sk-loopback", base_url=base_url, http_client=build_http_client())


@pytest.fixture
async def provider() -> AsyncIterator[OverLoopback]:
    async with OpenAIServer() as server:
        model = model_at(server.base_url)
        yield OverLoopback(server, model)
        await model.aclose()


class TestContract(ChatModelContract):
    @pytest.fixture
    async def provider(self, provider: OverLoopback) -> Provider:
        return provider

    def words_for(self, reason: FinishReason) -> str:
        return {FinishReason.LENGTH: "length", FinishReason.FILTERED: "content_filter"}[reason]


async def test_the_stable_prefix_goes_first_in_the_one_system_message(provider: OverLoopback) -> None:
    await parts_of(provider.model, prompt_of("Why?", prefix="All documents."))
    body = provider.server.requests[0].body
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
    assert body["messages"][0]["content"] == "All documents.\n\nAnswer from the documents."
    assert body["messages"][-1]["content"] == "Why?"


async def test_the_request_asks_for_usage_and_limits_the_answer(provider: OverLoopback) -> None:
    await parts_of(provider.model)
    body = provider.server.requests[0].body
    assert body["model"] == "gpt-4o-mini"
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_completion_tokens"] == 50


async def test_a_decision_asks_the_server_to_enforce_the_form(provider: OverLoopback) -> None:
    await provider.model.decide(prompt_of(), Route)
    form = provider.server.requests[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True


async def test_keep_alive_pings_are_no_text(provider: OverLoopback) -> None:
    provider.answers(TEXT)
    provider.behave(Behaviour(has_pings=True))
    assert text_in(await parts_of(provider.model)) == TEXT


async def test_a_failed_call_is_not_repeated_by_the_sdk(provider: OverLoopback) -> None:
    provider.behave(Behaviour(status=500))
    with pytest.raises(Exception, match="server error"):
        await parts_of(provider.model)
    assert len(provider.server.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "error", "words"),
    [
        (Behaviour(status=401), AccessRefused, "key refused"),
        (Behaviour(status=429, error_code="insufficient_quota"), AccessRefused, "quota used up"),
        (Behaviour(status=400, error_code="context_length_exceeded"), PromptNotAnswered, "prompt too long"),
        (Behaviour(status=400, error_code="content_filter"), PromptNotAnswered, "filtered"),
        (Behaviour(fault=Fault.THROTTLED), RateLimited, "rate limited"),
        (Behaviour(fault=Fault.MALFORMED), BadModelOutput, "malformed"),
    ],
)
async def test_openais_own_errors(
    provider: OverLoopback, behaviour: Behaviour, error: type[Exception], words: str
) -> None:
    provider.behave(behaviour)
    with pytest.raises(error, match=f"^{words}$"):
        await parts_of(provider.model)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
async def test_a_decision_that_is_cut_or_filtered_is_no_answer(provider: OverLoopback, finish: str) -> None:
    provider.behave(Behaviour(finish=finish))
    with pytest.raises(BadModelOutput):
        await provider.model.decide(prompt_of(), Route)


async def test_nobody_listening_is_a_refusal(unused_tcp_port: int) -> None:
    model = model_at(f"http://127.0.0.1:{unused_tcp_port}/v1")
    with pytest.raises(AccessRefused, match="connection refused"):
        await parts_of(model)
    await model.aclose()


async def test_a_server_that_hangs_up_is_there_and_may_be_asked_again() -> None:
    def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1")
    async with server:
        model = model_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        with pytest.raises(ModelUnavailable, match="connection lost"):
            await parts_of(model)
        await model.aclose()


async def test_answers_after_one_another_share_a_connection(provider: OverLoopback) -> None:
    for _ in range(3):
        await parts_of(provider.model)
    assert len({request.port for request in provider.server.requests}) == 1


async def test_keep_alive_pings_do_not_count_as_a_sign_of_life(provider: OverLoopback) -> None:
    provider.behave(Behaviour(fault=Fault.HANG, has_pings=True))
    chain = ModelChain([build_link(provider.model)], deadlines=Deadlines(first_token_seconds=0.3))
    calls: list[ModelCall] = []
    with pytest.raises(NoModelAvailable, match="first token late"):
        [piece async for piece in chain.stream(prompt_of(), role="answer", calls=calls)]
    await provider.sees_the_reader_leave()


async def test_neither_streams_nor_decisions_block_the_event_loop(provider: OverLoopback) -> None:
    with blockbuster_ctx():
        await parts_of(provider.model)
        await provider.model.decide(prompt_of(), Route)
