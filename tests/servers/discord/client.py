"""A plain discord.py client at the loopback server, for tests of the server and of what needs a live client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.servers.discord.server import LoopbackDiscord


class Told:
    """What a client was told, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._changed = asyncio.Condition()

    async def add(self, event: str) -> None:
        """Note one more."""
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    async def until(self, count: int) -> None:
        """Return when so many were told."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)


@contextlib.contextmanager
def pointed_at(server: LoopbackDiscord) -> Iterator[None]:
    """Point discord.py to the server."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = server.api_url, yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


@contextlib.asynccontextmanager
async def open_client(server: LoopbackDiscord, client: discord.Client | None = None) -> AsyncIterator[discord.Client]:
    """Run a client until the end of the block; it is ready when the block begins."""
    client = client or discord.Client(intents=discord.Intents.default(), guild_ready_timeout=0.1)
    with pointed_at(server):
        async with asyncio.TaskGroup() as group, client:
            running = group.create_task(client.start(server.token))
            await server.connected()
            await client.wait_until_ready()
            yield client
            await client.close()
            await running
