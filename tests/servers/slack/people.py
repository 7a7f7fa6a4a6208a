"""What people do in the loopback Slack."""

from collections.abc import Sequence

from tests.servers.slack.core import Slack
from tests.servers.slack.shapes import message_json, reaction_event
from tests.servers.slack.world import Channel, Message, Where, Who, id_of


class People(Slack):
    """People's actions; each returns when Slack has taken it, not when the app has."""

    async def says(
        self, user: Who, where: Where, text: str, *, thread_ts: str = "", deliver: Sequence[str] | None = None
    ) -> str:
        """Post as a person and return the message's ts."""
        channel = self.channel(where)
        author = self.world.users[id_of(user)]
        message = Message(self.world.ts(), channel.id, author.id, text, thread_ts=thread_ts)
        if author.is_bot:
            message.bot_id, message.app_id = "B999999999", "A999999999"
        if thread_ts and (root := channel.messages.get(thread_ts)):
            root.thread_ts = thread_ts
        return self.post(message, deliver).ts

    async def mentions(
        self, user: Who, where: Where, text: str, *, thread_ts: str = "", deliver: Sequence[str] | None = None
    ) -> str:
        """Post with a mention of the bot in front."""
        bot = self.team_of(user).bot
        return await self.says(user, where, f"<@{bot.id}> {text}", thread_ts=thread_ts, deliver=deliver)

    async def edits(self, where: Where, ts: str, text: str) -> None:
        """Edit a person's message."""
        self.edit(self.channel(where).messages[ts], text, None)

    async def deletes(self, where: Where, ts: str) -> None:
        """Delete a message."""
        self.delete(self.channel(where).messages[ts])

    async def reacts(self, user: Who, where: Where, ts: str, emoji: str) -> None:
        """Add a reaction."""
        message = self.channel(where).messages[ts]
        message.reactions.setdefault(emoji, []).append(id_of(user))
        self.tell(self.team_of(user), reaction_event("added", id_of(user), emoji, message, self.world.ts()))
        self.changed()

    async def joins(self, user: Who, where: Where) -> None:
        """Join a channel, or let the bot be invited."""
        channel = self.channel(where)
        channel.members.add(id_of(user))
        team = self.world.teams[channel.team]
        if team.bot.id in channel.members:
            event = {
                "type": "member_joined_channel",
                "user": id_of(user),
                "channel": channel.id,
                "channel_type": channel.id[0],
                "team": team.id,
                "event_ts": self.world.ts(),
            }
            self.tell(team, event)
        self.changed()

    def seen(self, where: Channel | str, ts: str) -> dict[str, object]:
        """Return a message's JSON."""
        channel = self.channel(where)
        return message_json(channel.messages[ts], self.world.teams[channel.team], channel=channel)
