"""The loopback Discord: one port for REST and the gateway, and one object for all that a test does with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from tests.servers.discord.application_routes import ApplicationRoutes
from tests.servers.discord.asking import Call
from tests.servers.discord.connection import reset, serve_connection
from tests.servers.discord.door import Door, build_app
from tests.servers.discord.faults import Faults
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.interaction_routes import CommandRoutes, InteractionRoutes
from tests.servers.discord.interactions import Interactions
from tests.servers.discord.message_routes import MessageRoutes
from tests.servers.discord.people import People
from tests.servers.discord.posting import Posting
from tests.servers.discord.rates import Rates
from tests.servers.discord.records import Channel, Guild, Interaction, Message, Pings, User
from tests.servers.discord.thread_routes import ThreadRoutes
from tests.servers.discord.threads import Threads
from tests.servers.discord.world import ShiftedClock, World

T = TypeVar("T")


class ServerFailed(AssertionError):
    """The loopback server itself has a fault, so what a test showed is void."""


@dataclass(slots=True, repr=False)
class LoopbackDiscord:
    """A Discord of our own, with a guild, a text channel and a person in it to begin with."""

    world: World
    gateway: Gateway
    people: People
    door: Door
    message_routes: MessageRoutes
    guild: Guild
    channel: Channel
    person: User
    port: int = 0
    runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.application.token

    @property
    def api_url(self) -> str:
        """What DISCORD_API_URL is set to."""
        return f"http://127.0.0.1:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        """What DISCORD_GATEWAY_URL is set to."""
        return f"ws://127.0.0.1:{self.port}/gateway"

    @property
    def settings(self) -> dict[str, str]:
        """The variables that point the whole program here."""
        urls = {"DISCORD_API_URL": self.api_url, "DISCORD_GATEWAY_URL": self.gateway_url}
        return urls | {"DISCORD_BOT_TOKEN": self.token}

    @property
    def interactions(self) -> Interactions:
        """The interactions that people began, and how long an answer may take."""
        return self.people.interactions

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand."""
        return self.door.faults

    @property
    def rates(self) -> Rates:
        """The rate limits."""
        return self.door.rates

    @property
    def bot(self) -> User:
        """The bot's user."""
        return self.world.bot

    def calls(self, route: str = "") -> list[Call]:
        """Return the calls of a route so far, or all of them."""
        return [each for each in self.door.calls if not route or each.route == route]

    def messages(self, channel: Channel, *, seen_by: User | None = None) -> list[Message]:
        """Return what stands in a channel, oldest first; with ephemeral ones, or only what one person sees."""
        shown = self.world.in_channel(channel)
        if seen_by is None:
            return shown
        return [each for each in shown if each.seen_only_by in {None, seen_by}]

    def of_bot(self, channel: Channel) -> list[Message]:
        """Return the bot's messages in a channel, oldest first."""
        return [each for each in self.world.in_channel(channel) if each.author is self.bot]

    def ephemerals(self, user: User) -> list[Message]:
        """Return what only one person sees, wherever it is, oldest first."""
        return [each for each in self.world.messages.values() if each.seen_only_by is user and not each.is_deleted]

    def pings(self) -> list[tuple[Message, Pings]]:
        """Return every message of the bot's that notified someone, and whom."""
        own = [each for each in self.world.messages.values() if each.author is self.bot]
        return [(each, each.pings) for each in own if each.pings]

    def dm(self, user: User) -> Channel:
        """Return a person's DM with the bot."""
        return self.world.direct_channel(user, self.bot)

    async def until(self, found: Callable[[], T | None], timeout: float = 30.0) -> T:  # noqa: ASYNC109 - a test names its patience
        """Return what is found once it is true, looking again after every change; raise TimeoutError."""
        return await self.world.until(found, timeout)

    async def listen(self) -> None:
        """Listen, on the same port as before if there was one."""
        assert self.runner is not None
        self._site = web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        self.port = self.runner.addresses[0][1]

    @contextlib.asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Be unreachable for the length of a block: connections are reset, and new ones are refused."""
        assert self._site is not None
        await self._site.stop()
        for link in list(self._links()):
            reset(link)
        try:
            yield
        finally:
            await self.listen()

    def _links(self) -> list[asyncio.BaseTransport]:
        assert self.runner is not None
        server = self.runner.server
        assert server is not None
        return [each.transport for each in server.connections if each.transport is not None]

    async def answer_to(self, interaction: Interaction, timeout: float = 30.0) -> Message:  # noqa: ASYNC109 - a test names its patience
        """Return the first answer's message once it shows more than that the bot is thinking."""
        await self.until(lambda: interaction.original and not interaction.original.is_loading, timeout)
        assert interaction.original is not None
        return interaction.original

    async def connected(self, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - a test names its patience
        """Return when the bot listens."""
        await self.world.until(lambda: self.gateway.is_connected, timeout)


@contextlib.asynccontextmanager
async def open_discord(clock: Callable[[], float] | None = None) -> AsyncIterator[LoopbackDiscord]:
    """Serve on a free loopback port. The clock is the machine's, if none is given."""
    discord = build_discord(World(clock or ShiftedClock()))
    discord.runner = web.AppRunner(_app(discord), access_log=None, shutdown_timeout=0.1)
    await discord.runner.setup()
    await discord.listen()
    discord.gateway.url = discord.gateway_url
    discord.world.files_url = f"http://127.0.0.1:{discord.port}/attachments"
    try:
        yield discord
        broken = [f"{each.method} {each.path}" for each in discord.calls() if each.is_broken]
        if broken:
            raise ServerFailed(f"the loopback Discord failed at {broken}; its log says how")
    finally:
        discord.gateway.drop_all()
        await discord.runner.cleanup()


def build_discord(world: World) -> LoopbackDiscord:
    """Put the parts together, with a guild, a text channel and a person."""
    gateway = Gateway(world)
    world.emit = gateway.emit
    posting = Posting(world)
    door = Door(world, Rates(world.clock), Faults())
    guild = world.add_guild("a guild")
    return LoopbackDiscord(
        world=world,
        gateway=gateway,
        people=People(world, Interactions(world, posting), posting, Threads(world, posting)),
        door=door,
        message_routes=MessageRoutes(world, posting),
        guild=guild,
        channel=world.add_channel(guild, "support"),
        person=world.add_person("asker", guild),
    )


def _app(discord: LoopbackDiscord) -> web.Application:
    gateway, world = discord.gateway, discord.world

    async def listen(request: web.Request) -> web.StreamResponse:
        if gateway.is_refusing:
            return web.Response(status=503)
        return await serve_connection(
            request, gateway, heartbeat_milliseconds=gateway.heartbeat_milliseconds, clock=world.clock
        )

    interactions, threads = discord.people.interactions, discord.people.threads
    routes = [
        *ApplicationRoutes(world, gateway).routes(),
        *discord.message_routes.routes(),
        *ThreadRoutes(world, threads).routes(),
        *InteractionRoutes(world, interactions).routes(),
        *CommandRoutes(world).routes(),
    ]

    async def fetch(request: web.Request) -> web.Response:
        attached = world.uploads.get(int(request.match_info["attachment"]))
        if attached is None:
            return web.Response(status=404)
        return web.Response(body=attached.data, content_type=attached.content_type)

    app = build_app(discord.door, routes)
    app.router.add_get("/attachments/{channel}/{attachment}/{name}", fetch)
    app.router.add_get("/gateway", listen)
    app.router.add_get("/gateway/", listen)
    return app
