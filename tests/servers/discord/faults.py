"""What goes wrong on demand: for the next calls of a route, or for a share of them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from tests.servers.discord.asking import Call


class What(StrEnum):
    """How a call fails."""

    STATUS = "status"
    RESET = "reset"
    DELAY = "delay"
    HANG = "hang"
    """It waits until the fault's `released` is set."""
    BAN = "ban"
    """A 429 from the network in front of Discord: HTML, and no `Via` header."""
    NOTHING = "nothing"
    """It goes well: for a fault that only has an `action`."""


@dataclass(slots=True)
class Fault:
    """Something that happens to calls whose route matches (`message.*`).

    Before the call is performed, or `after_write`: then it was done, and only the answer is lost; calls that are
    refused don't count for it. `skip` calls go well first; `times` is how many it then happens to, None for all.
    `action` is done as the fault strikes: a kill, say.
    """

    route: str
    what: What = What.STATUS
    after_write: bool = False
    times: int | None = 1
    skip: int = 0
    share: float = 1.0
    status: int = 500
    seconds: float = 1.0
    """How long DELAY takes, or what a 429 tells to wait."""
    of: Callable[[Call], bool] = field(default=lambda _: True)
    action: Callable[[], None] | None = None
    struck: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def strikes(self, call: Call, chance: random.Random) -> bool:
        """Tell whether this call is hit, and count it."""
        if not fnmatchcase(call.route, self.route) or not self.of(call) or self.times == self.struck:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if chance.random() >= self.share:
            return False
        self.struck += 1
        return True


@dataclass(slots=True)
class Faults:
    """The faults in force."""

    chance: random.Random = field(default_factory=lambda: random.Random(7))
    plan: list[Fault] = field(default_factory=list)

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force and return it, so that its count can be read."""
        self.plan.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go well again."""
        self.plan.clear()

    def strike(self, call: Call, *, after_write: bool) -> Fault | None:
        """Return the fault that hits this call at this point."""
        due = (each for each in self.plan if each.after_write == after_write)
        return next((each for each in due if each.strikes(call, self.chance)), None)
