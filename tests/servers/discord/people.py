"""What people do on Discord besides using the bot's commands: write, react, open threads, come and go."""

from dataclasses import dataclass

from tests.servers.discord.asking import Upload
from tests.servers.discord.gateway import GUILD_MEMBERS, GUILDS
from tests.servers.discord.posting import Draft, Posting
from tests.servers.discord.records import Channel, ChannelKind, Guild, Member, Message, MessageKind, Payload, Role, User
from tests.servers.discord.threads import Threads
from tests.servers.discord.using import NotOffered, Using
from tests.servers.discord.wire import guild_json, member_json, user_json


@dataclass(slots=True)
class People(Using):
    """The actions, each done when it returns and seen by the bot soon after."""

    posting: Posting
    threads: Threads

    async def says(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        files: dict[str, bytes] | None = None,
        kind: MessageKind = MessageKind.DEFAULT,
    ) -> Message:
        """Write a message; a reply pings who is replied to. Other kinds are what Discord itself writes."""
        kind = kind if reply_to is None else MessageKind.REPLY
        uploads = tuple(Upload("file", name, data, "text/plain") for name, data in (files or {}).items())
        return self.posting.post(Draft(channel, user, {"content": text}, uploads, kind, reply_to=reply_to))

    async def mentions(self, user: User, channel: Channel, text: str) -> Message:
        """Write a message that begins with a mention of the bot."""
        return await self.says(user, channel, f"{self.world.bot.mention} {text}")

    async def writes_to_bot(self, user: User, text: str) -> Message:
        """Write a DM to the bot."""
        return await self.says(user, self.world.direct_channel(user, self.world.bot), text)

    async def edits(self, message: Message, text: str) -> None:
        """Change one's own message."""
        self.posting.edit(message, {"content": text})

    async def unfurls(self, message: Message) -> None:
        """Let Discord show a preview of a link: the gateway tells of an update that is no edit."""
        message.embeds.append({"type": "link", "url": "https://docs.example.com", "title": "A page"})
        self.posting.tell("MESSAGE_UPDATE", message)
        self.world.changed()

    async def deletes(self, message: Message) -> None:
        """Delete a message."""
        self.posting.delete(message)

    async def reacts(self, user: User, message: Message, emoji: str) -> None:
        """Put an emoji below a message."""
        self.posting.react(message, user, emoji)

    async def takes_back(self, user: User, message: Message, emoji: str) -> None:
        """Take one's emoji away again."""
        self.posting.unreact(message, user, emoji)

    async def opens_thread(
        self, user: User, channel: Channel, name: str, *, on: Message | None = None, text: str = ""
    ) -> Channel:
        """Start a thread, on a message or without one, and perhaps write into it."""
        thread = self.threads.start(channel, user, name, on=on)
        if text:
            await self.says(user, thread, text)
        return thread

    async def opens_forum_post(
        self, user: User, forum: Channel, title: str, text: str, *, tags: tuple[int, ...] = ()
    ) -> Channel:
        """Open a post in a forum: a thread whose first message has its id."""
        if forum.kind is not ChannelKind.FORUM:
            raise NotOffered(f"{forum.name} is no forum")
        thread = self.threads.start(forum, user, title, tags=list(tags))
        self.posting.post(Draft(thread, user, {"content": text}), message_id=thread.id)
        return thread

    async def archives(self, thread: Channel, *, is_archived: bool = True, is_locked: bool = False) -> None:
        """Archive a thread, or wake it up."""
        thread.is_locked = is_locked
        self.posting.set_archived(thread, is_archived=is_archived)

    async def removes(self, channel: Channel) -> None:
        """Delete a channel or a thread with all that is in it."""
        channel.is_gone = True
        self.posting.tell_channel("THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", channel)

    async def joins(self, user: User, guild: Guild) -> None:
        """Join a guild."""
        guild.members[user.id] = Member(user, joined_at=self.world.clock())
        self._tell_member("GUILD_MEMBER_ADD", guild, member_json(guild.members[user.id]))

    async def leaves(self, user: User, guild: Guild) -> None:
        """Leave a guild; the bot leaving ends the guild for it."""
        del guild.members[user.id]
        if user is self.world.bot:
            self.world.emit("GUILD_DELETE", {"id": str(guild.id), "guild_id": str(guild.id)}, GUILDS)
            self.world.changed()
            return
        self._tell_member("GUILD_MEMBER_REMOVE", guild, {"user": user_json(user)})

    async def gets_role(self, user: User, guild: Guild, role: Role) -> None:
        """Be given a role."""
        guild.members[user.id].roles.append(role.id)
        self._tell_member("GUILD_MEMBER_UPDATE", guild, member_json(guild.members[user.id]))

    async def invites_bot(self, guild: Guild) -> None:
        """Add the bot to a guild."""
        guild.members[self.world.bot.id] = Member(self.world.bot, joined_at=self.world.clock())
        invited = guild_json(guild, self.world) | {"guild_id": str(guild.id)}
        del invited["unavailable"]  # only what comes back from an outage or after READY has it
        self.world.emit("GUILD_CREATE", invited, GUILDS)
        self.world.changed()

    def _tell_member(self, name: str, guild: Guild, payload: Payload) -> None:
        self.world.emit(name, payload | {"guild_id": str(guild.id)}, GUILD_MEMBERS)
        self.world.changed()
