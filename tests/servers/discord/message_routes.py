"""REST of messages: post, edit, read, list, delete, reactions and typing, with who may do it."""

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.servers.discord.asking import (
    ARCHIVED,
    CANNOT_MESSAGE_USER,
    LOCKED,
    MISSING_ACCESS,
    MISSING_PERMISSIONS,
    NO_HISTORY,
    NO_SHARED_GUILD,
    NOT_THE_AUTHOR,
    TOO_MANY_OLD_EDITS,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    WRONG_CHANNEL_TYPE,
    Answer,
    Asked,
    Invalid,
    Refused,
    Route,
)
from tests.servers.discord.checks import COMPONENTS_V2, check_edit, check_message
from tests.servers.discord.permissions import Permission, is_post_only, needed_to_send, permissions_of
from tests.servers.discord.posting import Draft, Posting
from tests.servers.discord.rates import Rule
from tests.servers.discord.records import (
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Channel,
    ChannelKind,
    Message,
    MessageKind,
    Payload,
)
from tests.servers.discord.wire import message_json
from tests.servers.discord.world import World

SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
NONCE_SECONDS = 300.0
"""How long a nonce is remembered: Discord says a few minutes."""


def seen_channel(world: World, channel_id: int) -> Channel:
    """Return a channel that the bot can see, or refuse as Discord does."""
    channel = world.channels.get(channel_id)
    if channel is None or channel.is_gone:
        raise Refused(*UNKNOWN_CHANNEL)
    if not permissions_of(world.bot.id, channel) & Permission.VIEW_CHANNEL:
        raise Refused(*MISSING_ACCESS)
    return channel


def seen_message(world: World, channel: Channel, message_id: int) -> Message:
    """Return a message of a channel; an ephemeral one isn't there for this."""
    message = world.messages.get(message_id)
    if message is None or message.channel is not channel or message.is_deleted or message.is_ephemeral:
        raise Refused(*UNKNOWN_MESSAGE)
    return message


def demand(world: World, channel: Channel, permission: Permission) -> None:
    """Refuse what the bot has no permission for."""
    if permissions_of(world.bot.id, channel) & permission != permission:
        raise Refused(*MISSING_PERMISSIONS)


@dataclass(slots=True)
class MessageRoutes:
    """The bot's own doings in channels. `closed_dms` are the people who take no DM from the bot."""

    world: World
    posting: Posting
    old_edits: Rule = field(default_factory=lambda: Rule(5, 60.0))
    """Edits of messages older than an hour, in each channel. That there is a limit is known, its size isn't."""
    closed_dms: set[int] = field(default_factory=set)
    _old: dict[int, "deque[float]"] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Return what can be asked for."""
        channel, by_channel = "/channels/{channel}", ("channel",)
        messages, message = f"{channel}/messages", f"{channel}/messages/{{message}}"
        own = f"{message}/reactions/{{emoji}}/@me"
        return [
            Route("message.create", "POST", messages, self.create, major=by_channel),
            Route("message.list", "GET", messages, self.listed, major=by_channel),
            Route("message.get", "GET", message, self.get, major=by_channel),
            Route("message.edit", "PATCH", message, self.edit, major=by_channel),
            Route("message.delete", "DELETE", message, self.delete, major=by_channel),
            Route("typing", "POST", f"{channel}/typing", self.type, major=by_channel),
            Route("reaction.add", "PUT", own, self.react, major=by_channel),
            Route("reaction.remove", "DELETE", own, self.unreact, major=by_channel),
        ]

    def create(self, asked: Asked) -> Answer:
        """Post a message; a repeated nonce with `enforce_nonce` returns the earlier one."""
        channel = seen_channel(self.world, asked.id("channel"))
        earlier = self._earlier(channel, asked.body)
        if earlier is not None:
            return message_json(earlier, self.world)
        self._may_send(channel, asked)
        check_message(asked.body, has_files=bool(asked.files))
        reply_to = self._replied_to(channel, asked.body)
        draft = Draft(
            channel,
            self.world.bot,
            asked.body,
            asked.files,
            kind=MessageKind.DEFAULT if reply_to is None else MessageKind.REPLY,
            flags=(asked.body.get("flags") or 0) & SETTABLE,
            reply_to=reply_to,
        )
        message = self.posting.post(draft)
        if message.nonce is not None:
            self.world.nonces[channel.id, message.nonce] = (self.world.clock(), message.id)
        return message_json(message, self.world)

    def edit(self, asked: Asked) -> Answer:
        """Change a message of the bot's."""
        channel = seen_channel(self.world, asked.id("channel"))
        message = seen_message(self.world, channel, asked.id("message"))
        if message.author is not self.world.bot:
            raise Refused(*NOT_THE_AUTHOR)
        if channel.is_archived:
            raise Refused(*ARCHIVED)
        check_edit(message, asked.body, has_files=bool(asked.files))
        self._check_age(message)
        self.posting.edit(message, asked.body, asked.files)
        return message_json(message, self.world)

    def get(self, asked: Asked) -> Answer:
        """Return one message."""
        channel = seen_channel(self.world, asked.id("channel"))
        demand(self.world, channel, Permission.READ_MESSAGE_HISTORY)
        return message_json(seen_message(self.world, channel, asked.id("message")), self.world)

    def listed(self, asked: Asked) -> Answer:
        """Return messages, newest first; without the right to read the history there are none."""
        channel = seen_channel(self.world, asked.id("channel"))
        limit = int(asked.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise Invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
        if not permissions_of(self.world.bot.id, channel) & Permission.READ_MESSAGE_HISTORY:
            return []
        found = [each for each in self.world.in_channel(channel) if not each.is_ephemeral]
        return [message_json(each, self.world) for each in _page(found, asked.query, limit)]

    def delete(self, asked: Asked) -> Answer:
        """Delete a message: one's own, or any with the right to manage messages."""
        channel = seen_channel(self.world, asked.id("channel"))
        message = seen_message(self.world, channel, asked.id("message"))
        if message.author is not self.world.bot:
            demand(self.world, channel, Permission.MANAGE_MESSAGES)
        if channel.is_archived:
            raise Refused(*ARCHIVED)
        self.posting.delete(message)
        return None

    def type(self, asked: Asked) -> Answer:
        """Show the bot typing for 10 s."""
        channel = seen_channel(self.world, asked.id("channel"))
        demand(self.world, channel, needed_to_send(channel))
        self.world.typing.append((channel.id, self.world.clock()))
        return None

    def react(self, asked: Asked) -> Answer:
        """Add the bot's reaction."""
        channel = seen_channel(self.world, asked.id("channel"))
        message = seen_message(self.world, channel, asked.id("message"))
        demand(self.world, channel, Permission.ADD_REACTIONS | Permission.READ_MESSAGE_HISTORY)
        if channel.is_archived:
            raise Refused(*ARCHIVED)
        self.posting.react(message, self.world.bot, unquote(asked.path["emoji"]))
        return None

    def unreact(self, asked: Asked) -> Answer:
        """Take the bot's reaction back."""
        channel = seen_channel(self.world, asked.id("channel"))
        message = seen_message(self.world, channel, asked.id("message"))
        self.posting.unreact(message, self.world.bot, unquote(asked.path["emoji"]))
        return None

    def _may_send(self, channel: Channel, asked: Asked) -> None:
        if is_post_only(channel):
            raise Refused(*WRONG_CHANNEL_TYPE)
        if any(each.id in self.closed_dms for each in channel.recipients):
            raise Refused(*CANNOT_MESSAGE_USER)
        if channel.kind is ChannelKind.DM and not self._is_known(channel):
            raise Refused(*NO_SHARED_GUILD)
        demand(self.world, channel, needed_to_send(channel))
        if asked.body.get("embeds"):
            demand(self.world, channel, Permission.EMBED_LINKS)
        if asked.files:
            demand(self.world, channel, Permission.ATTACH_FILES)
        may_manage = permissions_of(self.world.bot.id, channel) & Permission.MANAGE_THREADS
        if channel.is_locked and channel.is_archived and not may_manage:
            raise Refused(*LOCKED)

    def _is_known(self, dm: Channel) -> bool:
        """Tell whether the people of a DM share a guild, or the other one wrote first."""
        people = {each.id for each in dm.recipients}
        shares = any(people <= set(each.members) for each in self.world.guilds.values())
        return shares or any(each.author is not self.world.bot for each in dm.history)

    def _earlier(self, channel: Channel, body: Payload) -> Message | None:
        nonce = body.get("nonce")
        if nonce is None or not body.get("enforce_nonce"):
            return None
        at, message_id = self.world.nonces.get((channel.id, str(nonce)), (0.0, 0))
        if self.world.clock() - at > NONCE_SECONDS:
            return None
        return self.world.messages.get(message_id)

    def _replied_to(self, channel: Channel, body: Payload) -> Message | None:
        reference = body.get("message_reference")
        if not reference:
            return None
        if not permissions_of(self.world.bot.id, channel) & Permission.READ_MESSAGE_HISTORY:
            raise Refused(*NO_HISTORY)
        message = self.world.messages.get(int(reference["message_id"]))
        if message is not None and message.channel is channel and not message.is_deleted:
            return message
        if reference.get("fail_if_not_exists", True):
            raise Invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return None

    def _check_age(self, message: Message) -> None:
        now = self.world.clock()
        if now - message.created_at < 3600:
            return
        edits = self._old.setdefault(message.channel.id, deque())
        while edits and edits[0] <= now - self.old_edits.seconds:
            edits.popleft()
        if len(edits) >= self.old_edits.calls:
            raise Refused(*TOO_MANY_OLD_EDITS, retry_after=edits[0] + self.old_edits.seconds - now)
        edits.append(now)


def _page(found: list[Message], query: dict[str, str], limit: int) -> list[Message]:
    if "after" in query:
        return [each for each in found if each.id > int(query["after"])][:limit][::-1]
    if "around" in query:
        middle, side = int(query["around"]), limit // 2
        older = [each for each in found if each.id < middle][-side:] if side else []
        return [*older, *[each for each in found if each.id >= middle][: limit - side]][::-1]
    if "before" in query:
        found = [each for each in found if each.id < int(query["before"])]
    return found[::-1][:limit]
