"""OpenAI, or any server that speaks its chat completions, through LangChain. Importing this takes a second or more."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import openai
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agents.models.failures import covered_by, translate
from agents.models.langchain import decision_of, parts_of
from agents.models.openai_chunks import PlainCompletions
from agents.models.openai_errors import RULES
from agents.models.pieces import ModelPart, Schema, Usage
from agents.models.prompt import Prompt

CAUGHT = covered_by(RULES)
BASE_URL = "https://api.openai.com/v1"
NO_KEY = "none"
"""What is sent to servers of other people that want no key."""


def build_http_client() -> openai.DefaultAioHttpClient:
    """Return the client that all OpenAI models share; silence is limited by the chain's deadlines, not here.

    The SDK's client over aiohttp gives all that has arrived at once, the one over httpcore an event at a time.
    """
    return openai.DefaultAioHttpClient(timeout=openai.Timeout(None, connect=5.0, write=30.0))


class OpenAIModel:
    """One model of OpenAI's API."""

    def __init__(
        self, model: str, *, api_key: str | None, base_url: str | None, http_client: openai.DefaultAioHttpClient
    ) -> None:
        self._name = f"openai:{model}"
        self._http_client = http_client
        self._chat = ChatOpenAI(
            model=model,
            api_key=SecretStr(api_key or NO_KEY),
            base_url=base_url or BASE_URL,
            http_async_client=http_client,
            max_retries=0,
            stream_usage=True,
            use_responses_api=False,
            stream_chunk_timeout=None,
        )
        self._chat.async_client = PlainCompletions(self._chat.root_async_client)

    @property
    def name(self) -> str:
        """The name that operators use."""
        return self._name

    async def prepare(self) -> None:
        """Do nothing: it is ready once it is built."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[ModelPart, None]:
        """Yield the answer."""
        chunks = cast(
            "AsyncGenerator[AIMessage, None]", self._chat.astream(_messages(prompt), max_tokens=prompt.max_tokens)
        )
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    for part in parts_of(chunk):
                        yield part
        except CAUGHT as error:
            raise translate(error, RULES) from error

    async def decide(self, prompt: Prompt, schema: type[Schema]) -> tuple[Schema, Usage | None]:
        """Return an answer of the asked form, which the server itself enforces."""
        try:
            decider = self._chat.with_structured_output(schema, method="json_schema", include_raw=True)
            outcome = await decider.ainvoke(_messages(prompt), max_tokens=prompt.max_tokens)
        except CAUGHT as error:
            raise translate(error, RULES) from error
        return decision_of(outcome, schema)

    async def aclose(self) -> None:
        """Close the connections, which all models of one provider share."""
        await self._http_client.aclose()


def _messages(prompt: Prompt) -> list[BaseMessage]:
    """Put the stable text first, where the automatic prompt cache finds it again.

    It is one system message, since some servers' templates take no second one.
    """
    system = f"{prompt.prefix}\n\n{prompt.system}" if prompt.prefix else prompt.system
    return [SystemMessage(system), *prompt.messages]
