"""Socket Mode: one WebSocket that stands, whatever happens to the network or to Slack.

The SDK's own client retries inside itself, with tasks that nobody owns and one HTTP session for life: it can't say that
it stands, nor that a token is no good. Here a connection is made anew, session and all, whenever it is over, and the
next one stands before the last one is let go, so that a routine refresh leaves no gap.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import NoReturn

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.errors import RateLimited, RetryLater, Unreachable
from adapters.slack.guard import read_payload
from adapters.slack.payloads import part, word
from adapters.surviving import surviving

_log = logging.getLogger(__name__)
_NETWORK = (aiohttp.ClientError, TimeoutError, OSError)
# Slack's own limit is larger than any event; this only keeps a broken server from filling the memory.
_MAX_FRAME_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection is waited for, in seconds.

    Without a sign of life a ping goes out after `heartbeat`, and half of it later the connection counts as dead.
    `linger` is how long a connection that Slack is about to close is still read, beside the next one.
    """

    opening: float = 15.0
    heartbeat: float = 15.0
    linger: float = 10.0
    first_pause: float = 0.2
    longest_pause: float = 4.0
    stable_after: float = 10.0
    """A connection that ended sooner counts as a failure, so that quick refusals aren't met with quick attempts."""


@dataclass(frozen=True, slots=True)
class _Connection:
    socket: aiohttp.ClientWebSocketResponse
    closing: AsyncExitStack
    open_connections: int
    """How many the app has, this one included."""


class SocketMode:
    """Feed an app from Slack's socket.

    `open_url` asks Slack for a place to connect to: it raises RetryLater, or StartRefused when that can't help.
    `jitter` returns a number from 0 to 1. `on_ready` is called after each hello.
    """

    def __init__(
        self,
        app: AsyncApp,
        open_url: Callable[[], Awaitable[str]],
        *,
        on_ready: Callable[[], None],
        jitter: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._app = app
        self._open_url = open_url
        self._on_ready = on_ready
        self._jitter = jitter
        self._patience = patience
        self._failures = 0
        self._nonsense = 0

    async def run(self, tasks: asyncio.TaskGroup) -> NoReturn:
        """Keep one connection standing until cancelled; those that are over end their work in `tasks`."""
        loop = asyncio.get_running_loop()
        connection = await self._connect_patiently()
        _warn_of_others(connection.open_connections - 1)
        while True:
            since, over = loop.time(), asyncio.Event()
            self._on_ready()
            tasks.create_task(self._serve(connection, over))
            await over.wait()
            if loop.time() - since >= self._patience.stable_after:
                self._failures = 0
            elif self._failures:
                await self._pause(0.0)
            self._failures += 1
            connection = await self._connect_patiently()

    async def _connect_patiently(self) -> _Connection:
        while True:
            try:
                return await self._connect()
            except RetryLater as error:
                _log.warning("no connection to Slack: %s", error)
                self._failures += 1
                await self._pause(error.retry_after if isinstance(error, RateLimited) else 0.0)

    async def _pause(self, least: float) -> None:
        """Wait twice as long after each failure, up to a few seconds, and nobody exactly as long as others."""
        doubled = self._patience.first_pause * 2 ** min(self._failures, 10)
        await asyncio.sleep(least + min(doubled, self._patience.longest_pause) * (0.5 + 0.5 * self._jitter()))

    async def _connect(self) -> _Connection:
        """Return a connection that has said hello."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._patience.opening):
                    url = await self._open_url()
                    session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=True))
                    socket = await stack.enter_async_context(
                        session.ws_connect(
                            url,
                            heartbeat=self._patience.heartbeat,
                            max_msg_size=_MAX_FRAME_BYTES,
                            timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                        )
                    )
                    open_connections = await _greet(socket)
            except _NETWORK as error:
                raise Unreachable(type(error).__name__) from error
            return _Connection(socket, stack.pop_all(), open_connections)

    async def _serve(self, connection: _Connection, over: asyncio.Event) -> None:
        """Take what comes until the connection ends, and set `over` as soon as the next one is needed."""
        try:
            async with connection.closing, asyncio.TaskGroup() as work:
                async for frame in self._frames_of(connection.socket, over):
                    if word(frame, "envelope_id"):
                        work.create_task(self._take(frame, connection.socket))
                over.set()
        finally:
            over.set()

    async def _frames_of(
        self, socket: aiohttp.ClientWebSocketResponse, over: asyncio.Event
    ) -> AsyncIterator[Mapping[str, object]]:
        loop = asyncio.get_running_loop()
        until: float | None = None
        while until is None or loop.time() < until:
            try:
                async with asyncio.timeout_at(until):
                    frame = await _receive(socket)
            except TimeoutError:
                return
            if frame is None:
                _log.info("connection to Slack closed (%s)", socket.close_code)
                return
            if word(frame, "type") != "disconnect":
                yield frame
                continue
            reason = word(frame, "reason")
            _log.info("Slack asks to connect anew: %s", reason)
            if reason == "too_many_websockets":
                return  # this one must go before another can come
            over.set()
            until = until or loop.time() + self._patience.linger

    async def _take(self, frame: Mapping[str, object], socket: aiohttp.ClientWebSocketResponse) -> None:
        envelope, request = str(frame["envelope_id"]), read_payload(frame.get("payload"))
        if request is None:
            self._note_nonsense()
            await _acknowledge(socket, envelope)  # it would be no better the next time
            return
        response: BoltResponse | None = None
        with surviving("taking an envelope"):
            response = await self._app.async_dispatch(request)
        if response is None or response.status != 200:
            return  # not received: Slack delivers again
        body = response.body
        payload = json.loads(body) if body and body.startswith("{") else {"text": body} if body else None
        await _acknowledge(socket, envelope, payload)

    def _note_nonsense(self) -> None:
        self._nonsense += 1
        if self._nonsense & (self._nonsense - 1) == 0:  # at 1, 2, 4, 8...: a flood must not fill the log
            _log.warning("passed over %d envelope(s) that hold nothing of Slack's", self._nonsense)


async def _acknowledge(
    socket: aiohttp.ClientWebSocketResponse, envelope: str, payload: dict[str, object] | None = None
) -> None:
    try:
        await socket.send_str(json.dumps(SocketModeResponse(envelope, payload=payload).to_dict()))
    except (ConnectionError, aiohttp.ClientError) as error:
        _log.info("envelope not acknowledged: %s", type(error).__name__)


async def _greet(socket: aiohttp.ClientWebSocketResponse) -> int:
    """Wait for hello, before which Slack delivers nothing, and return how many connections the app has."""
    frame = await _receive(socket)
    if frame is None or word(frame, "type") != "hello":
        raise Unreachable(word(frame, "reason") or "no hello")
    count = frame.get("num_connections")
    return count if isinstance(count, int) else 1


def _warn_of_others(others: int) -> None:
    if others > 0:
        _log.warning(
            "SLACK_APP_TOKEN has %d other connection(s): if another process holds them, it gets a part of what people"
            " ask. Give each deployment an app of its own.",
            others,
        )


async def _receive(socket: aiohttp.ClientWebSocketResponse) -> Mapping[str, object] | None:
    """Return the next object, or None at the end of the connection; what isn't JSON is as good as nothing."""
    message = await socket.receive()
    if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
        try:
            return part(json.loads(message.data))
        except (ValueError, RecursionError):
            return {}
    return None
