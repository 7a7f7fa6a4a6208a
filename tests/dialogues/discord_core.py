"""The bot's whole core on the loopback Discord: only the agent is a fake."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from adapters.discord.pace import Patience
from adapters.discord.settings import DiscordSettings
from adapters.discord.venue import open_discord
from bot.about import About
from bot.clock import SystemClock
from bot.gate import GateRules
from bot.outlets import build_outlet
from bot.serving import open_bot
from bot.store.engine import url_of
from bot.turns import TurnLimits
from tests.fakes.stepping_agent import SteppingAgent
from tests.servers.discord.records import Channel, Message
from tests.servers.discord.server import LoopbackDiscord


@dataclass(slots=True)
class CoreTalk:
    """A running bot, and what people see of it."""

    server: LoopbackDiscord
    agent: SteppingAgent

    async def hears(self, text: str, *, where: Channel | None = None) -> Message:
        """Return the bot's message with this text once it is complete."""

        def found() -> Message | None:
            said = (each for each in self.server.world.messages.values() if each.author is self.server.bot)
            return next((each for each in said if self._is_heard(each, text, where)), None)

        return await self.server.until(found)

    def said(self, text: str) -> list[Message]:
        """Return the bot's messages with this text."""
        return [each for each in self.server.world.messages.values() if self._is_heard(each, text, None)]

    def _is_heard(self, message: Message, text: str, where: Channel | None) -> bool:
        is_there = where is None or message.channel is where
        is_live = any(button.label == "Stop" for button in message.buttons)
        return (
            is_there
            and not message.is_deleted
            and not is_live
            and text in message.content
            and (message.author is self.server.bot)
        )


@contextlib.asynccontextmanager
async def open_talk(
    home: Path,
    server: LoopbackDiscord,
    *,
    agent: SteppingAgent | None = None,
    live_turns: int = 50,
) -> AsyncIterator[CoreTalk]:
    """Run the bot until the end of the block; it listens when the block begins."""
    agent = agent or SteppingAgent()
    settings = DiscordSettings(server.token, server.api_url, server.gateway_url, message_content=True)
    ids = (f"t{int(server.world.clock() * 1000) % 10**9}x{number:05}" for number in count(1))
    async with (
        open_discord(settings, clock=server.world.clock, patience=Patience(sleep=_at_once)) as venue,
        open_bot(
            url_of(home / "firstline.db"),
            agent,
            {"discord": build_outlet(venue.platform)},
            rules=GateRules(),
            about=About(),
            support={},
            clock=SystemClock(),
            new_id=lambda: next(ids),
            limits=TurnLimits(live_turns, burst_seconds=0.0, retry_seconds=0.0),
            grace_seconds=0.0,
        ) as bot,
        asyncio.TaskGroup() as tasks,
    ):
        ready = asyncio.Event()
        serving = tasks.create_task(venue.serve(bot.desk, on_ready=ready.set))
        await asyncio.wait_for(ready.wait(), 30)
        await server.until(lambda: server.world.commands.get(None))
        yield CoreTalk(server, agent)
        serving.cancel()


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)
