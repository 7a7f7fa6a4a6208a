"""How often streams are read: at once while few are open, in the rhythm of a screen when there are many.

Being woken for each token of each answer, and all that followed from it, was two fifths of what an answer cost with
fifty at once. Nobody sees the difference: a platform then lets each be shown every few seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager

MAX_SECONDS = 0.1
# All streams together are read five hundred times a second.
_SECONDS_PER_STREAM = 0.002
# A timer for less than this costs more than it saves: a fast model's tokens are further apart.
_MIN_SECONDS = 0.01


class ReadingPace:
    """The pace that streams share."""

    def __init__(self) -> None:
        self._open = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count a stream as long as it is read."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1

    @property
    def seconds(self) -> float:
        """How far apart the reads of one stream are at least; 0 where each is read as it comes."""
        seconds = self._open * _SECONDS_PER_STREAM
        return 0.0 if seconds < _MIN_SECONDS else min(MAX_SECONDS, seconds)
