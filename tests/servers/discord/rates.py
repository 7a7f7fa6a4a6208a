"""Discord's rate limits as fixed windows: a bucket for each route and channel, and one for everything."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """So many calls in so many seconds."""

    calls: int
    seconds: float


@dataclass(slots=True)
class Window:
    """The calls of one bucket since its window began."""

    ends: float
    used: int = 0


def build_rules() -> dict[str, Rule]:
    """Return the limits that are known from outside; a route without one sends no headers."""
    return {
        "message.create": Rule(5, 5.0),
        "message.edit": Rule(5, 5.0),
        "message.delete": Rule(5, 1.0),
        "reaction.add": Rule(1, 0.25),
        "typing": Rule(5, 5.0),
        "followup.create": Rule(5, 2.0),
        "followup.edit": Rule(5, 2.0),
        "original.edit": Rule(5, 2.0),
    }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may be done, and the headers that go with the answer. `wait` is 0 when it may."""

    headers: dict[str, str]
    wait: float = 0.0
    is_global: bool = False

    def body(self) -> dict[str, object]:
        """Write the JSON of a 429."""
        return {"message": "You are being rate limited.", "retry_after": self.wait, "global": self.is_global}


@dataclass(slots=True)
class Rates:
    """The windows that are open. `rules` may be changed by a test at any time."""

    clock: Callable[[], float]
    rules: dict[str, Rule] = field(default_factory=build_rules)
    whole: Rule = field(default_factory=lambda: Rule(50, 1.0))
    refused: int = 0
    """How many 429s were answered."""
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)

    def take(self, route: str, major: str, *, is_exempt: bool) -> Verdict:
        """Count one call, unless its bucket is empty."""
        if not is_exempt:
            window = self._window(("", ""), self.whole)
            if window.used >= self.whole.calls:
                return self._refuse({"X-RateLimit-Global": "true"}, window, "global")
            window.used += 1
        rule = self.rules.get(route)
        if rule is None:
            return Verdict({})
        window = self._window((route, major), rule)
        if window.used >= rule.calls:
            return self._refuse(self._headers(route, rule, window), window, "user")
        window.used += 1
        return Verdict(self._headers(route, rule, window))

    def _window(self, key: tuple[str, str], rule: Rule) -> Window:
        now = self.clock()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = Window(now + rule.seconds)
        return window

    def _refuse(self, headers: dict[str, str], window: Window, scope: str) -> Verdict:
        self.refused += 1
        wait = max(window.ends - self.clock(), 0.001)
        told = {"Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": scope}
        return Verdict(headers | told, round(wait, 3), is_global=scope == "global")

    def _headers(self, route: str, rule: Rule, window: Window) -> dict[str, str]:
        left = max(window.ends - self.clock(), 0.001)
        return {
            "X-RateLimit-Limit": str(rule.calls),
            "X-RateLimit-Remaining": str(rule.calls - window.used),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }
