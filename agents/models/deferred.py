"""A model that is imported and built when it is first called, in a thread: providers take seconds to import."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from agents.models.pieces import ChatModel, ModelPart, Schema, Usage
from agents.models.prompt import Prompt


class Deferred:
    """Stand for a model until it is needed.

    `building` is shared by all models of a process, since two threads that import packages with cycles between them
    can see half-imported modules.
    """

    def __init__(self, name: str, build: Callable[[], Awaitable[ChatModel]], building: asyncio.Lock) -> None:
        self._name = name
        self._build = build
        self._building = building
        self._model: ChatModel | None = None

    @property
    def name(self) -> str:
        """The name that operators use."""
        return self._name

    async def prepare(self) -> None:
        """Build the model, once; raise AccessRefused if that can't be done."""
        if self._model is None:
            async with self._building:
                if self._model is None:
                    self._model = await self._build()

    def stream(self, prompt: Prompt) -> AsyncGenerator[ModelPart, None]:
        """Yield the model's answer."""
        return self._prepared.stream(prompt)

    async def decide(self, prompt: Prompt, schema: type[Schema]) -> tuple[Schema, Usage | None]:
        """Return the model's answer of the asked form."""
        return await self._prepared.decide(prompt, schema)

    async def aclose(self) -> None:
        """Close the model, if it was ever built."""
        if self._model is not None:
            await self._model.aclose()

    @property
    def _prepared(self) -> ChatModel:
        if self._model is None:
            raise RuntimeError(f"{self._name} was called before it was prepared")
        return self._model
