"""How many calls may be made now: one meter for each rule and scope, all told what the platform answers."""

from collections.abc import Callable

from adapters.contract import Address, Allowance
from adapters.errors import RateLimited
from adapters.limits import Action, Counting, Limits, Rule, Scope
from adapters.meters import Belief, Bucket, Meter, Window

_MAX_IDLE_METERS = 2_000
_AMPLE_SHARE = 0.8


class EditBudget:
    """The calls that all live replies of one platform share, posts and edits apart."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._beliefs = [Belief(rule) for rule in limits.rules]
        self._meters: dict[tuple[int, str], Meter] = {}

    def _meters_for(self, action: Action, address: Address) -> list[Meter]:
        return [self._meter(rule, address) for rule in self._limits.rules if action in rule.actions]

    def _meter(self, rule: Rule, address: Address) -> Meter:
        key = (self._limits.rules.index(rule), scope_key(rule.scope, address))
        meter = self._meters.get(key)
        if meter is None:
            self._forget_idle()
            is_bucket = rule.counting is Counting.BUCKET
            meter = Bucket(self._beliefs[key[0]], self._clock()) if is_bucket else Window(rule)
            self._meters[key] = meter
        return meter

    def _forget_idle(self) -> None:
        """Drop the meters of quiet channels: a full one equals a new one."""
        if len(self._meters) < _MAX_IDLE_METERS:
            return
        now = self._clock()
        self._meters = {key: meter for key, meter in self._meters.items() if meter.level(now) < meter.capacity}

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

    def is_ample(self, action: Action, address: Address) -> bool:
        """Whether nearly all calls of this kind are left, so that nobody else seems to need them."""
        now = self._clock()
        return all(meter.level(now) >= _AMPLE_SHARE * meter.capacity for meter in self._meters_for(action, address))

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
