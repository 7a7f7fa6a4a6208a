"""OpenAI's streamed chunks as the data that they are.

The SDK makes an object of each chunk and LangChain makes data of it again: under load that was a quarter of all of an
answer's work. LangChain takes data as well, so it is given a client that leaves chunks alone.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

from openai import AsyncOpenAI, AsyncStream


class PlainCompletions:
    """Chat completions as LangChain's `async_client` calls them."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client
        self.with_raw_response = client.chat.completions.with_raw_response

    async def create(self, **payload: Any) -> AbstractAsyncContextManager[AsyncIterator[object]]:
        """Return the stream of an answer, still to be entered."""
        stream = await self._client.post(
            "/chat/completions", body=payload, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )
        return _read(stream)


@asynccontextmanager
async def _read(stream: AsyncStream[object]) -> AsyncGenerator[AsyncIterator[object], None]:
    async with stream, aclosing(_complete(stream)) as chunks:
        yield chunks


async def _complete(stream: AsyncStream[object]) -> AsyncGenerator[object, None]:
    """Yield the chunks, with the key that LangChain needs and some servers leave out at the end."""
    async for chunk in stream:
        for choice in (isinstance(chunk, dict) and chunk.get("choices")) or ():
            choice.setdefault("delta", None)
        yield chunk
