"""The circuit breaker: a failing model is left alone for a while, so that it costs later messages nothing."""

from collections.abc import Callable
from enum import Enum

from agents.errors import AccessRefused, ModelError, PromptNotAnswered, RateLimited
from agents.models.settings import CircuitLimits


class Permit(Enum):
    """The leave to make one call; its end must be reported with it."""

    REGULAR = "regular"
    TRIAL = "trial"
    """The one call that finds out whether a model that failed is well again."""


class Circuit:
    """Decide whether a model may be called, from how its last calls ended.

    After `failures` failures in a row, or one refusal, it opens. When the pause is over one call is let through as
    a trial while the others still pass by: its success closes the circuit, its failure doubles the pause. What calls
    report that began before it opened changes nothing: twenty of them failing together are one incident.
    """

    def __init__(self, clock: Callable[[], float], limits: CircuitLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures = 0
        self._pause_seconds = limits.pause_seconds
        self._opens_until: float | None = None
        self._is_tried = False

    @property
    def is_open(self) -> bool:
        """True while the model is left alone or on trial."""
        return self._opens_until is not None

    def admit(self) -> Permit | None:
        """Return the leave to begin a call, or None; report its end with `succeed`, `fail` or `abandon`."""
        if self._opens_until is None:
            return Permit.REGULAR
        if self._is_tried or self._clock() < self._opens_until:
            return None
        self._is_tried = True
        return Permit.TRIAL

    def succeed(self, permit: Permit) -> None:
        """Report a good end: the failures before it no longer count."""
        if permit is Permit.TRIAL:
            self._opens_until = None
            self._is_tried = False
        if not self.is_open:
            self._failures = 0
            self._pause_seconds = self._limits.pause_seconds

    def fail(self, permit: Permit, error: ModelError) -> None:
        """Report a failure, which counts unless it speaks against the prompt rather than the model."""
        if isinstance(error, PromptNotAnswered):
            self.succeed(permit)
        elif isinstance(error, RateLimited):
            self._pause(permit, self._limits.pause_seconds if error.retry_after is None else error.retry_after)
        elif permit is Permit.TRIAL:
            self._pause_seconds = min(2 * self._pause_seconds, self._limits.max_pause_seconds)
            self._pause(permit, self._pause_seconds)
        elif not self.is_open:
            self._failures += 1
            if self._failures >= self._limits.failures or isinstance(error, AccessRefused):
                self._pause(permit, self._pause_seconds)

    def abandon(self, permit: Permit) -> None:
        """Report a call that was given up before it could tell anything, such as one that the asker stopped."""
        if permit is Permit.TRIAL:
            self._is_tried = False

    def _pause(self, permit: Permit, seconds: float) -> None:
        if permit is Permit.TRIAL:
            self._is_tried = False
        until = self._clock() + min(seconds, self._limits.max_pause_seconds)
        self._opens_until = max(until, self._opens_until or until)
