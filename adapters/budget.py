"""How many calls may be made now: one meter for each rule and scope, learning from what the platform answers.

The platform's documented numbers are where it starts. A 429 pauses the scope and teaches a smaller burst; long
success at the edge teaches a larger one.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from adapters.contract import Address, Allowance
from adapters.errors import RateLimited
from adapters.limits import Action, Counting, Limits, Rule, Scope

# Successes with an empty bucket until one more token is tried; doubled by each 429.
_EDGE_SUCCESSES = 20
_RATE_STEP = 1.1
# A second 429 this soon says that the rate is wrong and not only the burst.
_SECOND_REFUSAL_SECONDS = 60.0
_MIN_RATE_SHARE = 0.1
# A burst is never believed to be more than this many times what the platform was assumed to allow.
_MAX_GROWTH = 5
_MAX_IDLE_METERS = 2_000


class Meter(Protocol):
    """The calls that one rule leaves within one scope. Times are the clock's seconds."""

    capacity: float

    def level(self, now: float) -> float:
        """Return how many calls may be made now; negative or zero while paused."""
        ...

    def spend(self, now: float) -> None:
        """Count a call that is being made."""
        ...

    def succeed(self, now: float) -> None:
        """Learn that a call was let through."""
        ...

    def refuse(self, now: float, retry_after: float) -> None:
        """Learn from a 429."""
        ...

    def hear(self, now: float, remaining: int, reset_after: float) -> None:
        """Learn from what a response says of this budget."""
        ...

    def wait(self, now: float) -> float:
        """Return the seconds until a call may be made, as far as is known."""
        ...

    def refill_seconds(self, now: float) -> float:
        """Return the seconds until one more call comes back."""
        ...


@dataclass(slots=True)
class Bucket:
    """A bucket that refills evenly."""

    rule: Rule
    at: float
    tokens: float = field(init=False)
    capacity: float = field(init=False)
    rate: float = field(init=False)
    paused_until: float = field(default=-1.0, init=False)
    refused_at: float = field(default=float("-inf"), init=False)
    edge: int = field(default=0, init=False)
    edge_needed: int = field(default=_EDGE_SUCCESSES, init=False)
    spent: deque[float] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self.tokens = self.capacity = float(self.rule.burst)
        self.rate = self.rule.rate

    def level(self, now: float) -> float:
        """Refill, and return the tokens."""
        if now > self.at:
            since = max(self.at, self.paused_until)
            self.tokens = min(self.capacity, self.tokens + max(0.0, now - since) * self.rate)
            self.at = now
        return 0.0 if now < self.paused_until else self.tokens

    def spend(self, now: float) -> None:
        """Take one token."""
        self.level(now)
        self.tokens -= 1
        self.spent.append(now)
        while len(self.spent) > 4 * self.capacity:
            self.spent.popleft()

    def succeed(self, now: float) -> None:
        """Go back towards the documented rate; after long success with an empty bucket try a larger one."""
        self.rate = min(self.rule.rate, self.rate * _RATE_STEP)
        self.edge += self.level(now) < 1
        if self.edge >= self.edge_needed and self.capacity < _MAX_GROWTH * self.rule.burst:
            self.capacity += 1
            self.edge = 0

    def refuse(self, now: float, retry_after: float) -> None:
        """Empty the bucket, wait, and believe in the burst that was let through, at most half of the earlier one."""
        self.capacity = max(1.0, min(self.capacity / 2, self._demonstrated(now)))
        if now - self.refused_at < _SECOND_REFUSAL_SECONDS:
            self.rate = max(_MIN_RATE_SHARE * self.rule.rate, self.rate / 2)
        self.refused_at = now
        self.tokens = 1.0
        self.at = now
        self.paused_until = max(self.paused_until, now + retry_after)
        self.edge, self.edge_needed = 0, self.edge_needed * 2
        self.spent.clear()

    def _demonstrated(self, now: float) -> float:
        """Return the largest bucket that the calls before this refusal prove: calls made less what refilled."""
        before = list(reversed(self.spent))[1:]
        return max([1.0, *(calls - (now - at) * self.rule.rate for calls, at in enumerate(before, start=1))])

    def hear(self, now: float, remaining: int, reset_after: float) -> None:
        """Take the platform's word where it has less than we believe."""
        if self.level(now) > remaining:
            self.tokens = float(remaining)
        if remaining == 0:
            self.paused_until = max(self.paused_until, now + min(reset_after, 1 / self.rate))

    def wait(self, now: float) -> float:
        """Return the seconds until there is a token."""
        level = self.level(now)
        pause = max(0.0, self.paused_until - now)
        return max(pause, (1 - level) / self.rate if level < 1 else 0.0)

    def refill_seconds(self, now: float) -> float:
        """Return the seconds that one token takes."""
        return max(1 / self.rate, self.paused_until - now)


@dataclass(slots=True)
class Window:
    """At most so many calls in any stretch of time, or until the reset that the platform names."""

    rule: Rule
    at: float
    capacity: float = field(init=False)
    spent: deque[float] = field(default_factory=deque, init=False)
    reset_at: float | None = field(default=None, init=False)
    remaining: int = field(default=0, init=False)
    paused_until: float = field(default=-1.0, init=False)
    in_flight: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.capacity = float(self.rule.calls)

    def _prune(self, now: float) -> None:
        while self.spent and self.spent[0] <= now - self.rule.seconds:
            self.spent.popleft()

    def level(self, now: float) -> float:
        """Return what is left of the window that the platform named, or else of our own."""
        if now < self.paused_until:
            return 0.0
        self._prune(now)
        if self.reset_at is not None and now < self.reset_at:
            return float(self.remaining)
        since = self.reset_at if self.reset_at is not None else -1.0
        return float(self.rule.calls - sum(at >= since for at in self.spent))

    def spend(self, now: float) -> None:
        """Count a call."""
        self.spent.append(now)
        self.in_flight += 1
        self.remaining -= 1

    def succeed(self, now: float) -> None:
        """Count a call as answered."""
        self._prune(now)
        self.in_flight = max(0, self.in_flight - 1)

    def refuse(self, now: float, retry_after: float) -> None:
        """Wait as long as the platform says."""
        self.in_flight = max(0, self.in_flight - 1)
        self.paused_until = max(self.paused_until, now + retry_after)

    def hear(self, now: float, remaining: int, reset_after: float) -> None:
        """Believe the platform, which counts calls of ours that we have forgotten."""
        self.remaining, self.reset_at = remaining - self.in_flight, now + reset_after

    def wait(self, now: float) -> float:
        """Return the seconds until the window has room."""
        return 0.0 if self.level(now) >= 1 else self.refill_seconds(now)

    def refill_seconds(self, now: float) -> float:
        """Return the seconds until the window is reset or its oldest call leaves it."""
        pause = max(0.0, self.paused_until - now)
        if self.reset_at is not None and now < self.reset_at:
            return max(pause, self.reset_at - now)
        return max(pause, self.spent[0] + self.rule.seconds - now if self.spent else 0.0)


class EditBudget:
    """The calls that all live replies of one platform share, posts and edits apart."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._meters: dict[tuple[int, str], Meter] = {}

    def _meters_for(self, action: Action, address: Address) -> list[Meter]:
        return [self._meter(rule, address) for rule in self._limits.rules if action in rule.actions]

    def _meter(self, rule: Rule, address: Address) -> Meter:
        key = (self._limits.rules.index(rule), scope_key(rule.scope, address))
        meter = self._meters.get(key)
        if meter is None:
            self._forget_idle()
            build = Bucket if rule.counting is Counting.BUCKET else Window
            meter = self._meters[key] = build(rule, self._clock())
        return meter

    def _forget_idle(self) -> None:
        """Drop the meters of quiet channels: a full one equals a new one."""
        if len(self._meters) < _MAX_IDLE_METERS:
            return
        now = self._clock()
        rules = self._limits.rules
        self._meters = {key: meter for key, meter in self._meters.items() if meter.level(now) < rules[key[0]].burst}

    def level(self, action: Action, address: Address, *, within: Scope | None = None) -> float:
        """Return how many such calls may be made now; `within` looks at the rules of one scope only."""
        now = self._clock()
        rules = [rule for rule in self._limits.rules if action in rule.actions and within in {None, rule.scope}]
        return min((self._meter(rule, address).level(now) for rule in rules), default=float("inf"))

    def capacity(self, action: Action, address: Address, *, within: Scope) -> float:
        """Return how many such calls can ever be made at once, as far as is known."""
        meters = [self._meter(r, address) for r in self._limits.rules if action in r.actions and r.scope is within]
        return min((meter.capacity for meter in meters), default=float("inf"))

    def refill_seconds(self, action: Action, address: Address, *, within: Scope) -> float:
        """Return the seconds until one more such call comes back."""
        meters = [self._meter(r, address) for r in self._limits.rules if action in r.actions and r.scope is within]
        return max((meter.refill_seconds(self._clock()) for meter in meters), default=0.0)

    def may_call(self, action: Action, address: Address) -> bool:
        """Whether one such call fits all rules now."""
        return self.level(action, address) >= 1

    def wait(self, action: Action, address: Address) -> float:
        """Return the seconds until one such call may be made."""
        now = self._clock()
        return max((meter.wait(now) for meter in self._meters_for(action, address)), default=0.0)

    def spend(self, action: Action, address: Address) -> None:
        """Count a call that is being made."""
        now = self._clock()
        for meter in self._meters_for(action, address):
            meter.spend(now)

    def succeed(self, action: Action, address: Address, allowance: Allowance | None = None) -> None:
        """Learn from a call that was let through."""
        now = self._clock()
        for rule in self._limits.rules:
            if action not in rule.actions:
                continue
            meter = self._meter(rule, address)
            meter.succeed(now)
            if allowance is not None and allowance.action is action and allowance.scope is rule.scope:
                meter.hear(now, allowance.remaining, allowance.reset_after)

    def refuse(self, action: Action, address: Address, error: RateLimited) -> None:
        """Learn from a 429: the scope that it names waits, for every reply in it."""
        now = self._clock()
        for rule in self._limits.rules:
            if action in rule.actions:
                meter = self._meter(rule, address)
                if rule.scope is error.scope:
                    meter.refuse(now, error.retry_after)
                else:
                    meter.succeed(now)


def scope_key(scope: Scope, address: Address) -> str:
    """Return what names the calls that a scope counts together."""
    match scope:
        case Scope.BOT:
            return address.platform
        case Scope.WORKSPACE:
            return f"{address.platform}:{address.workspace}"
        case Scope.CHANNEL:
            return f"{address.platform}:{address.workspace}:{address.channel}"
