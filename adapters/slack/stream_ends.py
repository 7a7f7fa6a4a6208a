"""How many streams may be open: no more than could all end at once.

An end that has to wait leaves an answer looking unfinished, and its 429 would pause all edits besides.
"""

from collections.abc import Callable

from adapters.errors import RateLimited
from adapters.limits import Rule, Scope
from adapters.meters import Belief, Bucket
from adapters.recent import Recent

# Slack states no tier for chat.stopStream; that of chat.startStream is the least it can have. The burst is assumed.
_RULE = Rule(frozenset(), Scope.WORKSPACE, calls=20, seconds=60, burst=5)


class StreamEnds:
    """The calls that end streams, counted for each workspace. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._belief = Belief(_RULE)
        self._buckets: Recent[str, Bucket] = Recent()

    def suffice(self, team: str, streams: int) -> bool:
        """Whether so many streams could end now."""
        return self._bucket(team).level(self._clock()) >= streams

    def spend(self, team: str) -> None:
        """Count a call that is about to be made."""
        self._bucket(team).spend(self._clock())

    def refuse(self, team: str, error: RateLimited) -> None:
        """Learn from a refusal."""
        self._bucket(team).refuse(self._clock(), error.retry_after)

    def succeed(self, team: str) -> None:
        """Learn from a call that was answered."""
        self._bucket(team).succeed(self._clock())

    def _bucket(self, team: str) -> Bucket:
        bucket = self._buckets.get(team) or Bucket(self._belief, self._clock())
        self._buckets.note(team, bucket)
        return bucket
