"""What people do on Discord: write, edit, delete, react. Each action checks nothing that people can't get wrong."""

from dataclasses import dataclass

from tests.servers.discord.asking import Upload
from tests.servers.discord.posting import Draft, Posting
from tests.servers.discord.records import Channel, Message, MessageKind, User
from tests.servers.discord.world import World


@dataclass(slots=True)
class People:
    """The actions, each done when it returns and seen by the bot soon after."""

    world: World
    posting: Posting

    async def says(
        self,
        user: User,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        files: dict[str, bytes] | None = None,
    ) -> Message:
        """Write a message; a reply pings who is replied to."""
        kind = MessageKind.DEFAULT if reply_to is None else MessageKind.REPLY
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

    async def deletes(self, message: Message) -> None:
        """Delete a message."""
        self.posting.delete(message)

    async def reacts(self, user: User, message: Message, emoji: str) -> None:
        """Put an emoji below a message."""
        self.posting.react(message, user, emoji)

    async def takes_back(self, user: User, message: Message, emoji: str) -> None:
        """Take one's emoji away again."""
        self.posting.unreact(message, user, emoji)
