"""What Firstline uses of discord.py: its login, its gateway's protocol, heartbeats and RESUME, for one shard.

Events are taken as they come, before discord.py's own parsers and caches: these end the client on a malformed event,
and nothing here needs them. Reconnecting is `connection.py`'s, for which this raises what it was ended by.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.http import Route

from adapters.discord.settings import DiscordSettings

Take: TypeAlias = Callable[[str, object], None]

_CONNECT_SECONDS = 20.0
_HEARTBEAT_SECONDS = 45.0
_CLOSE_SECONDS = 1.0
_ENDS_SESSION = frozenset({4003, 4007, 4009})  # not authenticated, invalid sequence, timed out


@dataclass(frozen=True, slots=True)
class Session:
    """What the next connection needs to RESUME where this one broke off."""

    id: str
    sequence: int
    gateway: str


@dataclass(frozen=True, slots=True)
class Shard:
    """One of the connections among which guilds are divided."""

    number: int = 0
    count: int = 1


def build_intents(*, message_content: bool) -> discord.Intents:
    """Return what to be told of: nothing that isn't used, and the privileged words only where they were granted."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        guild_reactions=True,
        dm_reactions=True,
        message_content=message_content,
    )


class GatewayClient(discord.Client):
    """One shard's connection, from login to its end. `take` gets each named event and must not raise.

    `session` is where the next connection can go on, or None when it must begin anew.
    """

    def __init__(
        self,
        settings: DiscordSettings,
        shard: Shard,
        *,
        session: Session | None,
        names: Iterable[str],
        take: Take,
        silence_seconds: float,
    ) -> None:
        # discord.py has no other way to be pointed elsewhere; production and tests use the same one.
        Route.BASE = settings.api_url.rstrip("/")
        super().__init__(
            intents=build_intents(message_content=settings.message_content),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            shard_id=shard.number,
            shard_count=shard.count,
        )
        self.session = session
        self._silence_seconds = silence_seconds
        self._connection.parsers = {name: partial(take, name) for name in names}

    async def listen(self, gateway: str) -> None:
        """Connect to a gateway, or go on with the session, and listen until Discord asks for another connection.

        Raises whatever else ends a connection; `session` is up to date in any case.
        """
        socket: DiscordWebSocket | None = None
        may_resume = True
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                socket = await self._open(gateway)
            await _poll(socket, self._silence_seconds)
        except ReconnectWebSocket as asked:
            may_resume = asked.resume and (socket is None or socket.socket.close_code not in _ENDS_SESSION)
        finally:
            if socket is not None:
                self.session = _session_of(socket) if may_resume else None
                # 1000 ends the session, so that the bot is shown as away at once: only for a stop that is meant.
                await _close(socket, 1000 if _is_being_cancelled() else 4000)
            elif not may_resume:
                self.session = None

    async def _open(self, gateway: str) -> DiscordWebSocket:
        session, address = self.session, yarl.URL(gateway)
        if session is None:
            return await DiscordWebSocket.from_client(self, initial=True, gateway=address, shard_id=self.shard_id)
        return await DiscordWebSocket.from_client(
            self,
            gateway=address,
            shard_id=self.shard_id,
            session=session.id,
            sequence=session.sequence,
            resume=True,
        )


async def _poll(socket: DiscordWebSocket, silence_seconds: float) -> None:
    """Take event after event; a connection without any sign of life, even of a heartbeat, is a lost one."""
    beat = socket._keep_alive.interval if socket._keep_alive is not None else None
    while True:
        async with asyncio.timeout((beat or _HEARTBEAT_SECONDS) + silence_seconds):
            await socket.poll_event()


def _session_of(socket: DiscordWebSocket) -> Session | None:
    if socket.session_id is None or socket.sequence is None:
        return None
    return Session(socket.session_id, socket.sequence, str(socket.gateway))


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _close(socket: DiscordWebSocket, code: int) -> None:
    """Close without waiting long for the other side, which may be long gone."""
    with suppress(TimeoutError, OSError, aiohttp.ClientError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await socket.close(code)
