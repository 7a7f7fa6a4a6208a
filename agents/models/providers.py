"""What each provider needs before its models can be called, checked without building anything."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from agents.errors import AccessRefused
from agents.models.aws import AwsAccess, find_access, import_sdk
from agents.models.pieces import ChatModel
from agents.models.settings import ModelSettings

if TYPE_CHECKING:
    from openai import DefaultAioHttpClient

    from agents.models.bedrock import BedrockRuntime

PATIENCE_SECONDS = 1.0
"""How long a start-up waits for the search for AWS credentials."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """Whether a model takes part in a chain, and if it doesn't, why: a few words for the log and the doctor."""

    model: str
    is_usable: bool
    note: str = "ready"


class Provider(Protocol):
    """Where models come from."""

    async def check(self, name: str) -> LinkStatus:
        """Say whether a model of this provider can be called, as far as can be known without calling it."""
        ...

    async def build(self, model: str) -> ChatModel:
        """Import the provider and return a model by its own name; raise AccessRefused if that can't be done."""
        ...


class OpenAIProvider:
    """OpenAI, or the server at `openai_base_url`, which may want no key."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._http_client: DefaultAioHttpClient | None = None

    async def check(self, name: str) -> LinkStatus:
        """Look for a key."""
        if self._settings.openai_api_key or self._settings.openai_base_url:
            return LinkStatus(name, is_usable=True)
        return LinkStatus(name, is_usable=False, note="no OPENAI_API_KEY")

    async def build(self, model: str) -> ChatModel:
        """Build a model, in a thread."""
        return await asyncio.to_thread(self._build, model)

    def _build(self, model: str) -> ChatModel:
        from agents.models.openai import CAUGHT, OpenAIModel, build_http_client  # noqa: PLC0415 # takes seconds

        try:
            self._http_client = self._http_client or build_http_client()
            return OpenAIModel(
                model,
                api_key=self._settings.openai_api_key,
                base_url=self._settings.openai_base_url,
                http_client=self._http_client,
            )
        except CAUGHT as error:
            raise AccessRefused("can't be built") from error


class BedrockProvider:
    """Amazon Bedrock, with credentials from the settings or from wherever AWS's SDK finds them."""

    def __init__(self, settings: ModelSettings, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._settings = settings
        self._patience_seconds = patience_seconds
        self._access: asyncio.Future[AwsAccess] | None = None
        self._runtime: BedrockRuntime | None = None

    async def check(self, name: str) -> LinkStatus:
        """Look for credentials, and leave a search that takes long to go on by itself."""
        access = await self._search()
        await asyncio.wait({access}, timeout=self._patience_seconds)
        if not access.done():
            return LinkStatus(name, is_usable=True, note="still looking for AWS credentials")
        problem = access.result().problem
        return LinkStatus(name, is_usable=True) if problem is None else LinkStatus(name, is_usable=False, note=problem)

    async def build(self, model: str) -> ChatModel:
        """Build a model, in a thread, once the search for credentials has ended."""
        access = await asyncio.shield(await self._search())
        if access.problem is not None:
            raise AccessRefused(access.problem)
        return await asyncio.to_thread(self._build, model, access)

    async def _search(self) -> "asyncio.Future[AwsAccess]":
        """Return the one search of this process, which begins with the first question."""
        await asyncio.to_thread(import_sdk)
        if self._access is None:
            self._access = asyncio.get_running_loop().run_in_executor(None, find_access, self._settings)
        return self._access

    def _build(self, model: str, access: AwsAccess) -> ChatModel:
        from agents.models.bedrock import CAUGHT, BedrockModel, BedrockRuntime  # noqa: PLC0415 # takes seconds

        try:
            self._runtime = self._runtime or BedrockRuntime(
                access.session,
                endpoint_url=self._settings.bedrock_endpoint_url,
                read_seconds=self._settings.deadlines.longest_seconds,
            )
            return BedrockModel(model, self._runtime)
        except CAUGHT as error:
            raise AccessRefused("can't be built") from error


def build_providers(settings: ModelSettings) -> Mapping[str, Provider]:
    """Return the providers by the first part of their models' names."""
    return {"openai": OpenAIProvider(settings), "bedrock": BedrockProvider(settings)}
