"""The bot's core as a process of its own, on a wall server: what the crash tests kill."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.contract import AgentEvent, ModelCall, Recollection, Routed, TurnRequest
from bot.about import About
from bot.clock import SystemClock
from bot.gate import GateRules
from bot.outlets import Outlet
from bot.serving import Bot, open_bot, until_terminated
from bot.store.engine import url_of
from bot.turns import TurnLimits
from tests.fakes.desk import message
from tests.fakes.plain_replies import PlainReplies
from tests.fakes.stepping_agent import SteppingAgent


@dataclass(slots=True)
class Line:
    """Calls to the server over one connection; also a `tests.fakes.wall.Wall`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    events: "asyncio.Queue[dict[str, str]]" = field(default_factory=asyncio.Queue)
    _pending: dict[int, "asyncio.Future[Any]"] = field(default_factory=dict)

    async def call(self, op: str, **values: str) -> Any:
        """Return the server's answer."""
        number = len(self._pending)
        self._pending[number] = asyncio.get_running_loop().create_future()
        self.writer.write(json.dumps({"id": number, "op": op, **values}).encode() + b"\n")
        return await self._pending[number]

    async def read(self) -> None:
        """Sort what comes in, until the server is gone."""
        async for line in self.reader:
            come = json.loads(line)
            if "event" in come:
                self.events.put_nowait(come["event"])
            else:
                self._pending[come["id"]].set_result(come["result"])

    async def post(self, where: str, text: str, *, key: str) -> str:
        """Put up a message."""
        return str(await self.call("post", where=where, text=text, key=key))

    async def edit(self, reference: str, text: str) -> None:
        """Replace a message's text."""
        await self.call("edit", reference=reference, text=text)

    async def find(self, key: str) -> str | None:
        """Return the message posted with a key."""
        found = await self.call("find", key=key)
        return None if found is None else str(found)


@dataclass(slots=True)
class RemoteControlled:
    """An agent whose every event is a call, so that the server sees how far it is."""

    line: Line
    agent: SteppingAgent = field(default_factory=SteppingAgent)

    async def answer(self, request: TurnRequest) -> AsyncGenerator[AgentEvent, None]:
        """Yield the answer's events, each after the server has let it pass."""
        async for event in self.agent.answer(request):
            await self.line.call("step")
            yield event

    async def route(self, text: str) -> tuple[Routed, tuple[ModelCall, ...]]:
        """Return the one route there is."""
        return await self.agent.route(text)

    async def recall(self, conversation_id: str, *, turn_id: str | None = None) -> Recollection | None:
        """Return what was said last."""
        return await self.agent.recall(conversation_id, turn_id=turn_id)

    async def forget_turn(self, _: TurnRequest) -> None:
        """Remember nothing anyway."""

    async def forget(self, conversation_id: str) -> None:
        """Remember nothing anyway."""


async def run(port: int, home: Path) -> None:
    """Take up what was left, then answer events until asked to end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = Line(reader, writer)
    writer.write(json.dumps({"pid": os.getpid()}).encode() + b"\n")
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(line.read())
        async with open_bot(
            url_of(home / "firstline.db"),
            RemoteControlled(line),
            {"wall": Outlet(PlainReplies(line))},
            rules=GateRules(),
            about=About(),
            support={},
            clock=SystemClock(),
            new_id=lambda: secrets.token_hex(10),
            limits=TurnLimits(burst_seconds=0.0, retry_seconds=0.0),
        ) as bot:
            listening = tasks.create_task(listen(line, bot))
            await until_terminated()
            listening.cancel()
        reading.cancel()


async def listen(line: Line, bot: Bot) -> None:
    """Hand events in one after another, and tell the server whenever there is nothing to do."""
    accepted = 0
    while True:
        if line.events.empty():
            await bot.turns.join()
            await line.call("idle", text=str(accepted))
        event = await line.events.get()
        await bot.desk.receive(message(event["id"], event["text"], where=event["where"]))
        accepted += 1
        await line.call("ack", text=event["id"])


def main(port: int, home: str) -> None:
    """Run until killed or asked to end."""
    asyncio.run(run(port, Path(home)))
