"""The bot's core on a simulated platform with every ability, and a support channel to fetch people from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.contract import Address
from adapters.limits import build_discord_limits
from adapters.scheduler import ReplyScheduler
from agents.contract import Agent
from bot.clock import Clock
from bot.gate import GateRules
from bot.outlets import SupportChannel
from tests.fakes.desk import Desk, open_desk
from tests.fakes.sociable_platform import SociablePlatform
from tests.fakes.stepping_agent import SteppingAgent

HERE = Address("wall", "w", "c1")
HELP = Address("wall", "w", "help")
SUPPORT = {"wall": SupportChannel(HELP, group="S1")}
RULES = GateRules(staff_users=frozenset({"staff"}))


def build_platform() -> SociablePlatform:
    return SociablePlatform(build_discord_limits(), asyncio.get_running_loop().time)


@asynccontextmanager
async def open_talk(
    home: Path,
    platform: SociablePlatform,
    agent: Agent | None = None,
    *,
    support: dict[str, SupportChannel] | None = None,
    first_id: int = 1,
    clock: Clock | None = None,
) -> AsyncIterator[Desk]:
    replies = ReplyScheduler(platform, clock=asyncio.get_running_loop().time)
    async with open_desk(
        home,
        agent=agent or SteppingAgent(),
        replies=replies,
        platform=platform,
        rules=RULES,
        support=SUPPORT if support is None else support,
        first_id=first_id,
        clock=clock,
    ) as desk:
        yield desk
