"""Threads on questions: opened when an answer first needs them, found again by whoever writes there later.

Opening is idempotent, for a thread on a message has that message's id and Discord allows one only. So nothing is lost
when the process ends between accepting a question and opening its thread: the next process comes by here as well.
"""

import asyncio
import logging
from dataclasses import replace
from weakref import WeakValueDictionary

from adapters.contract import Address
from adapters.discord.addresses import Interaction, build_address
from adapters.discord.anchors import Anchor, read_anchor
from adapters.discord.errors import ThreadExists, TokenExpired
from adapters.discord.payload import part, snowflake, text
from adapters.discord.places import Place
from adapters.discord.rest import DiscordRest
from adapters.discord.titles import title_of
from adapters.errors import MessageGone, NotPermitted, RetryLater
from adapters.recent import Recent

_log = logging.getLogger(__name__)
_ARCHIVE_MINUTES = 1440
_ATTEMPTS = 3
_RESPONSE_SECONDS = 5.0
"""How long an answer waits for the response that its thread will stand on."""


class Threads:
    """Open threads, and tell which conversation one belongs to."""

    def __init__(self, rest: DiscordRest) -> None:
        self._rest = rest
        self._titles: Recent[str, str] = Recent()
        self._roots: Recent[str, str] = Recent()
        self._settled: Recent[str, Address] = Recent()
        self._responses: dict[str, asyncio.Future[str]] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def entitle(self, address: Address, question: str) -> None:
        """Note what the thread at an address will be about."""
        if read_anchor(address) is not None:
            self._titles.note(address.channel, title_of(question))

    def expect(self, interaction: str) -> None:
        """Learn that the response to an interaction is about to be made: an answer may need it first."""
        self._responses[interaction] = asyncio.get_running_loop().create_future()

    def arrived(self, interaction: str, message: str) -> None:
        """Learn which message the response has become; an empty one when there is none."""
        expected = self._responses.pop(interaction, None)
        if expected is not None and not expected.done():
            expected.set_result(message)

    async def settle(self, address: Address) -> Address:
        """Return an address that exists, opening its thread where needed; without the right to, the channel's.

        Raises MessageGone when the question was deleted meanwhile.
        """
        anchor = read_anchor(address)
        if anchor is None:
            return address
        lock = self._locks.setdefault(address.channel, asyncio.Lock())
        async with lock:
            settled = self._settled.get(address.channel)
            if settled is None:
                settled = await self._open(anchor, address.channel)
                self._settled.note(address.channel, settled)
        return settled

    async def rooted(self, place: Place, me: str) -> Place:
        """Return a thread's place with the root of its conversation, which only threads of the bot's own need."""
        if not place.is_thread or place.owner != me:
            return place
        root = self._roots.get(place.channel)
        if root is None:
            root = await self._look_up_root(place)
        return replace(place, root=root)

    async def _open(self, anchor: Anchor, key: str) -> Address:
        in_channel = build_address(anchor.guild, anchor.channel)
        message = anchor.message
        if anchor.interaction is not None:
            message = await self._find_response(anchor.interaction)
            if not message:
                return in_channel
            self._roots.note(message, anchor.interaction.id)
        title = self._titles.get(key) or await self._read_title(anchor.channel, message)
        body = {"name": title, "auto_archive_duration": _ARCHIVE_MINUTES}
        try:
            await self._rest.call("POST", f"/channels/{anchor.channel}/messages/{message}/threads", body)
        except ThreadExists:
            pass  # an earlier attempt, whose answer was lost
        except NotPermitted as error:
            _log.warning("no thread in channel %s, so the answer goes to the channel: %s", anchor.channel, error.what)
            return in_channel
        return build_address(anchor.guild, message)

    async def _find_response(self, interaction: Interaction) -> str:
        """Return the message that a response has become, or nothing when it never came."""
        expected = self._responses.get(interaction.id)
        if expected is not None:
            done, _ = await asyncio.wait([expected], timeout=_RESPONSE_SECONDS)
            if done and expected.result():
                return expected.result()
        path = f"/webhooks/{interaction.application}/{interaction.token}/messages/@original"
        try:
            return snowflake(part((await self._rest.call("GET", path, is_by_token=True)).json), "id")
        except (MessageGone, TokenExpired):
            return ""

    async def _read_title(self, channel: str, message: str) -> str:
        """Return a title from the message itself, as after a restart."""
        try:
            found = await self._rest.call("GET", f"/channels/{channel}/messages/{message}")
        except NotPermitted:
            return title_of("")
        return title_of(text(part(found.json), "content"))

    async def _look_up_root(self, place: Place) -> str:
        """Return the interaction under whose response a thread stands, or else the thread."""
        for _ in range(_ATTEMPTS):
            try:
                found = await self._rest.call("GET", f"/channels/{place.parent}/messages/{place.channel}")
            except RetryLater as error:
                _log.info("thread %s: its beginning could not be read: %s", place.channel, error)
                continue
            except (MessageGone, NotPermitted):
                root = place.channel
            else:
                root = snowflake(part(found.json, "interaction_metadata"), "id") or place.channel
            self._roots.note(place.channel, root)
            return root
        return place.channel
