"""What one rate limit has left: a bucket or a window, and what refusals and successes teach of it.

The platform's documented numbers are where it starts. A 429 teaches a smaller burst, long success at the edge a
larger one. Times are the clock's seconds.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

from adapters.limits import Rule

# Successes with an empty bucket until one more token is tried; doubled by each 429.
_EDGE_SUCCESSES = 20
_RATE_STEP = 1.1
# A second 429 this soon says that the rate is wrong and not only the burst.
_SECOND_REFUSAL_SECONDS = 60.0
_MIN_RATE_SHARE = 0.1
# A burst is never believed to be more than this many times what the platform was assumed to allow.
_MAX_GROWTH = 5
# No call stays unanswered for longer.
_MAX_ANSWER_SECONDS = 30.0


@dataclass(slots=True)
class Belief:
    """What a rule is believed to allow, learnt in one scope and true for all: it is a trait of the platform."""

    rule: Rule
    capacity: float = field(init=False)
    rate: float = field(init=False)
    refused_at: float = field(default=float("-inf"), init=False)
    edge: int = field(default=0, init=False)
    edge_needed: int = field(default=_EDGE_SUCCESSES, init=False)

    def __post_init__(self) -> None:
        self.capacity = float(self.rule.burst)
        self.rate = self.rule.rate

    def succeed(self, *, is_at_edge: bool) -> None:
        """Go back towards the documented rate; after long success with an empty bucket try a larger one."""
        self.rate = min(self.rule.rate, self.rate * _RATE_STEP)
        self.edge += is_at_edge
        if self.edge >= self.edge_needed and self.capacity < _MAX_GROWTH * self.rule.burst:
            self.capacity += 1
            self.edge = 0

    def refuse(self, now: float, demonstrated: float) -> None:
        """Believe in the burst that was let through, at most half of the earlier one; then doubt the rate."""
        self.capacity = max(1.0, min(self.capacity / 2, demonstrated))
        if now - self.refused_at < _SECOND_REFUSAL_SECONDS:
            self.rate = max(_MIN_RATE_SHARE * self.rule.rate, self.rate / 2)
        self.refused_at = now
        self.edge, self.edge_needed = 0, self.edge_needed * 2


@dataclass(slots=True)
class Bucket:
    """A bucket that refills evenly."""

    belief: Belief
    at: float
    tokens: float = field(init=False)
    paused_until: float = field(default=-1.0, init=False)
    spent: deque[float] = field(default_factory=deque, init=False)
    held_until: float = field(default=-1.0, init=False)
    """While a call that was taken from a full bucket is unanswered, nobody knows whether it has arrived, and only from
    then on does the platform's bucket refill."""

    def __post_init__(self) -> None:
        self.tokens = self.belief.capacity

    @property
    def capacity(self) -> float:
        """How many tokens fit."""
        return self.belief.capacity

    def level(self, now: float) -> float:
        """Refill, and return the tokens."""
        if now > self.at:
            since = max(self.at, self.paused_until, min(now, self.held_until))
            self.tokens += max(0.0, now - since) * self.belief.rate
            self.at = now
        self.tokens = min(self.belief.capacity, self.tokens)
        return 0.0 if now < self.paused_until else self.tokens

    def spend(self, now: float) -> None:
        """Take one token."""
        self.level(now)
        if self.tokens >= self.capacity:
            self.held_until = now + _MAX_ANSWER_SECONDS
        self.tokens -= 1
        self.spent.append(now)
        while len(self.spent) > 4 * self.capacity:
            self.spent.popleft()

    def succeed(self, now: float) -> None:
        """Tell the belief."""
        self.belief.succeed(is_at_edge=self.level(now) < 1)
        self.held_until = now

    def refuse(self, now: float, retry_after: float) -> None:
        """Empty the bucket, wait, and tell the belief what was let through: calls made less what refilled."""
        before = list(reversed(self.spent))[1:]
        rate = self.belief.rule.rate
        self.belief.refuse(now, max([1.0, *(calls - (now - at) * rate for calls, at in enumerate(before, start=1))]))
        # When the pause is over there is one call, as the platform says.
        self.tokens = 1.0
        self.at = self.held_until = now
        self.paused_until = max(self.paused_until, now + retry_after)
        self.spent.clear()

    def hear(self, now: float, remaining: int, reset_after: float) -> None:
        """Take the platform's word where it has less than we believe."""
        if self.level(now) > remaining:
            self.tokens = float(remaining)
        if remaining == 0:
            self.paused_until = max(self.paused_until, now + min(reset_after, 1 / self.belief.rate))

    def wait(self, now: float) -> float:
        """Return the seconds until there is a token."""
        level = self.level(now)
        pause = max(0.0, self.paused_until - now)
        return max(pause, (1 - level) / self.belief.rate if level < 1 else 0.0)

    def refill_seconds(self, now: float) -> float:
        """Return the seconds that one token takes."""
        return max(1 / self.belief.rate, self.paused_until - now)


@dataclass(slots=True)
class Window:
    """At most so many calls in any stretch of time, or until the reset that the platform names."""

    rule: Rule
    spent: deque[float] = field(default_factory=deque, init=False)
    reset_at: float | None = field(default=None, init=False)
    remaining: int = field(default=0, init=False)
    paused_until: float = field(default=-1.0, init=False)
    in_flight: int = field(default=0, init=False)

    @property
    def capacity(self) -> float:
        """How many calls a window holds."""
        return float(self.rule.calls)

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


Meter: TypeAlias = Bucket | Window
