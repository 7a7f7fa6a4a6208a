"""REST of threads and forum posts: starting, joining, archiving and tagging them."""

from dataclasses import dataclass

from tests.servers.discord.asking import (
    ARCHIVED,
    MISSING_PERMISSIONS,
    TAG_NEEDED,
    THREAD_EXISTS,
    WRONG_CHANNEL_TYPE,
    Answer,
    Asked,
    Invalid,
    Refused,
    Route,
)
from tests.servers.discord.checks import check_message, size_of
from tests.servers.discord.message_routes import SETTABLE, demand, seen_channel, seen_message
from tests.servers.discord.permissions import Permission, permissions_of
from tests.servers.discord.posting import Draft
from tests.servers.discord.records import Channel, ChannelKind, Payload
from tests.servers.discord.threads import Threads
from tests.servers.discord.wire import channel_json, message_json
from tests.servers.discord.world import World

AUTO_ARCHIVE = (60, 1440, 4320, 10080)
MAX_TAGS = 5


@dataclass(slots=True)
class ThreadRoutes:
    """The bot's own doings with threads."""

    world: World
    threads: Threads

    def routes(self) -> list[Route]:
        """Return what can be asked for."""
        channel, by_channel = "/channels/{channel}", ("channel",)
        on_message = f"{channel}/messages/{{message}}/threads"
        member = f"{channel}/thread-members"
        return [
            Route("thread.on_message", "POST", on_message, self.on_message, major=by_channel),
            Route("thread.start", "POST", f"{channel}/threads", self.start, major=by_channel),
            Route("thread.edit", "PATCH", channel, self.edit, major=by_channel),
            Route("thread.join", "PUT", f"{member}/@me", self.join, major=by_channel),
            Route("thread.leave", "DELETE", f"{member}/@me", self.leave, major=by_channel),
            Route("thread.add", "PUT", f"{member}/{{user}}", self.add, major=by_channel),
            Route("thread.active", "GET", "/guilds/{guild}/threads/active", self.active),
        ]

    def on_message(self, asked: Asked) -> Answer:
        """Start a thread on a message, whose id it takes."""
        channel = seen_channel(self.world, asked.id("channel"))
        message = seen_message(self.world, channel, asked.id("message"))
        if channel.kind not in {ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT}:
            raise Refused(*WRONG_CHANNEL_TYPE)
        demand(self.world, channel, Permission.CREATE_PUBLIC_THREADS)
        if message.id in self.world.channels:
            raise Refused(*THREAD_EXISTS)
        name, minutes = _checked(asked.body)
        thread = self.threads.start(channel, self.world.bot, name, on=message, minutes=minutes)
        return channel_json(thread)

    def start(self, asked: Asked) -> Answer:
        """Start a thread without a message, or open a post in a forum."""
        channel = seen_channel(self.world, asked.id("channel"))
        name, minutes = _checked(asked.body)
        if channel.kind is ChannelKind.FORUM:
            return self._open_post(channel, asked, name, minutes)
        if channel.kind not in {ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT}:
            raise Refused(*WRONG_CHANNEL_TYPE)
        kind = ChannelKind(asked.body.get("type", int(ChannelKind.PRIVATE_THREAD)))
        is_public = kind is ChannelKind.PUBLIC_THREAD
        needed = Permission.CREATE_PUBLIC_THREADS if is_public else Permission.CREATE_PRIVATE_THREADS
        demand(self.world, channel, needed)
        return channel_json(self.threads.start(channel, self.world.bot, name, kind=kind, minutes=minutes))

    def edit(self, asked: Asked) -> Answer:
        """Rename, archive, lock or tag a thread."""
        thread = seen_channel(self.world, asked.id("channel"))
        if not thread.is_thread:
            demand(self.world, thread, Permission.ADMINISTRATOR)
            raise Refused(*WRONG_CHANNEL_TYPE)
        self._may_edit(thread, asked.body)
        if "name" in asked.body:
            thread.name, _ = _checked(asked.body)
        thread.auto_archive_minutes = asked.body.get("auto_archive_duration", thread.auto_archive_minutes)
        if "applied_tags" in asked.body:
            assert thread.parent is not None
            thread.applied_tags = _tags(thread.parent, asked.body)
        thread.is_locked = asked.body.get("locked", thread.is_locked)
        if "archived" in asked.body and bool(asked.body["archived"]) != thread.is_archived:
            self.threads.posting.set_archived(thread, is_archived=bool(asked.body["archived"]))
        else:
            self.threads.posting.tell_channel("THREAD_UPDATE", thread)
        return channel_json(thread)

    def join(self, asked: Asked) -> Answer:
        """Make the bot a member of a thread."""
        self.threads.join(self._open_thread(asked), self.world.bot)
        return None

    def leave(self, asked: Asked) -> Answer:
        """Take the bot out of a thread."""
        self._open_thread(asked).joined.discard(self.world.bot.id)
        return None

    def add(self, asked: Asked) -> Answer:
        """Make someone a member of a thread."""
        self.threads.join(self._open_thread(asked), self.world.users[asked.id("user")])
        return None

    def active(self, asked: Asked) -> Answer:
        """Return the threads that are open."""
        guild = self.world.guilds[asked.id("guild")]
        seen = [each for each in self.world.threads_of(guild) if permissions_of(self.world.bot.id, each) & 1 << 10]
        return {"threads": [channel_json(each) for each in seen], "members": []}

    def _open_post(self, forum: Channel, asked: Asked, name: str, minutes: int) -> Answer:
        demand(self.world, forum, Permission.SEND_MESSAGES)
        body: Payload = asked.body.get("message") or {}
        check_message(body, has_files=bool(asked.files))
        tags = _tags(forum, asked.body)
        thread = self.threads.start(
            forum, self.world.bot, name, kind=ChannelKind.PUBLIC_THREAD, minutes=minutes, tags=tags
        )
        flags = (body.get("flags") or 0) & SETTABLE
        first = self.threads.posting.post(
            Draft(thread, self.world.bot, body, asked.files, flags=flags), message_id=thread.id
        )
        return channel_json(thread) | {"message": message_json(first, self.world)}

    def _open_thread(self, asked: Asked) -> Channel:
        thread = seen_channel(self.world, asked.id("channel"))
        if not thread.is_thread:
            raise Refused(*WRONG_CHANNEL_TYPE)
        if thread.is_archived:
            raise Refused(*ARCHIVED)
        return thread

    def _may_edit(self, thread: Channel, body: Payload) -> None:
        is_own = thread.owner == self.world.bot.id
        may_manage = bool(permissions_of(self.world.bot.id, thread) & Permission.MANAGE_THREADS)
        if thread.is_archived and body.get("archived") is not False:
            raise Refused(*ARCHIVED)
        only_wakes = set(body) <= {"archived"} and body.get("archived") is False and not thread.is_locked
        if not (is_own or may_manage or only_wakes) or ("locked" in body and not may_manage):
            raise Refused(*MISSING_PERMISSIONS)


def _checked(body: Payload) -> tuple[str, int]:
    name, minutes = body.get("name") or "", body.get("auto_archive_duration") or 1440
    if not 1 <= size_of(name) <= 100:
        raise Invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if minutes not in AUTO_ARCHIVE:
        raise Invalid("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {AUTO_ARCHIVE}.")
    return name, minutes


def _tags(forum: Channel, body: Payload) -> list[int]:
    tags = [int(each) for each in body.get("applied_tags") or []]
    if len(tags) > MAX_TAGS:
        raise Invalid("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length.")
    known = {each.id for each in forum.tags}
    if not set(tags) <= known:
        raise Invalid("applied_tags", "FORUM_TAG_UNKNOWN", "Unknown tag")
    if forum.needs_tag and not tags:
        raise Refused(*TAG_NEEDED)
    return tags
