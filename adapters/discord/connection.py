"""Staying connected: one supervised connection for each shard, and one readable line when only the operator can help.

After a break the client and its HTTP session are built anew and the session is resumed, so that no event is missed.
"""

import asyncio
import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp
import discord

from adapters.discord.gateway import GatewayClient, Shard, Take
from adapters.discord.pace import BackOff, IdentifyPace, Patience
from adapters.discord.payload import number, part, text
from adapters.discord.rest import DiscordRest
from adapters.discord.sdk_errors import FATAL_CLOSES, translate_sdk
from adapters.discord.settings import DiscordSettings
from adapters.errors import AdapterError, NotPermitted, StartRefused
from adapters.surviving import surviving

_log = logging.getLogger(__name__)
_LOGIN_SECONDS = 15.0


@dataclass(slots=True)
class Connections:
    """The connections of one bot. `take` gets every named event."""

    settings: DiscordSettings
    rest: DiscordRest
    names: Iterable[str]
    take: Take
    chance: random.Random = field(default_factory=random.Random)
    patience: Patience = field(default_factory=Patience)
    _pace: IdentifyPace = field(init=False)

    def __post_init__(self) -> None:
        self._pace = IdentifyPace(self.patience)

    async def run(self) -> None:
        """Stay connected with all shards until cancelled; raises StartRefused."""
        gateway, count = await self._ask()
        try:
            async with asyncio.TaskGroup() as shards:
                for each in range(count):
                    shards.create_task(self._stay(Shard(each, count), gateway))
        except BaseExceptionGroup as group:
            refused = group.subgroup(StartRefused)
            if refused is None:
                raise
            raise _first(refused) from None

    async def _ask(self) -> tuple[str, int]:
        """Return the gateway's address and the number of shards, asking until there is an answer."""
        back_off = BackOff(self.chance)
        while True:
            try:
                advice = part((await self.rest.call("GET", "/gateway/bot")).json)
            except NotPermitted:
                raise StartRefused(FATAL_CLOSES[4004]) from None
            except AdapterError as error:
                _log.warning("Discord can't be reached: %s", type(error).__name__)
                await self.patience.sleep(back_off.next_seconds())
            else:
                gateway = self.settings.gateway_url or text(advice, "url")
                return gateway, self.settings.shards or max(1, number(advice, "shards"))

    async def _stay(self, shard: Shard, gateway: str) -> None:
        """Connect again and again; a refusal that no attempt can change ends it."""
        back_off, session = BackOff(self.chance), None
        stood = asyncio.Event()

        def take(name: str, payload: object) -> None:
            if name in {"READY", "RESUMED"}:
                stood.set()
            self.take(name, payload)

        while True:
            client = GatewayClient(
                self.settings,
                shard,
                session=session,
                names=self.names,
                take=take,
                silence_seconds=self.patience.silence_seconds,
            )
            with surviving(f"the connection of shard {shard.number}"):
                async with client:
                    await self._connect(client, gateway)
            session = client.session
            if stood.is_set():
                back_off.succeeded()
                stood.clear()
            await self.patience.sleep(back_off.next_seconds())

    async def _connect(self, client: GatewayClient, gateway: str) -> None:
        """Log in and listen once. Raises StartRefused; what can pass by itself is logged."""
        try:
            async with asyncio.timeout(_LOGIN_SECONDS):
                await client.login(self.settings.token)
            if client.session is None:
                await self._pace.wait()
            elif not self.settings.gateway_url:
                gateway = client.session.gateway
            await client.listen(gateway)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            failure = translate_sdk(error)
            if isinstance(failure, StartRefused):
                raise failure from None
            _log.warning("shard %s lost its connection: %s", client.shard_id, type(error).__name__)


def _first(group: BaseExceptionGroup[StartRefused]) -> StartRefused:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, StartRefused)  # the group has no others
    return found
