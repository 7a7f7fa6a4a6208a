"""Keeping what was noted last and forgetting the rest, so that a process may run for months."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KEPT = 5_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A dictionary of the latest notes."""

    def note(self, key: K, value: V) -> None:
        """Note a value, and forget the oldest one where there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > KEPT:
            self.popitem(last=False)
