"""The bot at work: inbox, turns and live replies put together, from what an earlier process left to a graceful end."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from agents.contract import Agent
from bot.about import About
from bot.clock import Clock
from bot.frontdesk import BotDesk
from bot.gate import GateRules
from bot.intake import Intake
from bot.notices import Notices
from bot.outlets import Outlet, SupportChannel
from bot.store.engine import Store, open_store
from bot.turns import TurnLimits, Turns
from bot.wishes import Wishes

_log = logging.getLogger(__name__)
GRACE_SECONDS = 20.0
"""For live answers when the process is asked to end; container platforms kill after 30."""

NOTICE_SECONDS = 2.0
"""For notices, which are short and of which the next process posts what is left."""


@dataclass(frozen=True, slots=True)
class Bot:
    """What platforms hand their events to, and the turns and notices that these begin."""

    desk: BotDesk
    intake: Intake
    turns: Turns
    notices: Notices


@asynccontextmanager
async def open_bot(
    store_url: str,
    agent: Agent,
    outlets: Mapping[str, Outlet],
    *,
    rules: GateRules,
    about: About,
    support: Mapping[str, SupportChannel],
    clock: Clock,
    new_id: Callable[[], str],
    limits: TurnLimits | None = None,
    grace_seconds: float = GRACE_SECONDS,
) -> AsyncIterator[Bot]:
    """Open the bot and take up what an earlier process left open: turns, and notices to people.

    `outlets` and `support` are by the platform's name; who acts in a support channel counts as staff. `new_id` makes
    ids of at most 20 characters. At the end nothing new is begun; live turns have `grace_seconds` to finish, and what
    isn't done by then is left to the next process.
    """
    for name in sorted(set(outlets) - set(support)):
        _log.warning("%s: no support channel is set, so nobody can be fetched there", name)
    async with open_store(store_url) as store, asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(outlet.replies.run()) for outlet in outlets.values()]
        bot = build_bot(
            store,
            agent,
            outlets,
            tasks=tasks,
            rules=rules,
            about=about,
            support=support,
            clock=clock,
            new_id=new_id,
            limits=limits,
        )
        await bot.turns.take_up()
        await bot.notices.take_up()
        try:
            yield bot
        finally:
            await bot.turns.drain(grace_seconds)
            await bot.notices.drain(NOTICE_SECONDS)
            for task in running:
                task.cancel()


def build_bot(
    store: Store,
    agent: Agent,
    outlets: Mapping[str, Outlet],
    *,
    tasks: asyncio.TaskGroup,
    rules: GateRules,
    about: About,
    support: Mapping[str, SupportChannel],
    clock: Clock,
    new_id: Callable[[], str],
    limits: TurnLimits | None,
) -> Bot:
    """Put the parts together; nothing is begun yet."""
    turns = Turns(
        store=store,
        agent=agent,
        replies={name: outlet.replies for name, outlet in outlets.items()},
        tasks=tasks,
        clock=clock,
        new_id=new_id,
        limits=limits,
        contact=about.contact,
        platforms={name: outlet.platform for name, outlet in outlets.items() if outlet.platform is not None},
    )
    notices = Notices(
        store=store,
        agent=agent,
        outlets=outlets,
        about=about,
        support=support,
        tasks=tasks,
        clock=clock,
        new_id=new_id,
    )
    in_support = frozenset(channel.address.channel for channel in support.values())
    rules = replace(rules, staff_channels=rules.staff_channels | in_support)
    wishes = Wishes(
        store=store,
        turns=turns,
        notices=notices,
        about=about,
        support=support,
        rules=rules,
        clock=clock,
        new_id=new_id,
    )
    intake = Intake(store=store, turns=turns, wishes=wishes, rules=rules, clock=clock)
    return Bot(BotDesk(intake=intake, talks=store.talks, about=about), intake, turns, notices)


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
