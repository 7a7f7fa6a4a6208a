"""A platform in a process of its own right: it delivers events, keeps messages, and kills its client where a plan says.

One JSON object a line, both ways. The client calls `post`, `edit`, `find`, `step` (its agent makes one more event),
`ack` (an event was accepted) and `idle`; the server delivers events. So every point of a turn is seen from outside,
and the program under test needs no hook.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class When(StrEnum):
    """When the client dies, seen from one of its calls."""

    BEFORE = "before it is performed"
    AFTER = "performed, and the answer not sent"
    ANSWERED = "performed and answered"


@dataclass(frozen=True, slots=True)
class Crash:
    """Kill the client at the `nth` call (from 1) of `op`, counting only those whose text is chosen by `of`."""

    op: str
    nth: int = 1
    when: When = When.BEFORE
    of: Callable[[str], bool] = field(default=lambda _: True)
    delay_seconds: float = 0.0
    """With ANSWERED: how long the client lives on."""
    number: signal.Signals = signal.SIGKILL


@dataclass(slots=True)
class WallServer:
    """The platform's memory, which outlives its clients. `messages` maps a reference to where, key and text."""

    crash: Crash | None = None
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    acked: set[str] = field(default_factory=set)
    idle_after: int = -1
    """How many events the client had accepted when it last said that it was idle."""
    port: int = 0
    _seen: int = 0
    _client: asyncio.StreamWriter | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def is_alone(self) -> bool:
        """Whether no client is connected."""
        return self._client is None

    async def deliver(self, events: list[dict[str, str]]) -> None:
        """Send events to the client that is connected."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._client is not None)
        assert self._client is not None
        for event in events:
            self._client.write(json.dumps({"event": event}).encode() + b"\n")

    async def until(self, is_so: Callable[["WallServer"], bool]) -> None:
        """Return when something holds of the server."""
        async with self._changed:
            await self._changed.wait_for(lambda: is_so(self))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it is gone."""
        hello = json.loads(await reader.readline())
        self.idle_after = -1
        await self._connected(writer)
        with contextlib.suppress(ConnectionError):
            async for line in reader:
                await self._answer(json.loads(line), hello["pid"], writer)
        await self._connected(None)
        writer.close()

    async def _connected(self, client: asyncio.StreamWriter | None) -> None:
        async with self._changed:
            self._client = client
            self._changed.notify_all()

    async def _answer(self, call: dict[str, Any], pid: int, writer: asyncio.StreamWriter) -> None:
        when = self._fate(call)
        number = self.crash.number if self.crash is not None else signal.SIGKILL
        if when is When.BEFORE:
            _kill(pid, number)
            return
        result = self._perform(call)
        if when is When.AFTER:
            _kill(pid, number)
        else:
            writer.write(json.dumps({"id": call["id"], "result": result}).encode() + b"\n")
            if when is When.ANSWERED and self.crash is not None:
                await writer.drain()
                await asyncio.sleep(self.crash.delay_seconds)
                _kill(pid, number)
        async with self._changed:
            self._changed.notify_all()

    def _fate(self, call: dict[str, Any]) -> When | None:
        crash = self.crash
        if crash is None or call["op"] != crash.op or not crash.of(call.get("text", "")):
            return None
        self._seen += 1
        return crash.when if self._seen == crash.nth else None

    def _perform(self, call: dict[str, Any]) -> str | None:
        match call["op"]:
            case "post":
                reference = f"m{len(self.messages)}"
                self.messages[reference] = {name: call[name] for name in ("where", "key", "text")}
                self.writes.append((reference, call["text"]))
                return reference
            case "edit":
                self.messages[call["reference"]]["text"] = call["text"]
                self.writes.append((call["reference"], call["text"]))
            case "find":
                return next((name for name, each in self.messages.items() if each["key"] == call["key"]), None)
            case "ack":
                self.acked.add(call["text"])
            case "idle":
                self.idle_after = int(call["text"])
        return None


@contextlib.asynccontextmanager
async def open_wall_server(crash: Crash | None = None) -> AsyncIterator[WallServer]:
    """Serve on a free loopback port."""
    wall = WallServer(crash)
    server = await asyncio.start_server(wall.serve, "127.0.0.1", 0)
    wall.port = server.sockets[0].getsockname()[1]
    try:
        yield wall
    finally:
        server.close()
        await server.wait_closed()


def _kill(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
