"""What every ChatModel must do, be it a real provider over loopback or a script."""

import asyncio
from contextlib import aclosing
from typing import Protocol

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from agents.errors import (
    AccessRefused,
    ModelError,
    ModelUnavailable,
    PromptNotAnswered,
    RateLimited,
)
from agents.models.pieces import ChatModel, Delta, Finish, FinishReason, ModelPart, Usage
from agents.models.prompt import Prompt
from tests.servers.model_server import Behaviour, Fault

TEXT = "Refunds take five days [1]. Naïve café: 日本語 🙂\n\n| a | b |"


class Route(BaseModel):
    """Choose a field of support."""

    domain: str
    query: str


class Provider(Protocol):
    """A model together with the hand that makes its provider behave."""

    @property
    def model(self) -> ChatModel: ...

    def answers(self, text: str) -> None: ...

    def decides(self, value: dict[str, object]) -> None: ...

    def behave(self, behaviour: Behaviour | Fault) -> None: ...

    async def sees_the_reader_leave(self) -> None:
        """Return once the provider has noticed that an unfinished answer is no longer read."""
        ...


def prompt_of(text: str = "When do I get my money?", *, prefix: str | None = None) -> Prompt:
    messages = [HumanMessage("Hello"), AIMessage("Good day!"), HumanMessage(text)]
    return Prompt(system="Answer from the documents.", prefix=prefix, messages=messages, max_tokens=50)


async def parts_of(model: ChatModel, prompt: Prompt | None = None) -> list[ModelPart]:
    await model.prepare()
    return [part async for part in model.stream(prompt or prompt_of())]


async def drained(model: ChatModel) -> tuple[list[ModelPart], ModelError | None]:
    """Return what came before the end or the error."""
    parts: list[ModelPart] = []
    stream = model.stream(prompt_of())
    try:
        while (part := await anext(stream, None)) is not None:
            parts.append(part)
    except ModelError as error:
        return parts, error
    return parts, None


def text_in(parts: list[ModelPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, Delta))


class ChatModelContract:
    """Inherit from this and provide the fixture `provider`."""

    async def test_an_answer_is_text_then_its_finish_then_its_usage(self, provider: Provider) -> None:
        provider.answers(TEXT)
        parts = await parts_of(provider.model)
        deltas, finish, usage = parts[:-2], parts[-2], parts[-1]
        assert deltas
        assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
        assert text_in(parts) == TEXT
        assert finish == Finish(FinishReason.STOP)
        assert isinstance(usage, Usage)
        assert usage.input_tokens > 0
        assert usage.output_tokens > 0

    async def test_cached_tokens_are_part_of_the_input_tokens(self, provider: Provider) -> None:
        provider.behave(Behaviour(cached_tokens=3))
        usage = (await parts_of(provider.model))[-1]
        assert isinstance(usage, Usage)
        assert usage.cached_tokens == 3
        assert usage.input_tokens > 3

    async def test_an_answer_without_usage_ends_with_its_finish(self, provider: Provider) -> None:
        provider.behave(Behaviour(has_usage=False))
        assert (await parts_of(provider.model))[-1] == Finish(FinishReason.STOP)

    @pytest.mark.parametrize("kind", [FinishReason.LENGTH, FinishReason.FILTERED])
    async def test_finish_reasons_are_told_in_one_vocabulary(self, provider: Provider, kind: FinishReason) -> None:
        provider.behave(Behaviour(finish=self.words_for(kind)))
        assert Finish(kind) in await parts_of(provider.model)

    def words_for(self, reason: FinishReason) -> str:
        return str(reason)

    @pytest.mark.parametrize("fault", [Fault.CUT, Fault.MALFORMED, Fault.THROTTLED])
    async def test_what_breaks_a_stream_is_a_model_error(self, provider: Provider, fault: Fault) -> None:
        provider.behave(fault)
        parts, error = await drained(provider.model)
        assert text_in(parts)
        assert error is not None

    async def test_a_truncated_stream_has_no_finish(self, provider: Provider) -> None:
        provider.behave(Fault.TRUNCATED)
        parts, error = await drained(provider.model)
        assert text_in(parts)
        assert not any(isinstance(part, Finish) for part in parts)
        assert error is None or str(error) == "truncated"

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, PromptNotAnswered),
            (403, AccessRefused),
            (404, AccessRefused),
            (429, RateLimited),
            (500, ModelUnavailable),
            (503, ModelUnavailable),
        ],
    )
    @pytest.mark.parametrize("is_streamed", [True, False])
    async def test_refusals_are_told_in_our_words(
        self, provider: Provider, status: int, error: type[ModelError], *, is_streamed: bool
    ) -> None:
        provider.behave(Behaviour(status=status, retry_after="7", error_message="secret words"))
        with pytest.raises(ModelError) as caught:
            await (parts_of(provider.model) if is_streamed else provider.model.decide(prompt_of(), Route))
        assert type(caught.value) is error
        assert "secret" not in str(caught.value)
        if isinstance(caught.value, RateLimited):
            assert caught.value.retry_after == 7

    @pytest.mark.parametrize("fault", [Fault.STALL, Fault.HANG])
    async def test_a_reader_that_leaves_is_noticed(self, provider: Provider, fault: Fault) -> None:
        provider.behave(Behaviour(fault=fault, after_pieces=1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await parts_of(provider.model)
        await provider.sees_the_reader_leave()

    async def test_a_stream_that_is_closed_between_two_pieces_is_noticed(self, provider: Provider) -> None:
        provider.behave(Behaviour(fault=Fault.STALL, after_pieces=1))
        async with aclosing(provider.model.stream(prompt_of())) as parts:
            await anext(parts)
        await provider.sees_the_reader_leave()

    async def test_streams_at_the_same_time_do_not_mix(self, provider: Provider) -> None:
        provider.answers(TEXT)
        answers = await asyncio.gather(*(parts_of(provider.model) for _ in range(12)))
        assert {text_in(parts) for parts in answers} == {TEXT}

    async def test_a_person_may_speak_twice_in_a_row(self, provider: Provider) -> None:
        messages = [HumanMessage("Hello"), HumanMessage("When do I get my money?")]
        assert text_in(await parts_of(provider.model, Prompt(system="Be brief.", messages=messages)))

    async def test_a_decision_has_the_asked_form(self, provider: Provider) -> None:
        provider.decides({"domain": "billing", "query": "refund time"})
        await provider.model.prepare()
        route, usage = await provider.model.decide(prompt_of(), Route)
        assert route == Route(domain="billing", query="refund time")
        assert usage is not None
        assert usage.output_tokens > 0

    async def test_a_decision_of_another_form_is_no_answer(self, provider: Provider) -> None:
        provider.decides({"colour": "red"})
        with pytest.raises(PromptNotAnswered):
            await provider.model.decide(prompt_of(), Route)

    @pytest.mark.parametrize("fault", [Fault.CUT, Fault.MALFORMED])
    async def test_a_broken_decision_is_a_model_error(self, provider: Provider, fault: Fault) -> None:
        provider.behave(fault)
        with pytest.raises(ModelError):
            await provider.model.decide(prompt_of(), Route)

    async def test_its_name_names_the_provider(self, provider: Provider) -> None:
        assert ":" in provider.model.name

    async def test_it_can_be_closed_twice(self, provider: Provider) -> None:
        await provider.model.aclose()
        await provider.model.aclose()
