"""Look into a payload without trusting it: what isn't as documented reads as absent, so that parsing never raises."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Payload: TypeAlias = Mapping[str, Any]
"""A JSON object as it came from Discord."""

_EMPTY: Payload = {}
_EPOCH_MS = 1_420_070_400_000
"""Snowflakes count from the first second of 2015."""
_BITS_BELOW_TIME = 22
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")


def part(payload: object, *path: str) -> Payload:
    """Return the object under a path of keys, or an empty one; without a path, `payload` if it is an object."""
    for key in path:
        payload = payload.get(key) if isinstance(payload, Mapping) else None
    return payload if isinstance(payload, Mapping) else _EMPTY


def parts(payload: Payload, key: str) -> Iterator[Payload]:
    """Yield the objects of a list under a key."""
    yield from objects(payload.get(key))


def objects(value: object) -> Iterator[Payload]:
    """Yield the objects of a list, or nothing where it is something else."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, Mapping))


def text(payload: Payload, key: str) -> str:
    """Return a string that can be stored: a lone surrogate, which JSON may spell, can't be."""
    found = payload.get(key)
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def number(payload: Payload, key: str) -> int:
    """Return a whole number, or -1 where there is none; Discord's types and sizes are never negative."""
    found = payload.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else -1


def is_set(payload: Payload, key: str) -> bool:
    """Return whether a flag is there and true."""
    return payload.get(key) is True


def snowflake(payload: Payload, key: str) -> str:
    """Return an id, or an empty string."""
    return as_snowflake(payload.get(key))


def as_snowflake(value: object) -> str:
    """Return an id as a string, whether it came as one or as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 2**64 else ""
    return value if isinstance(value, str) and _SNOWFLAKE.fullmatch(value) else ""


def snowflakes(payload: Payload, key: str) -> frozenset[str]:
    """Return the ids of a list of ids or of objects with an id."""
    found = payload.get(key)
    each = found if isinstance(found, list) else []
    ids = (snowflake(one, "id") if isinstance(one, Mapping) else as_snowflake(one) for one in each)
    return frozenset(one for one in ids if one)


def time_of(id_: str) -> float:
    """Return when a snowflake was made, in epoch seconds."""
    return ((int(id_) >> _BITS_BELOW_TIME) + _EPOCH_MS) / 1000 if id_ else 0.0


def first_snowflake(at: float) -> int:
    """Return the first snowflake of a time in epoch seconds."""
    return max(0, int(at * 1000) - _EPOCH_MS) << _BITS_BELOW_TIME
