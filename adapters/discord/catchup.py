"""Reading what was said while no session listened: after a restart, or when Discord gave a session up.

Discord replays what was missed only within a session. A new one begins with the channels and threads of each guild
and their last messages' ids, so only those that had news are read. What was taken before comes again and is known by
its id. Direct messages can't be caught up with: Discord doesn't tell a bot where it has them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

from adapters.discord.payload import Payload, first_snowflake, objects, part, parts, snowflake, time_of
from adapters.discord.rest import DiscordRest
from adapters.errors import AdapterError, NotPermitted

_log = logging.getLogger(__name__)

LOOK_BACK_SECONDS = 300.0
"""A question that waited longer has found its answer elsewhere, or is asked again."""
MAX_CHANNELS = 50


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
            try:
                # One call at a time over all guilds: live answers need the bot's budget more.
                async with self._one_at_a_time:
                    messages = await self._read(snowflake(channel, "id"), since)
            except NotPermitted:
                continue  # a channel that is closed to the bot
            except AdapterError as error:
                _log.warning("channel %s could not be read: %s", snowflake(channel, "id"), error)
            else:
                for message in messages:
                    yield {**message, "guild_id": snowflake(guild, "id")}

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

    async def _read(self, channel: str, since: float) -> list[Payload]:
        path = f"/channels/{channel}/messages?limit=50&after={first_snowflake(since)}"
        messages = objects((await self._rest.call("GET", path)).json)
        return sorted(messages, key=lambda each: time_of(snowflake(each, "id")))


def _last_news(channel: Payload) -> float:
    return time_of(snowflake(channel, "last_message_id"))
