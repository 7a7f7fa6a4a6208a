"""Amazon Bedrock's Converse API through LangChain. Importing this takes a second or more."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from langchain_aws import ChatBedrockConverse
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage

from agents.models.bedrock_errors import RULES
from agents.models.failures import covered_by, translate
from agents.models.langchain import decision_of, parts_of
from agents.models.pieces import ModelPart, Schema, Usage
from agents.models.prompt import Prompt
from agents.models.threaded import Stop, iterate_in_thread

if TYPE_CHECKING:
    import boto3

CAUGHT = covered_by(RULES)
CALLS_AT_ONCE = 128
"""botocore blocks a thread for each stream; the loop's own executor has six on a machine of two cores."""
CACHING_FAMILIES = ("amazon.nova", "anthropic.claude")
"""Other models refuse a request with a cache point."""
CACHE_POINT = {"cachePoint": {"type": "default"}}

_stop_of_this_call: ContextVar[Stop | None] = ContextVar("stop_of_this_call", default=None)


class BedrockRuntime:
    """The client, the threads and the connections that all Bedrock models share."""

    def __init__(self, session: "boto3.Session", *, endpoint_url: str | None, read_seconds: float) -> None:
        """`read_seconds` frees a thread whose server is silent: the longest that anybody waits for a token."""
        config = Config(
            max_pool_connections=CALLS_AT_ONCE,
            connect_timeout=5,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 1},
        )
        self._session = session
        self.client = session.client("bedrock-runtime", endpoint_url=endpoint_url, config=config)
        self.client.meta.events.register("after-call.bedrock-runtime.ConverseStream", _hand_over_the_connection)
        self.executor = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="bedrock")

    def control_client_for(self, model: str) -> Any:
        """Return what LangChain asks for the model behind a profile; other models need no client of their own."""
        return self._session.client("bedrock") if "application-inference-profile" in model else self.client

    async def aclose(self) -> None:
        """Close the connections and let go of the threads, without waiting for those that still read."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.client.close()


def _hand_over_the_connection(http_response: Any, **_: object) -> None:
    """Tell the stream that this call belongs to how to interrupt its thread, which may wait for the network.

    botocore calls this in that thread, as soon as the headers are there.
    """
    stop = _stop_of_this_call.get()
    if stop is None:
        return

    def interrupt() -> None:
        with suppress(ValueError, RuntimeError, OSError):  # urllib3 says so when the stream has ended by itself
            http_response.raw.shutdown()

    stop.arm(interrupt)


class BedrockModel:
    """One model of Bedrock."""

    def __init__(self, model: str, runtime: BedrockRuntime) -> None:
        self._name = f"bedrock:{model}"
        self._runtime = runtime
        self._can_cache = any(family in model for family in CACHING_FAMILIES)
        self._chat = ChatBedrockConverse(
            model=model,
            client=runtime.client,
            bedrock_client=runtime.control_client_for(model),
            region_name=runtime.client.meta.region_name,
            disable_streaming=False,
        )

    @property
    def name(self) -> str:
        """The name that operators use."""
        return self._name

    async def prepare(self) -> None:
        """Do nothing: it is ready once it is built."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[ModelPart, None]:
        """Yield the answer."""
        stop = Stop()

        def start() -> Iterator[AIMessage]:
            _stop_of_this_call.set(stop)
            chunks = self._chat.stream(self._messages(prompt), max_tokens=prompt.max_tokens)
            return cast("Iterator[AIMessage]", chunks)

        try:
            async with aclosing(iterate_in_thread(start, self._runtime.executor, stop)) as chunks:
                async for chunk in chunks:
                    for part in parts_of(chunk):
                        yield part
        except CAUGHT as error:
            raise translate(error, RULES) from error

    async def decide(self, prompt: Prompt, schema: type[Schema]) -> tuple[Schema, Usage | None]:
        """Return an answer of the asked form, which the model gives by using a tool."""

        def call() -> Any:
            decider = self._chat.with_structured_output(schema, include_raw=True)
            return decider.invoke(self._messages(prompt), max_tokens=prompt.max_tokens)

        loop = asyncio.get_running_loop()
        try:
            outcome = await loop.run_in_executor(self._runtime.executor, contextvars.copy_context().run, call)
        except CAUGHT as error:
            raise translate(error, RULES) from error
        return decision_of(outcome, schema)

    async def aclose(self) -> None:
        """Close what all models of Bedrock share."""
        await self._runtime.aclose()

    def _messages(self, prompt: Prompt) -> list[BaseMessage]:
        """Put the stable text first and, where the model can, a mark up to which it is to be cached."""
        blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": prompt.system}]
        if prompt.prefix:
            cache_point = [CACHE_POINT] if self._can_cache else []
            blocks = [{"type": "text", "text": prompt.prefix}, *cache_point, *blocks]
        return [SystemMessage(blocks), *prompt.messages]
