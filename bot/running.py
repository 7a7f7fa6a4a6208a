"""The service: everything that answers, and every platform whose tokens are set, until asked to end."""

import asyncio
import logging
import time
from collections.abc import Callable

from adapters.desk import FrontDesk, Venue
from bot.cli.program import Program
from bot.home import held_alone
from bot.platforms import open_venues
from bot.serving import until_terminated
from bot.settings import Settings

_log = logging.getLogger(__name__)


async def run(program: Program, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Answer until SIGTERM or Ctrl-C, then finish what is live.

    Raises StartRefused when a platform lets the bot in no more, HomeBusy when another process answers from the same
    folder, and SettingsInvalid when no platform is set.
    """
    began = clock()
    with held_alone(settings.operation.home):
        async with open_venues(settings) as venues, program.open_app(settings) as app, _open(app, venues) as bot:
            async with asyncio.TaskGroup() as listening:
                tasks = [listening.create_task(_serve(name, venue, bot.desk, began)) for name, venue in venues.items()]
                await until_terminated()
                _log.info("asked to end: nothing new is begun")
                for task in tasks:
                    task.cancel()
    _log.info("ended")
