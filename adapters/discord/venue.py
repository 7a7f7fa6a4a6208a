"""Discord as the composition root sees it: the pieces put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

import aiohttp

from adapters.contract import Platform
from adapters.desk import FrontDesk
from adapters.discord.adapter import DiscordPlatform
from adapters.discord.atlas import Atlas
from adapters.discord.connection import Connections
from adapters.discord.events import Events
from adapters.discord.files import Files
from adapters.discord.pace import Sleep
from adapters.discord.rest import DiscordRest, open_rest
from adapters.discord.settings import DiscordSettings
from adapters.discord.syncing import sync_commands
from adapters.discord.threads import Threads
from adapters.errors import StartRefused

_log = logging.getLogger(__name__)
_SETTLE_SECONDS = 3.0
"""What is being accepted when the bot is asked to end takes milliseconds; this is for a slow disk."""


class DiscordVenue:
    """Passes `adapters.desk.Venue`."""

    def __init__(
        self,
        settings: DiscordSettings,
        *,
        rest: DiscordRest,
        platform: DiscordPlatform,
        threads: Threads,
        files: Files,
        now: Callable[[], float],
        sleep: Sleep,
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._platform = platform
        self._threads = threads
        self._files = files
        self._now = now
        self._sleep = sleep

    @property
    def platform(self) -> Platform:
        """Where replies go; usable before and after `serve`."""
        return self._platform

    async def serve(self, desk: FrontDesk, *, on_ready: Callable[[], None]) -> None:
        """Receive events until cancelled, reconnecting by itself; call `on_ready` each time the connection stands.

        Raises StartRefused when only the operator can mend it.
        """
        try:
            async with asyncio.TaskGroup() as handling:
                events = Events(
                    desk=desk,
                    rest=self._rest,
                    threads=self._threads,
                    atlas=Atlas(self._rest),
                    fetch=self._files.fetch,
                    tasks=handling,
                    on_ready=on_ready,
                )
                handling.create_task(sync_commands(self._rest, sleep=self._sleep))
                connections = Connections(
                    self._settings,
                    self._rest,
                    names=events.names,
                    take=events.take,
                    now=self._now,
                    sleep=self._sleep,
                )
                try:
                    await connections.run()
                finally:
                    await events.settle(_SETTLE_SECONDS)
        except BaseExceptionGroup as group:
            for refused in group.exceptions:
                if isinstance(refused, StartRefused):
                    raise refused from None
            raise


@asynccontextmanager
async def open_discord(
    settings: DiscordSettings,
    *,
    clock: Callable[[], float],
    now: Callable[[], float] = monotonic,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[DiscordVenue]:
    """Open Discord: its `platform` works at once, events come with `serve`.

    `clock` gives epoch seconds, by which interactions age; `now` gives seconds that never go back.
    """
    async with open_rest(settings) as rest, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        threads = Threads(rest)
        platform = DiscordPlatform(rest, settings, clock=clock, settle=threads.settle)
        tending = tasks.create_task(platform.run())
        try:
            yield DiscordVenue(
                settings,
                rest=rest,
                platform=platform,
                threads=threads,
                files=Files(session, api_url=settings.api_url),
                now=now,
                sleep=sleep,
            )
        finally:
            tending.cancel()
