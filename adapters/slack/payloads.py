"""Reading JSON that anybody may have sent: whatever a payload holds, what is asked for is there or is empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NOTHING: Mapping[str, object] = {}
_IDENTITY = re.compile(r"[A-Za-z0-9_.\-]{1,100}")
# Ten digits last until the year 2286; a longer number could be infinite as a float.
_TIMESTAMP = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Myself:
    """Who we are in a workspace: the bot's user and its `B…` identity."""

    user: str = ""
    bot: str = ""


def part(value: object, *path: str) -> Mapping[str, object]:
    """Return the object at a path, or an empty one."""
    found = _at(value, path)
    return found if isinstance(found, dict) else _NOTHING


def word(value: object, *path: str) -> str:
    """Return the text at a path, or an empty one, without what no database keeps: NUL and halves of characters."""
    found = _at(value, path)
    if not isinstance(found, str):
        return ""
    return found.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def identity(value: object, *path: str) -> str:
    """Return the id at a path, or an empty text when there is nothing that could be one."""
    found = word(value, *path)
    return found if _IDENTITY.fullmatch(found) else ""


def timestamp(value: object, *path: str) -> str:
    """Return Slack's name and time of a message (`ts`) at a path, or an empty text."""
    found = word(value, *path)
    return found if _TIMESTAMP.fullmatch(found) else ""


def first(value: object, *path: str) -> Mapping[str, object]:
    """Return the first object of the list at a path, or an empty one."""
    found = _at(value, path)
    return part(found[0]) if isinstance(found, list) and found else _NOTHING


def each(value: object, *path: str) -> tuple[Mapping[str, object], ...]:
    """Return the objects of the list at a path."""
    found = _at(value, path)
    return tuple(one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _at(value: object, path: tuple[str, ...]) -> object:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
