"""How messages come to be, change and go, whoever does it, and what the gateway is told of it."""

from dataclasses import dataclass, replace

from tests.servers.discord.asking import Upload
from tests.servers.discord.checks import COMPONENTS_V2
from tests.servers.discord.gateway import (
    DIRECT_MESSAGES,
    DIRECT_REACTIONS,
    GUILD_MESSAGES,
    GUILD_REACTIONS,
    GUILDS,
)
from tests.servers.discord.mentions import names_in, pings_of
from tests.servers.discord.permissions import Permission, permissions_of
from tests.servers.discord.records import (
    LOADING,
    SUPPRESS_EMBEDS,
    Attachment,
    Channel,
    Interaction,
    Message,
    MessageKind,
    Payload,
    User,
)
from tests.servers.discord.wire import channel_json, member_json, message_event
from tests.servers.discord.world import World


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is about to be. `body` holds the fields of Discord's JSON."""

    channel: Channel
    author: User
    body: Payload
    files: tuple[Upload, ...] = ()
    kind: MessageKind = MessageKind.DEFAULT
    flags: int = 0
    reply_to: Message | None = None
    interaction: Interaction | None = None
    seen_only_by: User | None = None


@dataclass(slots=True)
class Posting:
    """Changes the messages of a world. As on Discord, white space at the ends of a content is cut off."""

    world: World

    def post(self, draft: Draft, *, message_id: int | None = None) -> Message:
        """Make a message and tell the gateway; a post wakes an archived thread up and joins its author to it."""
        message = self.build(draft)
        if message_id is not None:
            message.id = message_id
        if message.channel.is_thread:
            message.channel.joined.add(draft.author.id)
        self.world.messages[message.id] = message
        message.channel.history.append(message)
        message.channel.last_message = message.id
        message.channel.message_count += message.kind is not MessageKind.THREAD_STARTER
        if message.channel.is_archived:
            self.set_archived(message.channel, is_archived=False)
        self.tell("MESSAGE_CREATE", message)
        self.world.changed()
        return message

    def build(self, draft: Draft) -> Message:
        """Make a message that nobody has seen yet."""
        body, content = draft.body, (draft.body.get("content") or "").strip()
        pointed = None if draft.kind is MessageKind.THREAD_STARTER else draft.reply_to
        replied = pointed.author.id if pointed is not None else None
        pings = pings_of(content, draft.channel, draft.author.id, body.get("allowed_mentions"), replied)
        nonce = body.get("nonce")
        return Message(
            id=self.world.new_id(),
            channel=draft.channel,
            author=draft.author,
            content=content,
            created_at=self.world.clock(),
            kind=draft.kind,
            flags=draft.flags,
            embeds=[embed | {"type": "rich"} for embed in body.get("embeds") or []],
            components=body.get("components") or [],
            attachments=[self._attach(each) for each in draft.files],
            nonce=None if nonce is None else str(nonce),
            reply_to=None if draft.reply_to is None else draft.reply_to.id,
            pings=replace(pings, users=pings.users - {draft.author.id}),
            mentions=_mentioned(content, pings.users),
            interaction=draft.interaction,
            seen_only_by=draft.seen_only_by,
            is_from_webhook=draft.interaction is not None,
        )

    def edit(self, message: Message, body: Payload, files: tuple[Upload, ...] = ()) -> None:
        """Change what a message shows: only the fields that are given. Nobody is notified."""
        now = self.world.clock()
        message.past.append((now, message.content))
        message.edited_at = now
        self._change(message, body, files)
        self.tell("MESSAGE_UPDATE", message)
        self.world.changed()

    def fill(self, message: Message, body: Payload, files: tuple[Upload, ...] = ()) -> None:
        """Give a response that was deferred its content: that is no edit, and it may notify."""
        message.flags &= ~LOADING
        replied = None if message.reply_to is None else self.world.messages[message.reply_to].author.id
        author, allowed = message.author.id, body.get("allowed_mentions")
        pings = pings_of(body.get("content") or "", message.channel, author, allowed, replied)
        message.pings = replace(pings, users=pings.users - {author})
        self._change(message, body, files)
        self.tell("MESSAGE_UPDATE", message)
        self.world.changed()

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.is_deleted = True
        payload: Payload = {"id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild is not None and not message.is_ephemeral:
            payload["guild_id"] = str(message.channel.guild.id)
        self._emit("MESSAGE_DELETE", payload, message)
        self.world.changed()

    def react(self, message: Message, user: User, emoji: str) -> None:
        """Add a reaction; adding one's own again changes nothing."""
        by = message.reactions.setdefault(emoji, [])
        if user.id in by:
            return
        by.append(user.id)
        self._tell_reaction("MESSAGE_REACTION_ADD", message, user, emoji)

    def unreact(self, message: Message, user: User, emoji: str) -> None:
        """Take a reaction back."""
        by = message.reactions.get(emoji, [])
        if user.id in by:
            by.remove(user.id)
            if not by:
                del message.reactions[emoji]
            self._tell_reaction("MESSAGE_REACTION_REMOVE", message, user, emoji)

    def set_archived(self, thread: Channel, *, is_archived: bool) -> None:
        """Archive a thread or wake it up."""
        thread.is_archived = is_archived
        thread.archived_at = self.world.clock()
        self.tell_channel("THREAD_UPDATE", thread)

    def tell(self, name: str, message: Message) -> None:
        """Tell the gateway of a message, if the bot may see it."""
        self._emit(name, message_event(message, self.world), message)

    def tell_channel(self, name: str, channel: Channel, **extra: object) -> None:
        """Tell the gateway of a channel or thread, if the bot may see it."""
        if permissions_of(self.world.bot.id, channel) & Permission.VIEW_CHANNEL:
            self.world.emit(name, channel_json(channel, self.world.bot) | extra, GUILDS)
        self.world.changed()

    def _change(self, message: Message, body: Payload, files: tuple[Upload, ...]) -> None:
        if "content" in body:
            message.content = (body["content"] or "").strip()
            author = message.author.id
            allowed = pings_of(message.content, message.channel, author, body.get("allowed_mentions"))
            message.mentions = _mentioned(message.content, allowed.users)
        if "embeds" in body:
            message.embeds = [embed | {"type": "rich"} for embed in body["embeds"] or []]
        if "components" in body:
            message.components = body["components"] or []
        if body.get("flags") is not None:
            message.flags = message.flags & ~SUPPRESS_EMBEDS | body["flags"] & (SUPPRESS_EMBEDS | COMPONENTS_V2)
        if "attachments" in body:
            kept = {int(each["id"]) for each in body["attachments"] or []}
            message.attachments = [each for each in message.attachments if each.id in kept]
        message.attachments += [self._attach(each) for each in files]

    def _emit(self, name: str, payload: Payload, message: Message) -> None:
        if not permissions_of(self.world.bot.id, message.channel) & Permission.VIEW_CHANNEL:
            return
        is_guild = "guild_id" in payload
        self.world.emit(name, payload, GUILD_MESSAGES if is_guild else DIRECT_MESSAGES)

    def _tell_reaction(self, name: str, message: Message, user: User, emoji: str) -> None:
        payload: Payload = {
            "user_id": str(user.id),
            "channel_id": str(message.channel.id),
            "message_id": str(message.id),
            "message_author_id": str(message.author.id),
            "emoji": {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        guild = message.channel.guild
        if guild is not None:
            payload["guild_id"] = str(guild.id)
            if user.id in guild.members and name == "MESSAGE_REACTION_ADD":
                payload["member"] = member_json(guild.members[user.id])
        if permissions_of(self.world.bot.id, message.channel) & Permission.VIEW_CHANNEL:
            self.world.emit(name, payload, GUILD_REACTIONS if guild is not None else DIRECT_REACTIONS)
        self.world.changed()

    def _attach(self, upload: Upload) -> Attachment:
        attached = Attachment(self.world.new_id(), upload.name, upload.data, upload.content_type)
        self.world.uploads[attached.id] = attached
        return attached


def _mentioned(content: str, allowed: frozenset[int]) -> tuple[int, ...]:
    first = [each for each in names_in(content).users if each in allowed]
    return (*first, *sorted(allowed - set(first)))
