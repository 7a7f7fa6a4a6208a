"""A Discord to speak through: the real adapter at the loopback server, and what people see there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from adapters.contract import Address
from adapters.discord.adapter import DiscordPlatform
from adapters.discord.addresses import build_address
from adapters.discord.rest import open_rest
from adapters.discord.settings import DiscordSettings
from tests.servers.discord.records import Channel
from tests.servers.discord.server import LoopbackDiscord, open_discord


@dataclass(frozen=True, slots=True)
class Speaking:
    """The adapter and the server that it speaks to."""

    platform: DiscordPlatform
    server: LoopbackDiscord
    settings: DiscordSettings

    @property
    def address(self) -> Address:
        """The server's first channel."""
        return self.at(self.server.channel)

    def at(self, channel: Channel) -> Address:
        """Return a channel's address."""
        return build_address(str(channel.guild.id) if channel.guild else "", str(channel.id))

    def texts(self, channel: Channel | None = None) -> list[str]:
        """Return the texts of the bot's messages in a channel, oldest first."""
        return [message.content for message in self.server.of_bot(channel or self.server.channel)]


@contextlib.asynccontextmanager
async def open_speaking(clock: Callable[[], float] | None = None, *, role: str = "") -> AsyncIterator[Speaking]:
    """Open a loopback Discord and the adapter to it, both on one clock."""
    async with open_discord(clock) as server:
        settings = DiscordSettings(server.token, server.api_url, server.gateway_url, support_role=role)
        async with open_rest(settings) as rest:
            yield Speaking(DiscordPlatform(rest, settings, clock=server.world.clock), server, settings)


def loop_time() -> float:
    """Return the running loop's time, as the scheduler's clock has it."""
    return asyncio.get_running_loop().time()
