"""Reading what was said while no session listened: after a restart, or when Discord gave a session up.

Discord replays what was missed only within a session. A new one begins with the channels and threads of each guild
and their last messages' ids, so only those that had news are read. What was taken before comes again and is known by
its id. Where a bot has direct messages Discord doesn't tell: the channels of earlier conversations are read.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from adapters.desk import FrontDesk
from adapters.discord.addresses import PLATFORM
from adapters.discord.payload import Payload, first_snowflake, objects, part, parts, snowflake, time_of
from adapters.discord.rest import DiscordRest
from adapters.errors import AdapterError, NotPermitted

_log = logging.getLogger(__name__)

LOOK_BACK_SECONDS = 300.0
"""A question that waited longer has found its answer elsewhere, or is asked again."""
MAX_CHANNELS = 50
PAGE = 100
"""The most messages that Discord gives at once."""
MAX_PAGES = 20
DIRECT_LOOK_BACK_SECONDS = 86_400.0
"""In private there is nobody else who could have answered."""
KNOWN_SECONDS = 30 * 86_400.0
"""Whoever wrote directly within this time is looked after; at most MAX_CHANNELS, the latest first."""


class CatchUp:
    """Read missed messages of a guild. `clock` gives epoch seconds, as Discord's ids do."""

    def __init__(self, rest: DiscordRest, *, clock: Callable[[], float]) -> None:
        self._rest = rest
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def missed(self, guild: Payload) -> AsyncIterator[Payload]:
        """Yield as events what was written lately in a guild, channel by channel, in each the oldest first."""
        since = self._clock() - LOOK_BACK_SECONDS
        everywhere = (*parts(guild, "channels"), *parts(guild, "threads"))
        with_news = sorted((each for each in everywhere if _last_news(each) > since), key=_last_news, reverse=True)
        if len(with_news) > MAX_CHANNELS:
            _log.warning("guild %s: %d channels have news, the latest are read", snowflake(guild, "id"), len(with_news))
        for channel in with_news[:MAX_CHANNELS]:
            async for message in self._read_open(snowflake(channel, "id"), since):
                yield {**message, "guild_id": snowflake(guild, "id")}

    async def missed_directly(self, desk: FrontDesk) -> AsyncIterator[Payload]:
        """Yield as events what was written to the bot directly since it last heard of each, the oldest first."""
        now = self._clock()
        places = await desk.last_heard(PLATFORM, workspace="", since=now - KNOWN_SECONDS, limit=MAX_CHANNELS)
        for place in places:
            since = max(place.at, now - DIRECT_LOOK_BACK_SECONDS)
            async for message in self._read_open(place.channel, since):
                yield message

    async def with_member(self, event: Payload) -> Payload:
        """Return a message with its author's membership, which only the gateway adds: roles may decide."""
        guild, author = snowflake(event, "guild_id"), snowflake(part(event, "author"), "id")
        if not guild or "member" in event or "webhook_id" in event:
            return event
        try:
            async with self._one_at_a_time:
                member = (await self._rest.call("GET", f"/guilds/{guild}/members/{author}")).json
        except AdapterError:
            return event
        return {**event, "member": part(member)}

    async def _read_open(self, channel: str, since: float) -> AsyncIterator[Payload]:
        """Yield the messages of a channel, or nothing where it is closed to the bot."""
        try:
            # One call at a time over all guilds: live answers need the bot's budget more.
            async with self._one_at_a_time:
                messages = await self._read(channel, since)
        except NotPermitted:
            return
        except AdapterError as error:
            _log.warning("channel %s could not be read: %s", channel, error)
            return
        for message in messages:
            yield message

    async def _read(self, channel: str, since: float) -> list[Payload]:
        """Return the messages since a time, the oldest first; Discord gives them from there on, page by page."""
        after, messages = str(first_snowflake(since)), list[Payload]()
        for _ in range(MAX_PAGES):
            path = f"/channels/{channel}/messages?limit={PAGE}&after={after}"
            page = sorted(
                objects((await self._rest.call("GET", path)).json), key=lambda each: int(snowflake(each, "id") or 0)
            )
            messages += page
            if len(page) < PAGE:
                return messages
            after = snowflake(page[-1], "id")
        _log.warning("channel %s: more than %d messages are new, the first are read", channel, len(messages))
        return messages


def _last_news(channel: Payload) -> float:
    return time_of(snowflake(channel, "last_message_id"))
