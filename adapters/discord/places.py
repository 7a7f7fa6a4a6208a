"""Where something happens, as far as it decides about conversations. Pure; `threads.py` finds it out."""

from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.contract import Surface
from adapters.discord.payload import Payload, number, snowflake, text

_THREADS = frozenset({10, 11, 12})  # in announcements, public, private
_HOLD_THREADS = frozenset({0, 5})  # text and announcements
_DIRECT = frozenset({1, 3})  # with one person, with a group
_FORUMS = frozenset({15, 16})  # forum and media


class PlaceKind(StrEnum):
    """What can be done in a place."""

    DM = "dm"
    CHANNEL = "channel"
    THREAD = "thread"
    FORUM_POST = "forum post"
    FLAT = "flat"  # a guild's channel that holds no threads: the chat of a voice channel


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or thread. `owner` began the thread; `root` names its conversation; `title` is a forum post's.

    The root of a thread is the thread itself but for one that was opened on the bot's response to a command: there it
    is the interaction, because the question was accepted before the thread had an id.
    """

    channel: str
    kind: PlaceKind
    guild: str = ""
    parent: str = ""
    owner: str = ""
    root: str = ""
    title: str = ""

    @property
    def surface(self) -> Surface:
        """Who reads along there."""
        if self.kind is PlaceKind.DM:
            return Surface.DM
        return Surface.THREAD if self.is_thread else Surface.CHANNEL

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of any kind."""
        return self.kind in {PlaceKind.THREAD, PlaceKind.FORUM_POST}

    @property
    def listed(self) -> str:
        """The channel that an operator's lists name: a thread belongs to its parent."""
        return self.parent or self.channel


def read_place(channel: Payload, *, guild: str = "", parent: Payload | None = None) -> Place:
    """Return the place that a channel object describes; `parent` is the object of a thread's channel, if known."""
    id_, type_ = snowflake(channel, "id"), number(channel, "type")
    if type_ in _DIRECT:
        return Place(id_, PlaceKind.DM)
    if is_thread(channel):
        thread = Place(id_, PlaceKind.THREAD, guild, snowflake(channel, "parent_id"), snowflake(channel, "owner_id"))
        is_post = number(parent or {}, "type") in _FORUMS
        return replace(thread, kind=PlaceKind.FORUM_POST, title=text(channel, "name")) if is_post else thread
    return Place(id_, PlaceKind.CHANNEL if type_ in _HOLD_THREADS else PlaceKind.FLAT, guild)


def is_thread(channel: Payload) -> bool:
    """Return whether a channel object describes a thread of any kind."""
    return number(channel, "type") in _THREADS
