"""The one failover loop: every call of every model, streamed or not, goes through here."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager

from agents.contract import ModelCall
from agents.errors import ModelError, ModelTooSlow, NoModelAvailable
from agents.models.attempt import Attempt, Link
from agents.models.circuit import Circuit
from agents.models.pieces import ChatModel, Delta, Finish, ModelPart, Piece, Restart, Schema
from agents.models.pricing import Price
from agents.models.prompt import Prompt
from agents.models.settings import CircuitLimits, Deadlines


def build_link(
    model: ChatModel,
    *,
    price: Price | None = None,
    limits: CircuitLimits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Link:
    """Return a link with a closed circuit."""
    return Link(model, Circuit(clock, limits or CircuitLimits()), price)


class ModelChain:
    """Ask one model after another until one answers well.

    A model fails when it raises, when it stays silent past a deadline, and when its stream ends without a finish
    reason, is filtered or has no text. Closing a stream early, or cancelling a call, is no failure of the model.
    """

    def __init__(
        self,
        links: Sequence[Link],
        *,
        deadlines: Deadlines | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._links = tuple(links)
        self._deadlines = deadlines or Deadlines()
        self._clock = clock

    @property
    def names(self) -> tuple[str, ...]:
        """The models in the order in which they are asked."""
        return tuple(link.model.name for link in self._links)

    @property
    def is_empty(self) -> bool:
        """True when there is no model to ask."""
        return not self._links

    async def stream(self, prompt: Prompt, *, role: str, calls: list[ModelCall]) -> AsyncGenerator[Piece, None]:
        """Yield the first good answer, ended by Completed; every call that is made is appended to `calls`.

        A Restart comes right before the first text of the next model, so that what a failed one wrote can stay on
        screen until there is something better. Raises NoModelAvailable when every model failed or is paused, after
        a Restart if text was out. Close it (`contextlib.aclosing`) to stop early.
        """
        reason = ""
        is_void = False
        for attempt in self._attempts(prompt, role, calls):
            with attempt:
                await prepare(attempt.model, self._deadlines)
                async with aclosing(within_deadlines(attempt.model.stream(prompt), self._deadlines)) as parts:
                    async for part in parts:
                        attempt.take(part)
                        if isinstance(part, Delta):
                            if is_void:
                                is_void = False
                                yield Restart(reason, attempt.model.name)
                            yield part
                completed = attempt.complete()
            if attempt.error is None:
                yield completed
                return
            reason = str(attempt.error)
            is_void = is_void or attempt.has_text
        if is_void:
            yield Restart(reason, None)
        raise NoModelAvailable(reason or "no model may be asked now")

    async def decide(self, prompt: Prompt, schema: type[Schema], *, role: str, calls: list[ModelCall]) -> Schema:
        """Return the first answer of the asked form; every call that is made is appended to `calls`.

        Raises NoModelAvailable when every model failed or is paused.
        """
        reason = ""
        for attempt in self._attempts(prompt, role, calls):
            with attempt:
                await prepare(attempt.model, self._deadlines)
                async with within(self._deadlines.decide_seconds, "decision late"):
                    answer, usage = await attempt.model.decide(prompt, schema)
                attempt.take_decision(len(answer.model_dump_json()), usage)
            if attempt.error is None:
                return answer
            reason = str(attempt.error)
        raise NoModelAvailable(reason or "no model may be asked now")

    def _attempts(self, prompt: Prompt, role: str, calls: list[ModelCall]) -> Iterator[Attempt]:
        for link in self._links:
            if permit := link.circuit.admit():
                yield Attempt(link, permit, prompt=prompt, role=role, calls=calls, clock=self._clock)


@asynccontextmanager
async def within(seconds: float, lateness: str) -> AsyncIterator[None]:
    """Raise ModelTooSlow when the block takes longer."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ModelTooSlow(lateness) from error


async def prepare(model: ChatModel, deadlines: Deadlines) -> None:
    """Get a model ready; what that takes the first time isn't the provider's fault and has a limit of its own."""
    async with within(deadlines.prepare_seconds, "not ready in time"):
        await model.prepare()


async def within_deadlines(
    parts: AsyncGenerator[ModelPart, None], deadlines: Deadlines
) -> AsyncGenerator[ModelPart, None]:
    """Pass on what a model yields; raise ModelTooSlow when it stays silent too long.

    Once the model said that it has finished, the answer is whole: whatever goes wrong then is no failure.
    """
    seconds, lateness, is_finished = deadlines.first_token_seconds, "first token late", False
    async with aclosing(parts):
        while True:
            try:
                # One timeout for each part: it is armed only while the model is waited for, never while the
                # consumer works, whom it would cancel, and it holds in whichever task the consumer is by then.
                async with asyncio.timeout(seconds):
                    part = await anext(parts)
            except StopAsyncIteration:
                return
            except (TimeoutError, ModelError) as error:
                if is_finished:
                    return
                if isinstance(error, ModelError):
                    raise
                raise ModelTooSlow(lateness) from error
            seconds, lateness = deadlines.between_tokens_seconds, "next token late"
            if isinstance(part, Finish):
                is_finished = True
            if is_finished:
                seconds = deadlines.usage_seconds
            yield part
