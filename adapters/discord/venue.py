"""Discord as the composition root sees it: the pieces put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from adapters.contract import Platform
from adapters.desk import FrontDesk
from adapters.discord.adapter import DiscordPlatform
from adapters.discord.atlas import Atlas
from adapters.discord.catchup import CatchUp
from adapters.discord.connection import Connections
from adapters.discord.events import Events
from adapters.discord.files import Files
from adapters.discord.pace import Patience
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
        clock: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._settings = settings
        self._rest = rest
        self._platform = platform
        self._threads = threads
        self._files = files
        self._clock = clock
        self._patience = patience

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
                    catch_up=CatchUp(self._rest, clock=self._clock),
                    fetch=self._files.fetch,
                    tasks=handling,
                    on_ready=on_ready,
                )
                handling.create_task(sync_commands(self._rest, sleep=self._patience.sleep))
                connections = Connections(
                    self._settings,
                    self._rest,
                    names=events.names,
                    take=events.take,
                    patience=self._patience,
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
    settings: DiscordSettings, *, clock: Callable[[], float], patience: Patience | None = None
) -> AsyncIterator[DiscordVenue]:
    """Open Discord: its `platform` works at once, events come with `serve`.

    `clock` gives epoch seconds, by which interactions age.
    """
    async with open_rest(settings) as rest, aiohttp.ClientSession() as session:
        threads = Threads(rest)
        platform = DiscordPlatform(rest, settings, clock=clock, settle=threads.settle)
        async with _tending(platform):
            yield DiscordVenue(
                settings,
                rest=rest,
                platform=platform,
                threads=threads,
                files=Files(session, api_url=settings.api_url),
                clock=clock,
                patience=patience or Patience(),
            )


@asynccontextmanager
async def _tending(platform: DiscordPlatform) -> AsyncIterator[None]:
    """Let the platform repeat what it has to; an error of the block comes out as it was raised."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tending = tasks.create_task(platform.run())
            try:
                yield
            finally:
                tending.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise
