"""The service: everything that answers, and every platform whose tokens are set, until asked to end."""

import asyncio
import gc
import logging
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from adapters.desk import FrontDesk, Venue
from agents.domains import read_domains
from bot.about import About, build_about
from bot.cli.program import App, Program
from bot.clock import SystemClock
from bot.gate import GateRules, Lists
from bot.home import DATABASE, held_alone
from bot.outlets import build_outlet
from bot.platforms import open_venues, support_channels
from bot.serving import Bot, open_bot, until_terminated
from bot.settings import Settings
from bot.store.engine import url_of
from bot.turns import TurnLimits

_log = logging.getLogger(__name__)

_GARBAGE_THRESHOLDS = (700, 10, 300)
"""Python's own but for the last, thirty times as much: a full collection walks through all that live answers hold, and
nobody is acknowledged meanwhile. With 200 of them it took half a second, every three seconds."""
_SWITCH_SECONDS = 0.0005
"""How long a busy event loop may keep the interpreter from the database's threads, which want it back after every
statement. With Python's own 5 ms they wait longer than they work; `tests/benchmarks/bench_store.py` shows how long."""


async def run(program: Program, settings: Settings) -> None:
    """Answer until SIGTERM or Ctrl-C, then finish what is live.

    Raises StartRefused when a platform lets the bot in no more, HomeBusy when another process answers from the same
    folder, and SettingsInvalid when no platform is set.
    """
    began = time.monotonic()
    with held_alone(settings.operation.home):
        about = await asyncio.to_thread(_about, settings)
        async with (
            open_venues(settings) as venues,
            program.open_app(settings) as app,
            _open_bot(app, venues, settings, about) as bot,
            asyncio.TaskGroup() as listening,
        ):
            # What the start has made stays. A collection that walks through all of it stops every answer meanwhile.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*_GARBAGE_THRESHOLDS)
            sys.setswitchinterval(_SWITCH_SECONDS)
            tasks = [listening.create_task(_serve(name, venue, bot.desk, began)) for name, venue in venues.items()]
            await until_terminated()
            _log.info("asked to end: nothing new is begun, live answers are finished")
            for task in tasks:
                task.cancel()
    _log.info("ended")


async def _serve(name: str, venue: Venue, desk: FrontDesk, began: float) -> None:
    """Listen to a platform, and say once when it is heard for the first time."""
    is_known = False

    def be_ready() -> None:
        nonlocal is_known
        _log.info("%s: %s", name, "connected again" if is_known else f"ready after {time.monotonic() - began:.1f} s")
        is_known = True

    await venue.serve(desk, on_ready=be_ready)


def _open_bot(
    app: App, venues: Mapping[str, Venue], settings: Settings, about: About
) -> AbstractAsyncContextManager[Bot]:
    return open_bot(
        url_of(settings.operation.home / DATABASE),
        app.agent,
        {name: build_outlet(venue.platform) for name, venue in venues.items()},
        rules=build_rules(settings),
        about=about,
        support=support_channels(settings),
        clock=SystemClock(),
        new_id=lambda: secrets.token_hex(10),
        limits=TurnLimits(live_turns=settings.service.live_turns, burst_seconds=settings.service.burst_seconds),
        grace_seconds=settings.service.grace_seconds,
    )


def _about(settings: Settings) -> About:
    return build_about(settings.company_name, settings.support_contact, read_domains(settings.documents.domains))


def build_rules(settings: Settings) -> GateRules:
    """Return whom and where the operator lets the bot answer."""
    access = settings.access

    def build_lists(allowed: tuple[str, ...], denied: tuple[str, ...]) -> Lists:
        return Lists(frozenset(allowed), frozenset(denied))

    return GateRules(
        workspaces=build_lists(access.allowed_workspaces, access.denied_workspaces),
        channels=build_lists(access.allowed_channels, access.denied_channels),
        users=build_lists(access.allowed_users, access.denied_users),
        roles=build_lists(access.allowed_roles, access.denied_roles),
        staff_users=frozenset(access.staff_users),
        staff_roles=frozenset(access.staff_roles),
        max_chars=access.max_message_chars,
    )
