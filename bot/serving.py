"""The bot at work: inbox, turns and live replies put together, from what an earlier process left to a graceful end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.contract import LiveReplies
from agents.contract import Agent
from bot.clock import Clock
from bot.gate import GateRules
from bot.intake import Intake
from bot.store.engine import open_store
from bot.turns import TurnLimits, Turns

GRACE_SECONDS = 20.0
"""For live answers when the process is asked to end; container platforms kill after 30."""


@dataclass(frozen=True, slots=True)
class Bot:
    """What platforms hand their events to, and the turns that these begin."""

    intake: Intake
    turns: Turns


@asynccontextmanager
async def open_bot(
    store_url: str,
    agent: Agent,
    platforms: Mapping[str, LiveReplies],
    *,
    rules: GateRules,
    clock: Clock,
    new_id: Callable[[], str],
    limits: TurnLimits | None = None,
    contact: str | None = None,
    grace_seconds: float = GRACE_SECONDS,
) -> AsyncIterator[Bot]:
    """Open the bot and take up the turns that an earlier process left open.

    At the end nothing new is begun; live turns have `grace_seconds` to finish, and what isn't done by then is left to
    the next process.
    """
    async with open_store(store_url) as store, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(replies.run()) for replies in platforms.values()]
        turns = Turns(
            store=store,
            agent=agent,
            replies=platforms,
            tasks=tasks,
            clock=clock,
            new_id=new_id,
            limits=limits,
            contact=contact,
        )
        await turns.take_up()
        try:
            yield Bot(Intake(store=store, turns=turns, rules=rules, clock=clock, new_id=new_id), turns)
        finally:
            await turns.drain(grace_seconds)
            for task in running:
                task.cancel()


async def until_terminated() -> None:
    """Return when the process is asked to end, by SIGTERM or Ctrl-C."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    try:
        await asked.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
