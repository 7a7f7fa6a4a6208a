"""What people do in the loopback Slack with messages, channels and the app's installation."""

from collections.abc import Sequence

from tests.servers.slack.core import Slack
from tests.servers.slack.shapes import message_json, reaction_event
from tests.servers.slack.world import Json, Message, Team, Where, Who, id_of


class People(Slack):
    """People's actions; each returns when Slack has taken it, not when the app has."""

    async def says(
        self,
        user: Who,
        where: Where,
        text: str,
        *,
        thread_ts: str = "",
        files: Sequence[Json] = (),
        deliver: Sequence[str] | None = None,
    ) -> str:
        """Post as a person and return the message's ts.

        `deliver` is the order of the events, such as ("app_mention", "message", "message"): a type that comes again
        is a redelivery of the same event, and one that is left out is never sent.
        """
        channel = self.channel(where)
        author = self.world.users[id_of(user)]
        message = Message(self.world.ts(), channel.id, author.id, text, thread_ts=thread_ts, files=list(files))
        message.subtype = "file_share" if files else ""
        if author.is_bot:
            message.bot_id, message.app_id = "B999999999", "A999999999"
        if thread_ts and (root := channel.messages.get(thread_ts)):
            root.thread_ts = thread_ts
        return self.post(message, deliver).ts

    async def mentions(
        self, user: Who, where: Where, text: str, *, thread_ts: str = "", deliver: Sequence[str] | None = None
    ) -> str:
        """Post with a mention of the bot in front."""
        bot = self.world.teams[self.channel(where).team].bot
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
        self._tell_of_reaction("added", user, message, emoji)

    async def takes_back(self, user: Who, where: Where, ts: str, emoji: str) -> None:
        """Remove a reaction."""
        message = self.channel(where).messages[ts]
        message.reactions[emoji].remove(id_of(user))
        if not message.reactions[emoji]:
            del message.reactions[emoji]
        self._tell_of_reaction("removed", user, message, emoji)

    async def joins(self, user: Who, where: Where) -> None:
        """Join a channel; with the bot's user, invite the bot."""
        channel = self.channel(where)
        channel.members.add(id_of(user))
        event: Json = {
            "type": "member_joined_channel",
            "user": id_of(user),
            "channel": channel.id,
            "channel_type": "C",
            "team": channel.team,
            "event_ts": self.world.ts(),
        }
        self.tell_member(self.world.teams[channel.team], channel, event)
        self.changed()

    async def installs(self, team: Team, user: Who) -> str:
        """Let the app into a workspace and return the code that `oauth.v2.access` takes."""
        code = self.world.id("code-")
        self.codes[code] = (team, id_of(user))
        return code

    async def uninstalls(self, team: Team) -> None:
        """Take the app out of a workspace: its token is void from now on."""
        team.is_installed = False
        self.tell(team, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot.id]}})
        self.tell(team, {"type": "app_uninstalled"})
        self.changed()

    def stored(self, where: Where, ts: str) -> Json:
        """Return a message as the Web API would."""
        channel = self.channel(where)
        team = self.world.teams[channel.team]
        return message_json(channel.messages[ts], team, with_metadata=True, channel=channel)

    def _tell_of_reaction(self, verb: str, user: Who, message: Message, emoji: str) -> None:
        channel = self.channel(message.channel)
        event = reaction_event(verb, id_of(user), emoji, message, self.world.ts())
        self.tell_member(self.world.teams[channel.team], channel, event)
        self.changed()
