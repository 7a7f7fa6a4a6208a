"""Reading threads at Slack's pace: after a crash many replies look for their posts at once, and they share one limit.

Each waits in line instead of being refused over and over.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.errors import RateLimited
from adapters.limits import Rule, Scope
from adapters.meters import Belief, Bucket
from adapters.slack.calls import SlackCalls

# Tier 3, for each method and workspace. The burst is an assumption, less than for edits: calls arrive later than they
# are counted here.
_RULE = Rule(frozenset(), Scope.WORKSPACE, calls=50, seconds=60, burst=8)
_MAX_LINES = 1_000


@dataclass(slots=True)
class _Line:
    bucket: Bucket
    head: asyncio.Lock = field(default_factory=asyncio.Lock)


class PacedReads:
    """Read once it is one's turn: first come, first served. `clock` must run as the event loop's time does."""

    def __init__(self, calls: SlackCalls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._lines: OrderedDict[tuple[str, str], _Line] = OrderedDict()

    async def read(self, workspace: str, method: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """Make a call that changes nothing; a refusal makes those behind it wait too."""
        line = self._line(workspace, method)
        async with line.head:
            await self._until_allowed(line.bucket)
            line.bucket.spend(self._clock())
        try:
            answer = await self._calls.read(workspace, method, params)
        except RateLimited as error:
            line.bucket.refuse(self._clock(), error.retry_after)
            raise
        line.bucket.succeed(self._clock())
        return answer

    async def _until_allowed(self, bucket: Bucket) -> None:
        seconds = bucket.wait(self._clock())
        while seconds > 0:  # a refusal of an earlier read may prolong it
            await asyncio.sleep(seconds)
            seconds = bucket.wait(self._clock())

    def _line(self, workspace: str, method: str) -> _Line:
        line = self._lines.setdefault((workspace, method), _Line(Bucket(Belief(_RULE), self._clock())))
        self._lines.move_to_end((workspace, method))
        if len(self._lines) > _MAX_LINES:
            self._lines.popitem(last=False)
        return line
