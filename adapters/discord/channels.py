"""Messages in channels, threads and DMs: the ordinary routes, with the bot's own token.

A post is recognised as a repeat twice over. Its `nonce` makes Discord return the earlier message for some minutes; and
its buttons carry its key, which stays readable in the channel's history for as long as the message is not edited. Only
a message without buttons, the earlier part of an answer that is posted complete, has the nonce alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.contract import Allowance
from adapters.discord.actions import read_custom_id
from adapters.discord.errors import ThreadArchived
from adapters.discord.payload import objects, part, parts, snowflake, text
from adapters.discord.rest import Answer, DiscordRest, File, Json
from adapters.errors import MessageGone, NotPermitted, ResponseLost
from adapters.limits import Action

# The most that Discord gives at once; a thread or DM that moves on faster than this within one outage is no dialogue.
_MAX_HISTORY = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as Discord returned it."""

    message: str
    allowance: Allowance | None = None


def build_nonce(key: str) -> str:
    """Return the name of a post in the 25 characters that Discord allows for it."""
    return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()


class ChannelMessages:
    """Post, edit, find and delete by the ids of channels and messages."""

    def __init__(self, rest: DiscordRest) -> None:
        self._rest = rest
        self._own_id = ""

    async def post(self, channel: str, body: Json, *, key: str, file: File | None = None) -> Sent:
        """Post a message; a repeat of it shows the newer text."""
        named = {**body, "nonce": build_nonce(key), "enforce_nonce": True}
        answer = await self._rest.call("POST", f"/channels/{channel}/messages", named, file=file)
        sent = Sent(read_id(answer.json), answer.allowance(Action.POST))
        if file is None and not _shows(answer.json, body):
            # An earlier post came back, made before the text went on.
            await self.edit(channel, sent.message, body)
        return sent

    async def edit(self, channel: str, message: str, body: Json) -> Sent:
        """Replace what is given of a message."""
        answer = await self._call_awake("PATCH", channel, message, body)
        return Sent(message, answer.allowance(Action.EDIT))

    async def delete(self, channel: str, message: str) -> None:
        """Delete a message; one that is gone already is no error."""
        try:
            await self._call_awake("DELETE", channel, message)
        except MessageGone:
            return

    async def _call_awake(self, method: str, channel: str, message: str, body: Json | None = None) -> Answer:
        """Make a call on a message; a thread that was archived meanwhile, as idle ones are, is opened again for it."""
        path = f"/channels/{channel}/messages/{message}"
        try:
            return await self._rest.call(method, path, body)
        except ThreadArchived:
            await self._rest.call("PATCH", f"/channels/{channel}", {"archived": False})
            return await self._rest.call(method, path, body)

    async def find(self, channel: str, key: str) -> str | None:
        """Return the message of ours that was posted under this key; without the right to look, the nonce must do."""
        try:
            own_id = await self.own_id()
            for message in await self.read(channel, limit=_MAX_HISTORY):
                if read_author(message) == own_id and carries_key(message, key):
                    return read_id(message)
        except NotPermitted:
            return None
        return None

    async def read(self, channel: str, *, limit: int, before: str = "") -> Sequence[Json]:
        """Return the latest messages of a channel, newest first."""
        query = f"&before={before}" if before else ""
        answer = await self._rest.call("GET", f"/channels/{channel}/messages?limit={limit}{query}")
        return list(objects(answer.json))

    def calls_left(self) -> int:
        """Return how many calls would go out at once, of all that the bot makes."""
        return self._rest.pace.calls_left()

    async def type(self, channel: str) -> None:
        """Show for ten seconds that the bot is typing, unless answers need the calls more."""
        if self._rest.pace.has_room():
            await self._rest.call("POST", f"/channels/{channel}/typing")

    async def open_dm(self, user: str) -> str:
        """Return the channel of direct messages with a person."""
        answer = await self._rest.call("POST", "/users/@me/channels", {"recipient_id": user})
        return read_id(answer.json)

    async def own_id(self) -> str:
        """Return the bot's own id, asked for once."""
        if not self._own_id:
            self._own_id = read_id((await self._rest.call("GET", "/users/@me")).json)
        return self._own_id


def read_id(value: object) -> str:
    """Return the id of an object that a call gave; without one nobody knows what the call did."""
    identity = snowflake(part(value), "id")
    if not identity:
        raise ResponseLost
    return identity


def read_author(message: Json) -> str:
    """Return who wrote a message."""
    return snowflake(part(message, "author"), "id")


def carries_key(message: object, key: str) -> bool:
    """Whether a button below a message says that it was posted under this key."""
    for row in parts(part(message), "components"):
        for button in parts(row, "components"):
            press = read_custom_id(text(button, "custom_id"))
            if press is not None and press.about == key:
                return True
    return False


def _shows(message: object, body: Json) -> bool:
    """Whether a message has the text that was sent, but for the space that Discord trims."""
    shown, sent = text(part(message), "content"), text(body, "content")
    return "".join(shown.split()) == "".join(sent.split())
