"""From the gateway's events to the desk: each in a task of its own, in order within its channel."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Final
from weakref import WeakValueDictionary

from adapters.contract import IncomingMessage, Wish
from adapters.desk import FrontDesk
from adapters.discord.atlas import Atlas
from adapters.discord.attachments import Fetch, read_attachments, with_attachments
from adapters.discord.callers import Callers
from adapters.discord.catchup import CatchUp
from adapters.discord.forums import mark_solved
from adapters.discord.parse import (
    Identity,
    clean,
    is_withheld,
    parse_deletions,
    parse_edit,
    parse_message,
    parse_reaction,
)
from adapters.discord.pastes import Pastes
from adapters.discord.payload import Payload, part, parts, snowflake, snowflakes, text
from adapters.discord.places import Place, PlaceKind
from adapters.discord.rest import DiscordRest
from adapters.discord.threads import Threads
from adapters.recent import Recent
from adapters.surviving import surviving

_log = logging.getLogger(__name__)

ABOUT_CHANNELS: Final = frozenset(
    {
        *("GUILD_CREATE", "CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"),
        *("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_LIST_SYNC"),
    }
)
_MIN_MISSED_CHARS = 12


class Events:
    """Take events. `tasks` owns their handling, which goes on when the connection is lost."""

    def __init__(
        self,
        *,
        desk: FrontDesk,
        rest: DiscordRest,
        threads: Threads,
        atlas: Atlas,
        catch_up: CatchUp,
        fetch: Fetch,
        tasks: asyncio.TaskGroup,
        on_ready: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._rest = rest
        self._threads = threads
        self._atlas = atlas
        self._catch_up_with = catch_up
        self._fetch = fetch
        self._tasks = tasks
        self._on_ready = on_ready
        self._callers = Callers(desk=desk, rest=rest, threads=threads, atlas=atlas, fetch=fetch)
        self._me = Identity("")
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[None]] = set()
        self._pastes = Pastes()
        self._heard: Recent[str, None] = Recent()
        self._is_loss_known = False
        self._handlers: dict[str, Callable[[Payload], Awaitable[None]]] = {
            "MESSAGE_CREATE": self._said,
            "MESSAGE_UPDATE": self._edited,
            "MESSAGE_DELETE": self._deleted,
            "MESSAGE_DELETE_BULK": self._deleted,
            "MESSAGE_REACTION_ADD": self._reacted,
        }

    @property
    def names(self) -> frozenset[str]:
        """The events that mean anything here."""
        return frozenset({"READY", "RESUMED", "INTERACTION_CREATE", *ABOUT_CHANNELS, *self._handlers})

    def take(self, name: str, payload: object) -> None:
        """Take an event as it comes, whatever it holds; nothing is raised."""
        with surviving(f"reading {name}"):
            event = part(payload)
            if name == "READY":
                self._me = Identity(snowflake(part(event, "user"), "id"))
                if _has_direct_messages(event):
                    self._start(self._catch_up_directly())
            if name in {"READY", "RESUMED"}:
                self._on_ready()
            elif name in ABOUT_CHANNELS:
                self._atlas.take(name, event, me=self._me.user)
                if name == "GUILD_CREATE":
                    self._start(self._catch_up(event))
            else:
                self._start(self._handle(name, event))

    async def settle(self, seconds: float) -> None:
        """Let what is under way come to its end, but not for longer."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)

    @property
    def _identity(self) -> Identity:
        return replace(self._me, roles=frozenset(self._atlas.roles))

    def _start(self, handling: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(handling)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _handle(self, name: str, event: Payload) -> None:
        with surviving(f"handling {name}"):
            if name == "INTERACTION_CREATE":
                await self._callers.serve(event, self._identity)
                return
            # One after the other in a channel, so that a question is there before its edit or deletion.
            lock = self._locks.setdefault(snowflake(event, "channel_id"), asyncio.Lock())
            async with lock:
                await self._handlers[name](event)

    async def _catch_up(self, guild: Payload) -> None:
        with surviving("catching up"):
            async for message in self._catch_up_with.missed(guild):
                await self._hear_late(message)

    async def _catch_up_directly(self) -> None:
        with surviving("catching up with direct messages"):
            async for message in self._catch_up_with.missed_directly(self._desk):
                await self._hear_late(message)

    async def _hear_late(self, message: Payload) -> None:
        words = clean(text(message, "content"), message, self._identity)
        # A word alone was meant for the moment: a "stop" must not strike the answer of today.
        if len(words) >= _MIN_MISSED_CHARS and snowflake(message, "id") not in self._heard:
            await self._handle("MESSAGE_CREATE", message)

    async def _place(self, event: Payload) -> Place:
        place = await self._atlas.find(snowflake(event, "channel_id"), guild=snowflake(event, "guild_id"))
        return await self._threads.rooted(place, self._me.user)

    async def _said(self, event: Payload) -> None:
        if snowflake(part(event, "author"), "id") == self._me.user:
            return
        self._heard.note(snowflake(event, "id"), None)
        place = await self._place(event)
        if is_withheld(event, place, self._identity):
            self._tell_of_loss()
        root = self._pastes.root_of(event) if place.kind is PlaceKind.CHANNEL else ""
        message = parse_message(event, place, self._identity, continues=root)
        if message is None:
            return
        if "member" not in event:
            member = part(await self._catch_up_with.with_member(event), "member")
            message = replace(message, roles=snowflakes(member, "roles"))
        self._pastes.note(event, root or message.id)
        message = await self._with_files(message, event)
        if not root:
            self._threads.entitle(message.address, message.text)
        await self._desk.receive(message)

    async def _edited(self, event: Payload) -> None:
        if snowflake(part(event, "author"), "id") == self._me.user:
            return
        message = parse_edit(event, await self._place(event), self._identity)
        if message is not None:
            await self._desk.receive(await self._with_files(message, event))

    async def _deleted(self, event: Payload) -> None:
        for message in parse_deletions(event, await self._place(event)):
            await self._desk.receive(message)

    async def _reacted(self, event: Payload) -> None:
        if snowflake(event, "user_id") == self._me.user:
            return
        place = await self._place(event)
        message = parse_reaction(event, place, self._identity)
        if message is None:
            return
        await self._desk.receive(message)
        if message.wish is Wish.HELPFUL:
            await mark_solved(self._rest, self._atlas, place, by=message.author)

    async def _with_files(self, message: IncomingMessage, event: Payload) -> IncomingMessage:
        """Return a message with what its files say: an edit brings them again, and would lose them otherwise."""
        attached = read_attachments(parts(event, "attachments"))
        return replace(message, text=await with_attachments(message.text, attached, self._fetch))

    def _tell_of_loss(self) -> None:
        if not self._is_loss_known:
            self._is_loss_known = True
            _log.warning(
                "Discord keeps the words of messages back that don't mention the bot: follow-ups in threads need a "
                "mention. For follow-ups without one, enable the Message Content intent in the Developer Portal and "
                "set FIRSTLINE_DISCORD_MESSAGE_CONTENT=true."
            )


def _has_direct_messages(ready: Payload) -> bool:
    """Return whether a session is of the shard to which all direct messages go: the first, or the only one."""
    shard = ready.get("shard")
    return not isinstance(shard, list) or shard[:1] == [0]
