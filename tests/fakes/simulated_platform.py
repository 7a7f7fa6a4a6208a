"""A platform in memory with real limits, counted by its own simple rules rather than by the code under test."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from adapters.contract import Address, Allowance, Content, MessageReference, Receipt
from adapters.errors import AdapterError, MessageGone, MessageTooLong, RateLimited, ResponseLost
from adapters.limits import Action, Counting, Limits, Rule, Scope


@dataclass(slots=True)
class Shown:
    """One message as people see it, with every frame that it has shown."""

    reference: MessageReference
    key: str
    frames: list[tuple[float, Content]]
    is_deleted: bool = False

    @property
    def content(self) -> Content:
        return self.frames[-1][1]


@dataclass(slots=True)
class Counter:
    """What the platform counts for one rule in one scope."""

    rule: Rule
    tokens: float
    at: float
    window_until: float = 0.0

    def wait(self, now: float) -> float:
        """Return 0 where one more call fits, or the seconds after which it may be tried again."""
        if self.rule.counting is Counting.WINDOW:
            if now >= self.window_until:
                return 0.0
            seconds = 0.0 if self.tokens >= 1 else self.window_until - now
        else:
            self.tokens = min(float(self.rule.burst), self.tokens + (now - self.at) * self.rule.rate)
            self.at = now
            seconds = 0.0 if self.tokens >= 1 - 1e-9 else (1 - self.tokens) / self.rule.rate
        # No platform names less than a millisecond, and a clock may not see it pass.
        return max(0.001, seconds) if seconds else 0.0

    def take(self, now: float) -> None:
        """Count one call; the first one opens a window."""
        if self.rule.counting is Counting.WINDOW and now >= self.window_until:
            self.tokens, self.window_until = float(self.rule.calls), now + self.rule.seconds
        self.tokens -= 1

    def allowance(self, now: float, action: Action) -> Allowance:
        full = self.window_until - now
        if self.rule.counting is Counting.BUCKET:
            full = (self.rule.burst - self.tokens) / self.rule.rate
        return Allowance(action, self.rule.scope, int(self.tokens), max(0.0, full))


Fault = Callable[[Action, int], AdapterError | None]
"""Given a call and its number from 1, return the failure that it meets, or None."""


@dataclass
class SimulatedPlatform:
    """Post, edit, upload, find, delete and show status, within `limits` and with faults on demand."""

    limits: Limits
    clock: Callable[[], float]
    true_rules: tuple[Rule, ...] | None = None
    latency: Callable[[], float] = lambda: 0.0
    tells_allowance: bool = False
    fault: Fault = lambda _action, _number: None
    messages: list[Shown] = field(default_factory=list)
    files: list[tuple[Address, str, str]] = field(default_factory=list)
    file_keys: set[str] = field(default_factory=set)
    statuses: list[tuple[Address, str]] = field(default_factory=list)
    refused: list[tuple[float, Action, Content]] = field(default_factory=list)
    calls: int = 0
    in_flight: dict[MessageReference, int] = field(default_factory=lambda: defaultdict(int))
    overlaps: int = 0
    on_change: Callable[[Shown], None] = lambda _: None
    uneditable: frozenset[Address] = frozenset()
    calls_left: Callable[[], int] = lambda: 1_000
    _counters: dict[tuple[int, str], Counter] = field(default_factory=dict)

    def may_edit(self, address: Address) -> bool:
        return address not in self.uneditable

    async def post(self, address: Address, content: Content, *, key: str) -> Receipt:
        fault = await self._admit(Action.POST, address, content, self.limits.max_post_size)
        shown = Shown(MessageReference(address, f"m{len(self.messages)}"), key, [(self.clock(), content)])
        self.messages.append(shown)
        self.on_change(shown)
        if fault is not None:
            raise fault
        return Receipt(shown.reference, self._allowance(Action.POST, address))

    async def edit(self, reference: MessageReference, content: Content) -> Receipt:
        self.overlaps += self.in_flight[reference] > 0
        self.in_flight[reference] += 1
        try:
            fault = await self._admit(Action.EDIT, reference.address, content, self.limits.max_edit_size)
        finally:
            self.in_flight[reference] -= 1
        shown = self._shown(reference)
        shown.frames.append((self.clock(), content))
        self.on_change(shown)
        if fault is not None:
            raise fault
        return Receipt(reference, self._allowance(Action.EDIT, reference.address))

    async def upload(self, address: Address, name: str, text: str, *, key: str) -> None:
        await asyncio.sleep(self.latency())
        if key not in self.file_keys:
            self.file_keys.add(key)
            self.files.append((address, name, text))

    async def find(self, address: Address, key: str) -> MessageReference | None:
        await asyncio.sleep(self.latency())
        for shown in self.messages:
            if shown.key == key and shown.reference.address == address and not shown.is_deleted:
                return shown.reference
        return None

    async def delete(self, reference: MessageReference) -> None:
        await asyncio.sleep(self.latency())
        for shown in self.messages:
            shown.is_deleted = shown.is_deleted or shown.reference == reference

    async def show_status(self, address: Address, text: str) -> None:
        self.statuses.append((address, text))

    def visible(self, address: Address) -> list[str]:
        """Return the texts that stand at an address."""
        here = [shown for shown in self.messages if shown.reference.address == address and not shown.is_deleted]
        return [shown.content.text for shown in here]

    async def _admit(self, action: Action, address: Address, content: Content, max_size: int) -> AdapterError | None:
        """Wait as the network does and refuse what the platform refuses; return a fault that comes after the deed."""
        self.calls += 1
        number = self.calls
        await asyncio.sleep(self.latency())
        self._count(action, address, content)
        if self.limits.measure(content.text) > max_size:
            raise MessageTooLong
        fault = self.fault(action, number)
        if fault is not None and not isinstance(fault, ResponseLost):
            raise fault
        return fault

    def _count(self, action: Action, address: Address, content: Content) -> None:
        counters = list(self._counters_of(action, address))
        now = self.clock()
        tightest = max(counters, key=lambda counter: counter.wait(now))
        if tightest.wait(now) > 0:
            self.refused.append((now, action, content))
            raise RateLimited(tightest.wait(now), tightest.rule.scope)
        for counter in counters:
            counter.take(now)

    def _counters_of(self, action: Action, address: Address) -> Iterator[Counter]:
        for index, rule in enumerate(self.true_rules or self.limits.rules):
            if action in rule.actions:
                place = {Scope.BOT: "", Scope.WORKSPACE: address.workspace, Scope.CHANNEL: address.channel}[rule.scope]
                key = (index, place)
                if key not in self._counters:
                    self._counters[key] = Counter(rule, float(rule.burst), self.clock())
                yield self._counters[key]

    def _allowance(self, action: Action, address: Address) -> Allowance | None:
        if not self.tells_allowance:
            return None
        told = [c for c in self._counters_of(action, address) if c.rule.scope is Scope.CHANNEL]
        return told[0].allowance(self.clock(), action) if told else None

    def _shown(self, reference: MessageReference) -> Shown:
        number = reference.message.removeprefix("m")
        if not number.isdigit() or int(number) >= len(self.messages) or self.messages[int(number)].is_deleted:
            raise MessageGone
        return self.messages[int(number)]
