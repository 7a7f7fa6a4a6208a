"""What is known of channels, threads and forums: what the gateway tells, and by a call what it didn't.

Not discord.py's cache: that one is filled by the parsers whose exceptions end the client, keeps whole guilds, and
forgets archived threads.
"""

import logging
from dataclasses import dataclass, field

from adapters.discord.payload import Payload, as_snowflake, number, part, parts, snowflake, text
from adapters.discord.places import Place, PlaceKind, is_thread, read_place
from adapters.discord.rest import DiscordRest
from adapters.errors import AdapterError
from adapters.recent import Recent

_log = logging.getLogger(__name__)
_SOLVED = ("solved", "answered", "resolved")


@dataclass(slots=True)
class Atlas:
    """Channels by id. `roles` are those that Discord made for the bot, one in a guild at most.

    Threads come by the thousand and are seldom deleted, so that only the latest are kept; others are looked up again.
    """

    rest: DiscordRest
    roles: set[str] = field(default_factory=set)
    _channels: dict[str, Payload] = field(default_factory=dict)
    _threads: Recent[str, Payload] = field(default_factory=Recent)
    _solved: dict[str, str] = field(default_factory=dict)

    def take(self, event: str, payload: Payload, *, me: str) -> None:
        """Learn from an event of the gateway; one that tells of no channels changes nothing."""
        if event == "GUILD_CREATE":
            self._take_guild(payload, me)
        elif event in {"CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE"}:
            self._take_channel(payload, snowflake(payload, "guild_id"))
        elif event == "THREAD_LIST_SYNC":
            for thread in parts(payload, "threads"):
                self._take_channel(thread, snowflake(payload, "guild_id"))
        elif event in {"CHANNEL_DELETE", "THREAD_DELETE"}:
            self._channels.pop(snowflake(payload, "id"), None)
            self._threads.pop(snowflake(payload, "id"), None)

    async def find(self, channel: str, *, guild: str) -> Place:
        """Return the place of a channel; what can't be looked up is taken for an ordinary one."""
        if not guild:
            return Place(channel, PlaceKind.DM)
        if self._told_of(channel) is None:
            await self._fetch(channel, guild)
        thread = self._threads.get(channel)
        if thread is not None and snowflake(thread, "parent_id") not in self._channels:
            await self._fetch(snowflake(thread, "parent_id"), guild)
        return self.known(channel) or Place(channel, PlaceKind.CHANNEL, guild)

    def known(self, channel: str) -> Place | None:
        """Return the place of a channel that was told of."""
        found = self._told_of(channel)
        if found is None:
            return None
        parent = self._channels.get(snowflake(found, "parent_id"))
        return read_place(found, guild=snowflake(found, "guild"), parent=parent)

    def solved_tag(self, forum: str) -> str:
        """Return the tag by which a forum marks posts as solved, or nothing."""
        return self._solved.get(forum, "")

    def _told_of(self, channel: str) -> Payload | None:
        return self._channels.get(channel) or self._threads.get(channel)

    async def _fetch(self, channel: str, guild: str) -> None:
        try:
            found = (await self.rest.call("GET", f"/channels/{channel}")).json
        except AdapterError as error:
            _log.warning("channel %s could not be looked up: %s", channel, error)
            return
        self._take_channel(part(found), guild)

    def _take_guild(self, payload: Payload, me: str) -> None:
        guild = snowflake(payload, "id")
        for channel in (*parts(payload, "channels"), *parts(payload, "threads")):
            self._take_channel(channel, guild)
        for role in parts(payload, "roles"):
            if snowflake(part(role, "tags"), "bot_id") == me != "":
                self.roles.add(snowflake(role, "id"))

    def _take_channel(self, channel: Payload, guild: str) -> None:
        id_ = snowflake(channel, "id")
        if not id_:
            return
        # Only what decides about conversations is kept: a bot can be in many guilds.
        kept = {key: as_snowflake(channel.get(key)) for key in ("id", "parent_id", "owner_id")}
        known = {**kept, "guild": guild, "type": number(channel, "type")}
        if is_thread(channel):
            self._threads.note(id_, known | {"name": text(channel, "name")})
        else:
            self._channels[id_] = known
        for tag in parts(channel, "available_tags"):
            if text(tag, "name").strip().casefold() in _SOLVED:
                self._solved[id_] = snowflake(tag, "id")
