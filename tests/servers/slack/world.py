"""What exists in the loopback Slack: teams, people, channels, messages. State only; nothing here talks to the app."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from tests.servers.slack.manifest import OUR_SCOPES

Json: TypeAlias = dict[str, Any]


class Kind(StrEnum):
    """The kinds of conversation, by the names that Slack's events give them in `channel_type`."""

    PUBLIC = "channel"
    PRIVATE = "group"
    GROUP_DM = "mpim"
    DM = "im"

    @property
    def scope_family(self) -> str:
        """The first half of the scopes that guard such conversations."""
        return {"channel": "channels", "group": "groups"}.get(self.value, self.value)


@dataclass(slots=True)
class User:
    """A person, or a bot's user."""

    id: str
    team: str
    name: str
    is_bot: bool = False
    locale: str = "en-US"
    is_guest: bool = False

    def as_json(self) -> Json:
        """Return the user object of `users.info`."""
        names = {"real_name": self.name.title(), "display_name": self.name}
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "real_name": self.name.title(),
            "deleted": False,
            "is_bot": self.is_bot,
            "is_restricted": self.is_guest,
            "locale": self.locale,
            "profile": {**names, "team": self.team},
        }


@dataclass(slots=True)
class Message:
    """A message as Slack stores it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    """Empty for a message that isn't in a thread, or not yet."""
    bot_id: str = ""
    app_id: str = ""
    metadata: Json | None = None
    edited_ts: str = ""
    subtype: str = ""
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    streaming_since: float | None = None
    edits: int = 0

    @property
    def is_reply(self) -> bool:
        """It stands below another message."""
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass(slots=True)
class Ephemeral:
    """A message that one person sees until it is replaced, deleted or the client restarts."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str = ""


@dataclass(slots=True)
class Channel:
    """A conversation of any kind. `messages` are in order of their ts."""

    id: str
    team: str
    name: str
    kind: Kind
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    messages: dict[str, Message] = field(default_factory=dict)

    def replies(self, thread_ts: str) -> list[Message]:
        """Return what stands below a message, oldest first."""
        return [each for each in self.messages.values() if each.is_reply and each.thread_ts == thread_ts]

    def as_json(self) -> Json:
        """Return the channel object of `conversations.info`."""
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind is Kind.PUBLIC,
            "is_group": self.kind is Kind.PRIVATE,
            "is_im": self.kind is Kind.DM,
            "is_mpim": self.kind is Kind.GROUP_DM,
            "is_private": self.kind is not Kind.PUBLIC,
            "is_archived": self.is_archived,
            "is_ext_shared": False,
            "context_team_id": self.team,
        }


@dataclass(slots=True)
class Team:
    """A workspace in which the app is installed."""

    id: str
    name: str
    bot_token: str
    bot: User
    bot_id: str
    scopes: frozenset[str] = OUR_SCOPES
    views: dict[str, Json] = field(default_factory=dict)
    """The Home tab of each user, by the user's id."""
    modals: list[Json] = field(default_factory=list)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    groups: dict[str, set[str]] = field(default_factory=dict)
    """The members of the user groups."""
    is_installed: bool = True


Who: TypeAlias = User | str
Where: TypeAlias = Channel | str


def id_of(thing: User | Channel | str) -> str:
    """Return the id of a person or a channel."""
    return thing if isinstance(thing, str) else thing.id


class World:
    """Everything that exists. Ids are counted, so that two runs have the same ones."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.app_id = "A000000001"
        self.app_token = "xapp-1-loopback"
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self._numbers = itertools.count(1)
        self._last_ts = 0

    def id(self, prefix: str) -> str:
        """Return an id that nothing has yet."""
        return f"{prefix}{next(self._numbers):09d}"

    def ts(self) -> str:
        """Return a timestamp that no message has yet: later than all before."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_team(self, name: str, *, scopes: Iterable[str] = OUR_SCOPES) -> Team:
        """Create a workspace with the app installed."""
        team_id = self.id("T")
        bot = User(self.id("U"), team_id, "firstline", is_bot=True)
        team = Team(team_id, name, f"xoxb-{team_id}", bot, self.id("B"), frozenset(scopes))
        self.users[bot.id] = bot
        self.teams[team_id] = team
        return team

    def add_user(self, team: Team, name: str, *, is_bot: bool = False, locale: str = "en-US") -> User:
        """Create a person, or another app's bot."""
        user = User(self.id("U"), team.id, name, is_bot=is_bot, locale=locale)
        self.users[user.id] = user
        return user

    def add_channel(self, team: Team, name: str, kind: Kind, members: Iterable[Who]) -> Channel:
        """Create a conversation."""
        prefix = {Kind.DM: "D", Kind.PUBLIC: "C"}.get(kind, "G")
        channel = Channel(self.id(prefix), team.id, name, kind, {id_of(each) for each in members})
        self.channels[channel.id] = channel
        return channel

    def dm(self, team: Team, user: Who) -> Channel:
        """Return the direct messages of a person with the app, opened when they are first needed."""
        pair = {id_of(user), team.bot.id}
        for channel in self.channels.values():
            if channel.kind is Kind.DM and channel.team == team.id and channel.members == pair:
                return channel
        return self.add_channel(team, id_of(user), Kind.DM, pair)
