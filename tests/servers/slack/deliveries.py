"""What Slack tells the app, until the app says "received": attempts, acknowledgements, redelivery."""

import asyncio
import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.servers.slack.world import Json


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    """For a connection, or for the time of the next attempt."""
    SENT = "sent"
    RECEIVED = "received"
    GIVEN_UP = "given up"


EVENT, INTERACTIVE, COMMAND = "events_api", "interactive", "slash_commands"


@dataclass(slots=True, eq=False)
class Delivery:
    """One event, action or command. `answer` is the payload that came with the acknowledgement."""

    kind: str
    payload: Json
    retry: int = 0
    reason: str = ""
    state: State = State.WAITING
    envelopes: list[str] = field(default_factory=list)
    answer: Json | None = None
    on_answer: Callable[[Json], None] = lambda _answer: None

    @property
    def event_type(self) -> str:
        """The type of the event inside, or the kind of the delivery."""
        return str(self.payload["event"]["type"]) if self.kind == EVENT else self.kind


@dataclass(slots=True)
class Timings:
    """How long Slack waits for an acknowledgement, and before each redelivery. In seconds."""

    acknowledgement: float = 3.0
    retries: tuple[float, ...] = (0.0, 60.0, 300.0)


class Deliveries:
    """Sends everything until it is received. Only events are redelivered: a person sees that an action failed.

    `carry` hands one attempt to a connection and returns whether there was one.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.timings = Timings()
        self.all: list[Delivery] = []
        self.carry: Callable[[Delivery, str], bool] = lambda _delivery, _envelope: False
        self.is_paused = False
        self.has_own_timeouts = False
        """Whoever carries notices by itself that no acknowledgement came."""
        self._changed = changed
        self._numbers = itertools.count(1)
        self._by_envelope: dict[str, Delivery] = {}
        self._timers: dict[Delivery, asyncio.TimerHandle] = {}

    @property
    def unsettled(self) -> list[Delivery]:
        """What is neither received nor given up."""
        return [each for each in self.all if each.state in {State.WAITING, State.SENT}]

    def add(self, delivery: Delivery) -> Delivery:
        """Take a delivery and make its first attempt."""
        delivery.payload = copy.deepcopy(delivery.payload)
        self.all.append(delivery)
        self._attempt(delivery)
        return delivery

    def resume(self) -> None:
        """Send what was kept while there was no connection."""
        for delivery in self.all:
            if delivery.state is State.WAITING and delivery not in self._timers:
                self._attempt(delivery)

    def acknowledge(self, envelope: str, answer: Json | None = None) -> None:
        """Take the app's word that it has a delivery."""
        delivery = self._by_envelope.get(envelope)
        if delivery is None or delivery.state is State.RECEIVED:
            return
        self._stop_timer(delivery)
        delivery.state = State.RECEIVED
        delivery.answer = answer
        if answer:
            delivery.on_answer(answer)
        self._changed()

    def fail(self, envelope: str, reason: str, *, is_final: bool = False) -> None:
        """Note that an attempt failed, and plan the next one unless the app wants none."""
        delivery = self._by_envelope[envelope]
        if delivery.state is not State.SENT or delivery.envelopes[-1] != envelope:
            return
        self._stop_timer(delivery)
        if is_final or delivery.kind != EVENT or delivery.retry >= len(self.timings.retries):
            delivery.state = State.GIVEN_UP
        else:
            wait = self.timings.retries[delivery.retry]
            delivery.state, delivery.reason = State.WAITING, reason
            delivery.retry += 1
            self._set_timer(delivery, wait, lambda: self._attempt(delivery))
        self._changed()

    def close(self) -> None:
        """Stop all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _attempt(self, delivery: Delivery) -> None:
        self._stop_timer(delivery)
        envelope = f"envelope-{next(self._numbers)}"
        delivery.envelopes.append(envelope)
        self._by_envelope[envelope] = delivery
        delivery.state = State.SENT
        if self.is_paused or not self.carry(delivery, envelope):
            delivery.envelopes.pop()
            delivery.state = State.WAITING if delivery.kind == EVENT else State.GIVEN_UP
            delivery.retry, delivery.reason = max(1, delivery.retry), delivery.reason or "connection_failed"
        elif not self.has_own_timeouts:
            self._set_timer(delivery, self.timings.acknowledgement, lambda: self.fail(envelope, "timeout"))
        self._changed()

    def _set_timer(self, delivery: Delivery, seconds: float, action: Callable[[], None]) -> None:
        self._timers[delivery] = asyncio.get_running_loop().call_later(seconds, action)

    def _stop_timer(self, delivery: Delivery) -> None:
        timer = self._timers.pop(delivery, None)
        if timer is not None:
            timer.cancel()
