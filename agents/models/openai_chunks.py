"""OpenAI's streamed chunks as the data that they are, and no more of them than there were arrivals.

The SDK makes an object of each chunk and LangChain makes data of it again: under load that was a quarter of all of an
answer's work. LangChain takes data as well, so it is given a client that leaves chunks alone, and joins those that
came together.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, suppress
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream

from agents.models.bursts import DONE, EventReader, read_chunks
from agents.models.pace import ReadingPace

# For the end of the response, which follows the last event: then the connection can serve another answer.
_DRAIN_SECONDS = 0.1


class PlainCompletions:
    """Chat completions as LangChain's `async_client` calls them."""

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client
        self._pace = ReadingPace()
        self.with_raw_response = client.chat.completions.with_raw_response

    async def create(self, **payload: Any) -> AbstractAsyncContextManager[AsyncIterator[object]]:
        """Return the stream of an answer, still to be entered."""
        stream = await self._client.post(
            "/chat/completions", body=payload, cast_to=object, stream=True, stream_cls=AsyncStream[object]
        )
        return _read(stream, self._pace)


@asynccontextmanager
async def _read(stream: AsyncStream[object], pace: ReadingPace) -> AsyncGenerator[AsyncIterator[object], None]:
    async with stream, aclosing(_chunks_of(stream.response, pace)) as chunks:
        yield chunks


async def _chunks_of(response: httpx2.Response, pace: ReadingPace) -> AsyncGenerator[object, None]:
    """Yield the chunks, with the key that LangChain needs and some servers leave out at the end."""
    async with aclosing(_bursts_of(response, pace)) as bursts:
        async for events in bursts:
            for chunk in read_chunks(iter(events)):
                if isinstance(chunk, dict) and chunk.get("error"):
                    raise _error_of(chunk["error"], response)
                for choice in (isinstance(chunk, dict) and chunk.get("choices")) or ():
                    choice.setdefault("delta", None)
                yield chunk


async def _bursts_of(response: httpx2.Response, pace: ReadingPace) -> AsyncGenerator[list[bytes], None]:
    """Yield the events that came in one go, until the one that says that nothing follows."""
    reader, now = EventReader(), asyncio.get_running_loop().time
    try:
        with pace.reading():
            async with aclosing(response.aiter_bytes()) as arrivals:
                async for received in arrivals:
                    read_at = now()
                    events = list(reader.feed(received))
                    yield events
                    if any(event.startswith(DONE) for event in events):
                        await _drain(arrivals)
                        return
                    if (rest := read_at + pace.seconds - now()) > 0:
                        await asyncio.sleep(rest)
    except httpx2.TimeoutException as error:
        raise openai.APITimeoutError(request=response.request) from error
    except httpx2.RequestError as error:
        raise openai.APIConnectionError(request=response.request) from error


async def _drain(arrivals: AsyncIterator[bytes]) -> None:
    with suppress(TimeoutError, httpx2.RequestError):  # the answer is whole, whatever becomes of its connection
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in arrivals:
                continue


def _error_of(error: Any, response: httpx2.Response) -> openai.APIError:
    """Return an error that came as an event, as the SDK would raise it."""
    message = error.get("message") if isinstance(error, dict) else None
    is_said = isinstance(message, str) and message
    return openai.APIError(str(message) if is_said else "error in the stream", response.request, body=error)
