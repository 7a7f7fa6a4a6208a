"""A Discord to listen to: the venue at the loopback server, with a desk that keeps what comes in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from adapters.desk import LastHeard
from adapters.discord.pace import Patience
from adapters.discord.settings import DiscordSettings
from adapters.discord.venue import DiscordVenue, open_discord
from adapters.errors import StartRefused
from tests.fakes.listening_desk import ListeningDesk
from tests.servers.discord.server import LoopbackDiscord
from tests.servers.discord.server import open_discord as open_server


@dataclass(slots=True)
class Listening:
    """The venue at work."""

    server: LoopbackDiscord
    desk: ListeningDesk
    venue: DiscordVenue
    ready: "asyncio.Queue[None]" = field(default_factory=asyncio.Queue)

    async def stands(self) -> None:
        """Return when the connection stands once more."""
        await asyncio.wait_for(self.ready.get(), 30)


def settings_of(server: LoopbackDiscord, *, message_content: bool = True, shards: int | None = None) -> DiscordSettings:
    return DiscordSettings(
        server.token, server.api_url, server.gateway_url, message_content=message_content, shards=shards
    )


@contextlib.asynccontextmanager
async def open_listening(
    server: LoopbackDiscord,
    settings: DiscordSettings | None = None,
    *,
    is_connected: bool = True,
    heard: tuple[LastHeard, ...] = (),
) -> AsyncIterator[Listening]:
    """Serve until the end of the block; it is connected, with its commands known, when the block begins.

    `heard` is where people wrote to the bot before.
    """
    async with contextlib.AsyncExitStack() as stack:
        opened = open_discord(settings or settings_of(server), clock=server.world.clock, patience=IMPATIENT)
        venue = await stack.enter_async_context(opened)
        listening = Listening(server, ListeningDesk(venue.platform, heard=heard), venue)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        serving = tasks.create_task(venue.serve(listening.desk, on_ready=lambda: listening.ready.put_nowait(None)))
        if is_connected:
            await listening.stands()
            await server.until(lambda: server.world.commands.get(None))
        yield listening
        serving.cancel()


async def at_once(_: float) -> None:
    """Wait for nothing but the other tasks."""
    await asyncio.sleep(0)


IMPATIENT = Patience(sleep=at_once, silence_seconds=0.5)
"""Without the pauses between attempts."""


async def refusal(server: LoopbackDiscord, settings: DiscordSettings) -> str:
    """Return the line with which serving ends."""
    async with asyncio.timeout(30), open_discord(settings, clock=server.world.clock, patience=IMPATIENT) as venue:
        try:
            await venue.serve(ListeningDesk(), on_ready=lambda: None)
        except StartRefused as refused:
            return str(refused)
    raise AssertionError("serving ended without a refusal")


@contextlib.asynccontextmanager
async def open_both(clock: Callable[[], float] | None = None) -> AsyncIterator[Listening]:
    """Open a server and the venue at it."""
    async with open_server(clock) as server, open_listening(server) as listening:
        yield listening
