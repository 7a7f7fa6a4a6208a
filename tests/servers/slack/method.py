"""What a Web API method is, and what its handler may use."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.servers.slack.arguments import Arguments
from tests.servers.slack.core import Call
from tests.servers.slack.refusal import Refused
from tests.servers.slack.world import Channel, Json, Kind, Message, Team

if TYPE_CHECKING:
    from tests.servers.slack.server import SlackServer


class Token(StrEnum):
    """Which token a method takes."""

    BOT = "bot"
    APP = "app"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the app in one workspace."""

    slack: "SlackServer"
    team: Team
    call: Call

    def channel(self, name: str, *, must_be_member: bool = True) -> Channel:
        """Return a conversation that the bot may see; a person's id stands for the DM with that person."""
        world = self.slack.world
        if name in world.users and world.users[name].team == self.team.id:
            return world.dm(self.team, name)
        channel = world.channels.get(name)
        if channel is None or channel.team != self.team.id:
            raise Refused("channel_not_found")
        if self.team.bot.id not in channel.members:
            if channel.kind is not Kind.PUBLIC:
                raise Refused("channel_not_found")
            if must_be_member:
                raise Refused("not_in_channel")
        return channel

    def writable(self, name: str) -> Channel:
        """Return a conversation that the bot may post to."""
        channel = self.channel(name, must_be_member="chat:write.public" not in self.team.scopes)
        if channel.is_archived:
            raise Refused("is_archived")
        return channel

    def own(self, channel: Channel, ts: str, error: str) -> Message:
        """Return a message of the app."""
        message = channel.messages.get(ts)
        if message is None or message.subtype == "tombstone":
            raise Refused("message_not_found")
        if message.bot_id != self.team.bot_id:
            raise Refused(error)
        return message

    def need_scope(self, scope: str) -> None:
        """Refuse when the token lacks a scope that depends on the arguments."""
        if scope not in self.team.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.team.scopes)))


@dataclass(frozen=True, slots=True)
class Method:
    """A method: any one of `scopes` will do."""

    handle: Callable[[Caller, Arguments], Json]
    scopes: frozenset[str] = frozenset()
    token: Token = Token.BOT
