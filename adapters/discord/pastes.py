"""Recognising a long paste that the person's own app has cut into several messages. Pure.

In a thread or a direct message the parts are in one conversation anyway, and the bot joins what one author writes in
quick succession. In a channel only the first part mentions the bot; the others would be nobody's.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from adapters.discord.payload import Payload, part, snowflake, text, time_of

_FULL_CHARS = 1_800
"""A part that was cut is nearly full: apps cut at 2,000, some at a line's end before."""
_GAP_SECONDS = 2.0
_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Part:
    root: str
    at: float


@dataclass(slots=True)
class Pastes:
    """The last full part of each person in each channel."""

    _parts: OrderedDict[tuple[str, str], _Part] = field(default_factory=OrderedDict)

    def root_of(self, message: Payload) -> str:
        """Return the message whose paste this one continues, or nothing."""
        last = self._parts.pop(_key(message), None)
        if last is None or not 0 <= time_of(snowflake(message, "id")) - last.at <= _GAP_SECONDS:
            return ""
        return last.root

    def note(self, message: Payload, root: str) -> None:
        """Learn of a part that is for the bot; `root` is the first one."""
        if len(text(message, "content")) < _FULL_CHARS:
            return
        self._parts[_key(message)] = _Part(root, time_of(snowflake(message, "id")))
        if len(self._parts) > _KEPT:
            self._parts.popitem(last=False)


def _key(message: Payload) -> tuple[str, str]:
    return snowflake(message, "channel_id"), snowflake(part(message, "author"), "id")
