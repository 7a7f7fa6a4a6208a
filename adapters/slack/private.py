"""Answers for one person's eyes, such as those to `/support`: they can neither be edited nor looked up.

Slack takes five messages at a command's `response_url` within 30 minutes and replaces none of them, so an answer goes
out whole, once it is complete. When Slack takes no more there, it goes out as an ephemeral message, and where that is
not possible as a direct message, so that nothing is lost. A crash between Slack's taking an answer and our noting it
repeats the answer, to its asker alone; before and after that moment there is one.
"""

from adapters.contract import Content
from adapters.errors import MessageGone, NotPermitted
from adapters.limits import Scope
from adapters.recent import Recent
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls
from adapters.slack.errors import BlocksRefused
from adapters.slack.files import SlackFiles
from adapters.slack.messages import AS_WRITTEN, Messages, say
from adapters.slack.render import render, render_bare

# No timestamp begins with it. What follows is the key of the post, the only name that a private message has.
_MARK = "~"
_CLOSED = (MessageGone, NotPermitted)


class PrivateAnswers:
    """Show messages to one person."""

    def __init__(self, calls: SlackCalls, messages: Messages, files: SlackFiles) -> None:
        self._calls = calls
        self._messages = messages
        self._files = files
        self._shown: Recent[str, int] = Recent()

    async def post(self, place: Place, content: Content, key: str) -> str:
        """Show a message, unless it is still being written, and return its name."""
        await self._show_once(place, content, key)
        return _MARK + key

    async def edit(self, place: Place, message: str, content: Content) -> None:
        """Show a message that was held back until it is complete."""
        await self._show_once(place, content, message.removeprefix(_MARK))

    async def upload(self, place: Place, name: str, text: str, key: str) -> None:
        """Send a file, which can't be shown to one person in a channel, as a direct message."""
        await self._files.upload(await self._open_dm(place), name, text, key)

    async def _show_once(self, place: Place, content: Content, key: str) -> None:
        if content.is_live or self._shown.get(key) == hash(content):
            return
        subject = key.rpartition(":")[0] or key
        if not (await self._respond(place, content, subject) or await self._whisper(place, content, subject)):
            await self._messages.post(await self._open_dm(place), content, key, subject=subject)
        self._shown.note(key, hash(content))

    async def _respond(self, place: Place, content: Content, subject: str) -> bool:
        """Try the way that needs no membership of the channel; return whether Slack took it."""
        if not place.response_url:
            return False
        call: dict[str, object] = {"response_type": "ephemeral", "replace_original": False}
        if place.thread:
            call["thread_ts"] = place.thread
        try:
            shown = render(content, subject=subject, is_private=True)
            await self._calls.respond(place.response_url, call | shown)
        except BlocksRefused:
            await self._calls.respond(place.response_url, call | render_bare(content))
        except _CLOSED:
            return False
        return True

    async def _whisper(self, place: Place, content: Content, subject: str) -> bool:
        call: dict[str, object] = {"channel": place.channel, "user": place.user, **AS_WRITTEN}
        if place.thread:
            call["thread_ts"] = place.thread
        try:
            await say(
                *(self._calls, place.team, "chat.postEphemeral", call, content),
                scope=Scope.CHANNEL,
                subject=subject,
                is_private=True,
            )
        except _CLOSED:
            return False
        return True

    async def _open_dm(self, place: Place) -> Place:
        answer = await self._calls.write(place.team, "conversations.open", {"users": place.user})
        channel = (answer.get("channel") or {}).get("id")
        if not channel:
            raise NotPermitted("a direct message, for which Slack named no channel")
        return Place(place.team, str(channel))
