"""REST of the application itself: who it is, where its gateway is, and which channels there are."""

from dataclasses import dataclass

from tests.servers.discord.asking import UNKNOWN_USER, Answer, Asked, Refused, Route
from tests.servers.discord.gateway import Gateway
from tests.servers.discord.message_routes import seen_channel
from tests.servers.discord.wire import channel_json, guild_json, member_json, user_json
from tests.servers.discord.world import World

IDENTIFIES_A_DAY = 1000


@dataclass(slots=True)
class ApplicationRoutes:
    """What a client asks for when it logs in."""

    world: World
    gateway: Gateway

    def routes(self) -> list[Route]:
        """Return what can be asked for."""
        return [
            Route("me", "GET", "/users/@me", self.me),
            Route("application", "GET", "/oauth2/applications/@me", self.application),
            Route("application", "GET", "/applications/@me", self.application),
            Route("gateway", "GET", "/gateway", self.where, is_public=True),
            Route("gateway.bot", "GET", "/gateway/bot", self.where_for_bot),
            Route("user.get", "GET", "/users/{user}", self.user),
            Route("dm.open", "POST", "/users/@me/channels", self.open_dm),
            Route("channel.get", "GET", "/channels/{channel}", self.channel),
            Route("guild.get", "GET", "/guilds/{guild}", self.guild),
            Route("member.get", "GET", "/guilds/{guild}/members/{user}", self.member),
        ]

    def me(self, _: Asked) -> Answer:
        """Return the bot's user."""
        return user_json(self.world.bot) | {"verified": True, "mfa_enabled": True, "locale": "en-US", "email": None}

    def application(self, _: Asked) -> Answer:
        """Return the application with its owner."""
        application = self.world.application
        return {
            "id": str(application.id),
            "name": application.bot.name,
            "icon": None,
            "description": "",
            "summary": "",
            "verify_key": "0" * 64,
            "bot_public": True,
            "bot_require_code_grant": False,
            "flags": application.flags,
            "owner": user_json(application.owner),
            "team": None,
            "bot": user_json(application.bot),
            "approximate_guild_count": len(self.world.guilds),
            "integration_types_config": {"0": {}, "1": {}},
        }

    def where(self, _: Asked) -> Answer:
        """Return the gateway's address."""
        return {"url": self.gateway.url}

    def where_for_bot(self, _: Asked) -> Answer:
        """Return the gateway's address, how many shards it wants and how many sessions may still begin."""
        left = {"total": IDENTIFIES_A_DAY, "remaining": IDENTIFIES_A_DAY - len(self.gateway.identifies)}
        limit = left | {"reset_after": 86_400_000, "max_concurrency": 1}
        return {"url": self.gateway.url, "shards": self.gateway.shards, "session_start_limit": limit}

    def user(self, asked: Asked) -> Answer:
        """Return a user."""
        user = self.world.users.get(asked.id("user"))
        if user is None:
            raise Refused(*UNKNOWN_USER)
        return user_json(user)

    def open_dm(self, asked: Asked) -> Answer:
        """Return the DM with a user, opening it if there is none."""
        user = self.world.users.get(int(asked.body["recipient_id"]))
        if user is None:
            raise Refused(*UNKNOWN_USER)
        return channel_json(self.world.direct_channel(self.world.bot, user), self.world.bot)

    def channel(self, asked: Asked) -> Answer:
        """Return a channel that the bot can see."""
        return channel_json(seen_channel(self.world, asked.id("channel")), self.world.bot)

    def guild(self, asked: Asked) -> Answer:
        """Return a guild that the bot is in."""
        guild = self.world.guilds.get(asked.id("guild"))
        if guild is None or self.world.bot.id not in guild.members:
            raise Refused(404, 10004, "Unknown Guild")
        return guild_json(guild, self.world)

    def member(self, asked: Asked) -> Answer:
        """Return a member of a guild."""
        guild = self.world.guilds.get(asked.id("guild"))
        if guild is None or self.world.bot.id not in guild.members:
            raise Refused(404, 10004, "Unknown Guild")
        if asked.id("user") not in guild.members:
            raise Refused(404, 10007, "Unknown Member")
        return member_json(guild.members[asked.id("user")])
