"""Socket Mode: tickets, connections, envelopes out and acknowledgements in."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.servers.slack.deliveries import Deliveries, Delivery
from tests.servers.slack.world import Json


@dataclass(slots=True, eq=False)
class Connection:
    """One WebSocket of the app. `heard` lists everything that the app sent, read as JSON."""

    number: int
    socket: web.WebSocketResponse
    request: web.Request
    outbox: asyncio.Queue[str | bytes | None] = field(default_factory=asyncio.Queue)
    unacknowledged: set[str] = field(default_factory=set)
    heard: list[Json] = field(default_factory=list)
    is_leaving: bool = False
    """It was told to disconnect and gets no more envelopes."""

    def cut(self) -> None:
        """Break the connection without a goodbye."""
        with suppress(AttributeError):  # no transport: the app was faster
            self.request.transport.abort()  # type: ignore[union-attr] # see above


class Sockets:
    """The app's WebSockets.

    `is_silent` stops all answers to pings, and all envelopes, without closing anything; a connection beyond
    `max_open` is turned away without a hello.
    """

    def __init__(self, deliveries: Deliveries, app_id: str, changed: Callable[[], None]) -> None:
        self.open: list[Connection] = []
        self.opened = 0
        self.is_silent = False
        self.max_open = 10
        self._deliveries = deliveries
        self._app_id = app_id
        self._changed = changed
        self._tickets: set[str] = set()
        self._issued = 0

    def issue_ticket(self) -> str:
        """Return a ticket that opens one connection."""
        self._issued += 1
        ticket = f"ticket-{self._issued}"
        self._tickets.add(ticket)
        return ticket

    def carry(self, delivery: Delivery, envelope: str) -> bool:
        """Put an envelope on the connection whose turn it is."""
        ready = [each for each in self.open if not each.is_leaving]
        if not ready:
            return False
        connection = min(ready, key=lambda each: (len(each.unacknowledged), each.number))
        connection.unacknowledged.add(envelope)
        message: Json = {
            "envelope_id": envelope,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            message |= {"retry_attempt": delivery.retry, "retry_reason": delivery.reason}
        if not self.is_silent:
            connection.outbox.put_nowait(json.dumps(message))
        return True

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket until either side ends it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        connection = Connection(self.opened, socket, request)
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write(connection))
                self._greet(connection)
                await self._read(connection)
                writer.cancel()
        finally:
            self._forget(connection)
        return socket

    def disconnect(self, reason: str) -> None:
        """Tell the app to disconnect: warning, refresh_requested, link_disabled or too_many_websockets.

        A warning leaves the connection open; after anything else Slack closes it.
        """
        for connection in list(self.open):
            self._dismiss(connection, reason)

    def cut(self) -> None:
        """Break all connections without a goodbye."""
        for connection in list(self.open):
            connection.cut()

    def send(self, frame: str | bytes) -> bool:
        """Put a frame of any content on the newest connection, and return whether there is one. Bytes go as binary."""
        ready = [each for each in self.open if not each.is_leaving]
        if ready:
            ready[-1].outbox.put_nowait(frame)
        return bool(ready)

    def ping(self) -> None:
        """Make the server itself ping."""
        for connection in self.open:
            connection.outbox.put_nowait("ping")

    def _greet(self, connection: Connection) -> None:
        if len(self.open) >= self.max_open:
            self._dismiss(connection, "too_many_websockets")
            return
        self.open.append(connection)
        hello = {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {"host": "loopback", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app_id},
        }
        connection.outbox.put_nowait(json.dumps(hello))
        self._deliveries.resume()
        self._changed()

    def _dismiss(self, connection: Connection, reason: str) -> None:
        message = {"type": "disconnect", "reason": reason, "debug_info": {"host": "loopback"}}
        connection.outbox.put_nowait(json.dumps(message))
        connection.is_leaving = True
        if reason != "warning":
            connection.outbox.put_nowait(None)

    async def _write(self, connection: Connection) -> None:
        with suppress(ConnectionError):  # the reading side sees the end
            while (message := await connection.outbox.get()) is not None:
                if message == "ping":
                    await connection.socket.ping(b"Ping from loopback")
                elif isinstance(message, bytes):
                    await connection.socket.send_bytes(message)
                else:
                    await connection.socket.send_str(message)
            await connection.socket.close()

    async def _read(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is WSMsgType.PING and not self.is_silent:
                with suppress(ConnectionError):  # as above
                    await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._hear(connection, json.loads(message.data))

    def _hear(self, connection: Connection, message: Json) -> None:
        connection.heard.append(message)
        envelope = message.get("envelope_id", "")
        for each in self.open:
            each.unacknowledged.discard(envelope)
        self._deliveries.acknowledge(envelope, message.get("payload"))
        self._changed()

    def _forget(self, connection: Connection) -> None:
        if connection in self.open:
            self.open.remove(connection)
        for envelope in sorted(connection.unacknowledged):
            self._deliveries.fail(envelope, "connection_failed")
        self._changed()
