"""Keeping what was noted last and forgetting the rest, so that a process may run for months."""

from collections import OrderedDict
from typing import Generic, TypeVar

KEPT = 5_000

V = TypeVar("V")


class Recent(OrderedDict[str, V], Generic[V]):
    """A dictionary of the latest notes."""

    def note(self, key: str, value: V) -> None:
        """Note a value, and forget the oldest one where there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > KEPT:
            self.popitem(last=False)
