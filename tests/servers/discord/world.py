"""All that exists on the loopback Discord, and the one place where it changes: every change wakes who waits for it."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.servers.discord.permissions import EVERYTHING, OF_PEOPLE, Permission
from tests.servers.discord.records import (
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Interaction,
    Member,
    Message,
    Overwrite,
    Payload,
    Role,
    User,
)

T = TypeVar("T")
EPOCH = 1_420_070_400_000
"""Discord's: the first millisecond of 2015."""


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock, which a test can put forward."""

    shift: float = 0.0

    def __call__(self) -> float:
        """Return the time in epoch seconds."""
        return time.time() + self.shift

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        self.shift += seconds


@dataclass(slots=True)
class Application:
    """The bot's application, as its page in the developer portal has it.

    `privileged` holds the bits of the privileged intents that are switched on there.
    """

    bot: User
    owner: User
    token: str
    privileged: int = (1 << 1) | (1 << 8) | (1 << 15)

    @property
    def flags(self) -> int:
        """The application's flags: the limited privileged intents, as every small bot has them."""
        pairs = ((1 << 8, 1 << 13), (1 << 1, 1 << 15), (1 << 15, 1 << 19))
        return sum(flag for intent, flag in pairs if self.privileged & intent)

    @property
    def id(self) -> int:
        """The application's id, which is its bot's."""
        return self.bot.id


@dataclass(slots=True, repr=False)
class World:
    """The records by id. `emit(name, payload, intent)` hands an event to the gateway; 0 is no intent needed."""

    clock: Callable[[], float]
    application: Application = field(init=False)
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    commands: dict[int | None, list[Payload]] = field(default_factory=dict)
    """The registered commands: of all guilds under None, else by guild."""
    syncs: list[int | None] = field(default_factory=list)
    """Each bulk overwrite of the commands: a guild's id, or None for all."""
    nonces: dict[tuple[int, str], tuple[float, int]] = field(default_factory=dict)
    typing: list[tuple[int, float]] = field(default_factory=list)
    """Each time the bot was shown typing: the channel and when."""
    files_url: str = ""
    """Where attachments are fetched from."""
    uploads: dict[int, Attachment] = field(default_factory=dict)
    emit: Callable[[str, Payload, int], None] = lambda _name, _payload, _intent: None
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    _last_id: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Make the application, without which there is no bot."""
        owner = self.add_person("owner")
        bot = User(self.new_id(), "firstline", is_bot=True, discriminator="0001")
        self.users[bot.id] = bot
        self.application = Application(bot, owner, f"{bot.id}.loopback.token")

    @property
    def bot(self) -> User:
        """The bot's user."""
        return self.application.bot

    def new_id(self) -> int:
        """Return a fresh snowflake of now: ids rise strictly."""
        now = (int(self.clock() * 1000) - EPOCH) << 22
        self._last_id = max(now, self._last_id + 1)
        return self._last_id

    def new_token(self) -> str:
        """Return an interaction's token."""
        return f"aW50ZXJhY3Rpb246{self.chance.getrandbits(256):064x}"

    def add_person(self, name: str, *guilds: Guild, is_bot: bool = False) -> User:
        """Add a person, or another bot, a member of these guilds."""
        user = User(self.new_id(), name, is_bot)
        self.users[user.id] = user
        for guild in guilds:
            guild.members[user.id] = Member(user, joined_at=self.clock())
        return user

    def add_guild(self, name: str, *, has_bot: bool = True, bot_permissions: int = EVERYTHING & ~(1 << 3)) -> Guild:
        """Add a guild; its owner is the application's owner. The bot gets a role of its own with its permissions."""
        guild = Guild(self.new_id(), name, self.application.owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", int(OF_PEOPLE))
        guild.members[guild.owner] = Member(self.application.owner, joined_at=self.clock())
        if has_bot:
            role = self.add_role(guild, self.bot.name, permissions=bot_permissions)
            guild.members[self.bot.id] = Member(self.bot, [role.id], self.clock())
        self.guilds[guild.id] = guild
        return guild

    def add_role(self, guild: Guild, name: str, *, permissions: int = 0, is_mentionable: bool = False) -> Role:
        """Add a role to a guild."""
        role = Role(self.new_id(), name, permissions, is_mentionable)
        guild.roles[role.id] = role
        return role

    def add_channel(self, guild: Guild, name: str, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
        """Add a channel to a guild, before the bot connects."""
        channel = Channel(self.new_id(), kind, name, guild, created_at=self.clock())
        self.channels[channel.id] = channel
        return channel

    def deny(self, channel: Channel, who: User | Role, permission: int = Permission.VIEW_CHANNEL) -> None:
        """Take a permission away in one channel; a guild's @everyone is the role with the guild's id."""
        overwrite = channel.overwrites.setdefault(who.id, Overwrite())
        overwrite.deny |= int(permission)

    def allow(self, channel: Channel, who: User | Role, permission: int = Permission.VIEW_CHANNEL) -> None:
        """Give a permission in one channel."""
        overwrite = channel.overwrites.setdefault(who.id, Overwrite())
        overwrite.allow |= int(permission)
        overwrite.deny &= ~int(permission)

    def direct_channel(self, *people: User) -> Channel:
        """Return the DM of these people, opened now if there was none; more than two are a group."""
        wanted = {each.id for each in people}
        for channel in self.channels.values():
            if channel.is_private and {each.id for each in channel.recipients} == wanted:
                return channel
        kind = ChannelKind.DM if len(wanted) == 2 else ChannelKind.GROUP
        channel = Channel(self.new_id(), kind, recipients=list(people), created_at=self.clock())
        self.channels[channel.id] = channel
        return channel

    def threads_of(self, guild: Guild) -> list[Channel]:
        """Return the active threads of a guild."""
        own = [each for each in self.channels.values() if each.guild is guild and each.is_thread]
        return [each for each in own if not each.is_archived and not each.is_gone]

    def in_channel(self, channel: Channel) -> list[Message]:
        """Return a channel's messages, oldest first."""
        return [each for each in channel.history if not each.is_deleted]

    def changed(self) -> None:
        """Wake everyone who waits for the world to be different."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, found: Callable[[], T | None], timeout: float = 30.0) -> T:  # noqa: ASYNC109 - a test names its patience
        """Return what is found once it is true, looking again after every change; raise TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (value := found()):
                await self._changed.wait()
            return value
