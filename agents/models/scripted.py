"""A model that follows a script and records its calls: the test seam that ships with the product."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from agents.errors import ModelError, PromptNotAnswered
from agents.models.pieces import Delta, Finish, FinishReason, ModelPart, Schema, Usage
from agents.models.prompt import Prompt

if TYPE_CHECKING:
    from pydantic import BaseModel

Item = TypeVar("Item")

Step: TypeAlias = str | ModelError | asyncio.Event
"""A piece of text, an error to raise, or an event to wait for: one that is never set is a hang."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is streamed for one prompt. `finish` None cuts the stream; `usage` None reports nothing."""

    steps: tuple[Step, ...]
    finish: FinishReason | None = FinishReason.STOP
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided for one prompt: fields for the asked form, which they must fit, or an error."""

    value: Mapping[str, object] | ModelError
    usage: Usage | None = None
    waits_for: asyncio.Event | None = None


@dataclass(slots=True)
class ScriptedCall:
    """One call that was made. `is_closed_early` says that nobody waited for its end."""

    prompt: Prompt
    schema: "type[BaseModel] | None" = None
    is_closed_early: bool = field(default=False)


class ScriptExhausted(AssertionError):
    """The model was called more often than its script provides for."""


def answer(*steps: Step, finish: FinishReason | None = FinishReason.STOP, usage: Usage | None = None) -> Answer:
    """Return an answer of these steps."""
    return Answer(steps, finish, usage)


class ScriptedModel:
    """Answer and decide by script.

    A script is a series, used up call by call, or a function of the prompt. A plain string in a series is streamed
    word by word. `calls` holds every call, in order.
    """

    def __init__(
        self,
        answers: "Iterable[Answer | str] | Callable[[Prompt], Answer | str]" = (),
        decisions: Iterable[Decision] | Callable[[Prompt], Decision] = (),
        *,
        name: str = "scripted:model",
    ) -> None:
        self._name = name
        self._next_answer = _in_order(answers)
        self._next_decision = _in_order(decisions)
        self.calls: list[ScriptedCall] = []
        self.is_closed = False

    @property
    def name(self) -> str:
        """The name under which the calls are recorded."""
        return self._name

    async def prepare(self) -> None:
        """Do nothing: a script is always ready."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[ModelPart, None]:
        """Yield the script's next answer."""
        call = ScriptedCall(prompt, is_closed_early=True)
        self.calls.append(call)
        scripted = self._next_answer(prompt)
        if isinstance(scripted, str):
            scripted = Answer(tuple(_words(scripted)))
        for step in scripted.steps:
            if isinstance(step, str):
                yield Delta(step)
            else:
                await _perform(step, call)
        if scripted.finish is not None:
            yield Finish(scripted.finish)
        if scripted.usage is not None:
            yield scripted.usage
        call.is_closed_early = False

    async def decide(self, prompt: Prompt, schema: type[Schema]) -> tuple[Schema, Usage | None]:
        """Return the script's next decision."""
        call = ScriptedCall(prompt, schema, is_closed_early=True)
        self.calls.append(call)
        scripted = self._next_decision(prompt)
        if scripted.waits_for is not None:
            await _perform(scripted.waits_for, call)
        call.is_closed_early = False
        if isinstance(scripted.value, ModelError):
            raise scripted.value
        try:
            return schema.model_validate(scripted.value), scripted.usage
        except ValueError as error:
            raise PromptNotAnswered("not of the asked form") from error

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


async def _perform(step: ModelError | asyncio.Event, call: ScriptedCall) -> None:
    if isinstance(step, asyncio.Event):
        await step.wait()
    else:
        call.is_closed_early = False
        raise step


def _words(text: str) -> Iterator[str]:
    words = text.split(" ")
    yield from (word + " " for word in words[:-1])
    if words[-1]:
        yield words[-1]


def _in_order(script: Iterable[Item] | Callable[[Prompt], Item]) -> Callable[[Prompt], Item]:
    if callable(script):
        return script
    items = iter(script)

    def following(_prompt: Prompt) -> Item:
        for item in items:
            return item
        raise ScriptExhausted("the script of this model has no further step for this call")

    return following
