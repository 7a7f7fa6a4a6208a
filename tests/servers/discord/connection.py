"""One websocket to the gateway: what it says goes to the sessions, what they say goes out in order."""

import asyncio
import contextlib
import json
import socket
import struct
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from tests.servers.discord.records import Payload

MAX_BYTES = 4096
"""A larger payload from a client is refused with 4002."""
SENDS_PER_MINUTE = 120


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Reset a connection: the other side reads ECONNRESET, and no end of the stream."""
    if isinstance(transport, asyncio.Transport) and not transport.is_closing():
        link = transport.get_extra_info("socket")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


class Close(Exception):
    """The connection must be closed with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True, eq=False)
class Connection:
    """What is to be sent. Nothing here waits for the network."""

    websocket: web.WebSocketResponse
    transport: asyncio.Transport
    deflate: Any = None
    is_stalled: bool = False
    closed_with: int | None = None
    _outbox: "asyncio.Queue[str | int]" = field(default_factory=asyncio.Queue)

    def send(self, text: str) -> None:
        """Send a payload after those before it."""
        if not self.is_stalled:
            self._outbox.put_nowait(text)

    def send_op(self, op: int, data: Any) -> None:
        """Send something that isn't an event."""
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close with a code after what is still to be sent."""
        self.closed_with = code
        self._outbox.put_nowait(code)

    def drop(self) -> None:
        """Reset the connection."""
        reset(self.transport)

    async def write(self) -> None:
        """Send until a close or the other side's end."""
        with contextlib.suppress(ConnectionError):
            while isinstance(item := await self._outbox.get(), str):
                if self.deflate is None:
                    await self.websocket.send_str(item)
                else:
                    packed = self.deflate.compress(item.encode()) + self.deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self.websocket.send_bytes(packed)
            await self.websocket.close(code=item)


class Sessions(Protocol):
    """What a connection needs of the gateway."""

    connections: set[Connection]
    refused: list[int]

    def heartbeat(self, connection: Connection, data: Payload) -> None:
        """Acknowledge a heartbeat."""
        ...

    def set_presence(self, connection: Connection, data: Payload) -> None:
        """Take what the bot shows of itself."""
        ...

    def identify(self, connection: Connection, data: Payload) -> None:
        """Open a session."""
        ...

    def resume(self, connection: Connection, data: Payload) -> None:
        """Continue a session."""
        ...

    def members_chunk(self, connection: Connection, data: Payload) -> None:
        """Send a guild's members."""
        ...

    def detach(self, connection: Connection, code: int | None) -> None:
        """Learn that a connection is gone."""
        ...


async def serve_connection(
    request: web.Request, sessions: Sessions, *, heartbeat_milliseconds: int, clock: Callable[[], float]
) -> web.WebSocketResponse:
    """Serve one client until it is gone."""
    websocket = web.WebSocketResponse(timeout=2.0, compress=False)
    await websocket.prepare(request)
    assert isinstance(request.transport, asyncio.Transport)
    deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
    connection = Connection(websocket, request.transport, deflate)
    sessions.connections.add(connection)
    connection.send_op(10, {"heartbeat_interval": heartbeat_milliseconds, "_trace": []})
    async with asyncio.TaskGroup() as group:
        writer = group.create_task(connection.write())
        try:
            await _read(connection, sessions, clock)
        finally:
            sessions.detach(connection, None if connection.closed_with else websocket.close_code)
            writer.cancel()
    return websocket


async def _read(connection: Connection, sessions: Sessions, clock: Callable[[], float]) -> None:
    times: deque[float] = deque(maxlen=SENDS_PER_MINUTE)
    with contextlib.suppress(ConnectionError):
        async for message in connection.websocket:
            if connection.is_stalled or message.type is not WSMsgType.TEXT:
                continue
            try:
                _check_rate(times, clock())
                _take(connection, sessions, message.data)
            except Close as close:
                sessions.refused.append(close.code)
                connection.close(close.code)


def _check_rate(times: "deque[float]", now: float) -> None:
    if len(times) == SENDS_PER_MINUTE and now - times[0] < 60:
        raise Close(4008)
    times.append(now)


def _take(connection: Connection, sessions: Sessions, text: str) -> None:
    if len(text.encode()) > MAX_BYTES:
        raise Close(4002)
    try:
        payload = json.loads(text)
        op, data = payload["op"], payload.get("d")
    except (ValueError, KeyError, TypeError):
        raise Close(4002) from None
    takes: dict[int, Callable[[Connection, Payload], None]] = {
        1: sessions.heartbeat,
        2: sessions.identify,
        3: sessions.set_presence,
        6: sessions.resume,
        8: sessions.members_chunk,
    }
    if op not in takes:
        raise Close(4001)
    takes[op](connection, data)
