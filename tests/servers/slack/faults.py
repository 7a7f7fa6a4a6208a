"""What can be made to go wrong with a call, for the next calls or by chance."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

EVERY = "*"


@dataclass(frozen=True, slots=True)
class Broken:
    """An HTTP status without Slack's JSON; nothing was done."""

    status: int = 500


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection closes before anything was done."""


@dataclass(frozen=True, slots=True)
class Lost:
    """All is done, and the connection closes without a response."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """All is done, and the response is cut off inside its JSON."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The call begins so many seconds later."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """The call begins when the test sets `release`; with `is_after`, only its response waits."""

    release: asyncio.Event
    is_after: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """`ok: false` with this error; nothing was done."""

    error: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limited:
    """HTTP 429, or HTTP 200 with `ratelimited`; nothing was done. A test need not wait a whole second."""

    retry_after: float = 1
    as_200: bool = False


Fault: TypeAlias = Broken | Reset | Lost | Malformed | Delay | Hold | Refuse | Limited


@dataclass(slots=True)
class _Planned:
    method: str
    fault: Fault
    times: int | None
    chance: float
    random: random.Random
    when: Callable[[Mapping[str, Any]], bool]


def always(_arguments: Mapping[str, Any]) -> bool:
    """Every call."""
    return True


@dataclass(slots=True)
class Faults:
    """The faults that are planned; `struck` lists those that happened, as (method, fault)."""

    struck: list[tuple[str, Fault]] = field(default_factory=list)
    _planned: list[_Planned] = field(default_factory=list)

    def plan(
        self,
        method: str,
        *faults: Fault,
        times: int | None = 1,
        when: Callable[[Mapping[str, Any]], bool] = always,
    ) -> None:
        """Let the next calls of a method (EVERY: of any) fail, each fault `times` times (None: for ever)."""
        self._planned += [_Planned(method, fault, times, 1.0, random.Random(0), when) for fault in faults]

    def plan_by_chance(self, method: str, fault: Fault, *, chance: float, random: random.Random) -> None:
        """Let calls fail by chance until `clear`."""
        self._planned.append(_Planned(method, fault, None, chance, random, always))

    def clear(self) -> None:
        """Let everything work again."""
        self._planned.clear()

    def strike(self, method: str, arguments: Mapping[str, Any]) -> Fault | None:
        """Return what goes wrong with this call, which uses it up."""
        for planned in self._planned:
            if planned.method not in {method, EVERY} or not planned.when(arguments):
                continue
            if planned.chance < 1.0 and planned.random.random() >= planned.chance:
                continue
            if planned.times is not None:
                planned.times -= 1
                if not planned.times:
                    self._planned.remove(planned)
            self.struck.append((method, planned.fault))
            return planned.fault
        return None
