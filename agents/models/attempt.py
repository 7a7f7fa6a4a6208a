"""One call of one model: what it yields is measured, and its end is reported whichever way it comes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from agents.contract import ModelCall
from agents.errors import BadModelOutput, ModelError, PromptNotAnswered
from agents.models.circuit import Circuit, Permit
from agents.models.pieces import ChatModel, Completed, Delta, Finish, FinishReason, ModelPart, Usage
from agents.models.pricing import Price, cost_usd, estimate_usage
from agents.models.prompt import Prompt

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """A model with what a chain needs to know of it. Chains that name the same model share its link."""

    model: ChatModel
    circuit: Circuit
    price: Price | None = None


class Attempt:
    """A context in which one model is called, and which a ModelError leaves quietly, for the next one to be tried.

    At its end a ModelCall is appended to `calls` and the circuit hears of success, failure or neither: a cancelled
    call, an early-closed stream and a defect of ours say nothing about the model.
    """

    def __init__(
        self,
        link: Link,
        permit: Permit,
        *,
        prompt: Prompt,
        role: str,
        calls: list[ModelCall],
        clock: Callable[[], float],
    ) -> None:
        self.model = link.model
        self.error: ModelError | None = None
        self._link = link
        self._permit = permit
        self._prompt = prompt
        self._role = role
        self._calls = calls
        self._clock = clock
        self._started = clock()
        self._answer_length = 0
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None

    @property
    def has_text(self) -> bool:
        """True once the model wrote something."""
        return self._answer_length > 0

    def take(self, part: ModelPart) -> None:
        """Count what the model yielded."""
        if isinstance(part, Delta):
            self._answer_length += len(part.text)
        elif isinstance(part, Finish):
            self._finish = part.reason
        else:
            self._usage = part

    def take_decision(self, answer_length: int, usage: Usage | None) -> None:
        """Count a decision, which arrives whole. `answer_length` is in characters."""
        self._answer_length = answer_length
        self._usage = usage

    def complete(self) -> Completed:
        """Return the stream's last piece, or raise BadModelOutput for one that can't count as an answer."""
        if self._finish is None:
            raise BadModelOutput("truncated")
        if self._finish is FinishReason.FILTERED:
            raise PromptNotAnswered("filtered")
        if self._finish is FinishReason.BROKEN:
            raise BadModelOutput("broken off")
        if not self.has_text:
            raise BadModelOutput("empty answer")
        return Completed(self.model.name, self._finish)

    def __enter__(self) -> "Attempt":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        circuit = self._link.circuit
        if error is None:
            circuit.succeed(self._permit)
        elif isinstance(error, ModelError):
            self.error = error
            circuit.fail(self._permit, error)
            cause = type(error.__cause__ or error).__name__
            use = "paused" if circuit.is_open else "still in use"
            logger.warning("%s failed as %s: %s (%s), %s", self.model.name, self._role, error, cause, use)
        else:
            circuit.abandon(self._permit)
        self._calls.append(self._call())
        return self.error is not None

    def _call(self) -> ModelCall:
        is_estimated = self._usage is None and self.has_text
        usage = self._usage or Usage(0, 0)  # a call that failed before the first token reports nothing
        if is_estimated:
            usage = estimate_usage(self._prompt.length, self._answer_length)
        return ModelCall(
            role=self._role,
            model=self.model.name,
            seconds=self._clock() - self._started,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            cost_usd=cost_usd(usage, self._link.price),
            error=None if self.error is None else str(self.error),
            is_estimated=is_estimated,
        )
