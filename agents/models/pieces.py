"""The pieces that streams are made of, and what one model must offer to be a link of a chain."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from agents.models.prompt import Prompt

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = TypeVar("Schema", bound="BaseModel")


class FinishReason(StrEnum):
    """Why a model stopped, in one vocabulary for all providers."""

    STOP = "stop"
    LENGTH = "length"
    """The limit that we set with `max_tokens`."""
    FILTERED = "filtered"
    BROKEN = "broken"
    """The provider says that what it sent is no answer."""


@dataclass(frozen=True, slots=True)
class Delta:
    """More text, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one call as its provider counted them. `cached_tokens` are part of `input_tokens`."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The model said that its text is complete, and why."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class Restart:
    """All text so far is void: `model` begins again, or nobody does if it is None. `reason` is for the log."""

    reason: str
    model: str | None


@dataclass(frozen=True, slots=True)
class Completed:
    """The answer of `model` is complete; the last piece of a stream."""

    model: str
    finish_reason: FinishReason


ModelPart: TypeAlias = Delta | Usage | Finish
"""What one model yields: deltas, then a finish, then usage if the provider reports it."""

Piece: TypeAlias = Delta | Restart | Completed
"""What a chain yields."""


class ChatModel(Protocol):
    """One model, without failover. Every error of its SDK arrives as an `agents.errors.ModelError`."""

    @property
    def name(self) -> str:
        """The name that operators use: `provider:model`."""
        ...

    async def prepare(self) -> None:
        """Import and build what calls need, once; await it before every call. It doesn't talk to the provider."""
        ...

    def stream(self, prompt: Prompt) -> AsyncGenerator[ModelPart, None]:
        """Yield the answer; a stream without a `Finish` was cut. Closing it early closes the connection."""
        ...

    async def decide(self, prompt: Prompt, schema: type[Schema]) -> tuple[Schema, Usage | None]:
        """Return an answer of the asked form, and the usage if the provider reported it."""
        ...

    async def aclose(self) -> None:
        """Give back connections and threads."""
        ...
