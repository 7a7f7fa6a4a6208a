"""Edits and deletions that overtake their message: Slack promises no order, and delivers again after minutes.

They are kept in memory, briefly and boundedly: a message that comes later is taken as it is by then.
"""

from collections import OrderedDict
from dataclasses import replace

from adapters.contract import IncomingMessage, Kind
from bot.clock import Clock

# Slack delivers for the last time about six minutes after a message was written.
_KEPT_SECONDS = 900.0
_KEPT = 1_000


class Overtaken:
    """What has become of messages lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changes: OrderedDict[str, tuple[float, IncomingMessage]] = OrderedDict()

    def note(self, change: IncomingMessage) -> bool:
        """Note an edit or a deletion, and return whether it is the latest of its message."""
        now = self._clock.now()
        self._forget_old(now)
        known = self._changes.get(change.concerns)
        if known is not None and not _is_later(change, known[1]):
            return False
        self._changes[change.concerns] = now, change
        self._changes.move_to_end(change.concerns)
        return True

    def catch_up(self, message: IncomingMessage) -> IncomingMessage | None:
        """Return a message as it is by now, or None for one that was taken back."""
        found = self._changes.get(message.id)
        if found is None:
            return message
        change = found[1]
        if change.kind is Kind.DELETE or not change.text.strip():
            return None
        return replace(message, text=change.text, mentions=message.mentions | change.mentions)

    def _forget_old(self, now: float) -> None:
        while self._changes:
            at, _ = next(iter(self._changes.values()))
            if now - at < _KEPT_SECONDS and len(self._changes) < _KEPT:
                return
            self._changes.popitem(last=False)


def _is_later(change: IncomingMessage, known: IncomingMessage) -> bool:
    """Whether a change came about after another; nothing does after a deletion."""
    if known.kind is Kind.DELETE:
        return change.kind is Kind.DELETE
    return change.kind is Kind.DELETE or change.sent_at >= known.sent_at
