"""Slack's own Stop button, which stands in direct messages while a session is "processing": never fails a reply.

Each start keeps a call back for its end, so that no button is left standing for the limit's sake.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable

from adapters.errors import AdapterError, NotPermitted
from adapters.limits import Rule, Scope
from adapters.meters import Belief, Bucket
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls

_log = logging.getLogger(__name__)

# Slack states no tier for it; Tier 3 is the least that its other methods for agents have.
_RULE = Rule(frozenset(), Scope.WORKSPACE, calls=50, seconds=60, burst=8)
_MAX_REMEMBERED = 1_000
# Where Slack refuses sessions, such as for an app that isn't declared an agent, it is not asked again for so long.
_REFUSED_SECONDS = 600.0


class Sessions:
    """Say when an answer is under way in a direct message, and when none is. `clock` tells seconds."""

    def __init__(self, calls: SlackCalls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._are_busy: OrderedDict[Place, bool] = OrderedDict()
        self._paused_until = float("-inf")

    async def begin(self, place: Place) -> None:
        """Show the button, unless it stands there."""
        if not _has_session(place) or self._are_busy.get(place) or self._bucket(place).level(self._clock()) < 2:
            return
        self._remember(place, is_busy=True)
        self._bucket(place).spend(self._clock())
        self._bucket(place).spend(self._clock())
        await self._set(place, "processing")

    async def end(self, place: Place) -> None:
        """Take the button away; one that an earlier process has left, too."""
        if not _has_session(place) or self._are_busy.get(place) is False:
            return
        if place not in self._are_busy:
            if self._bucket(place).level(self._clock()) < 1:
                return
            self._bucket(place).spend(self._clock())
        self._remember(place, is_busy=False)
        await self._set(place, "active")

    async def _set(self, place: Place, status: str) -> None:
        if self._clock() < self._paused_until:
            return
        call = {"channel_id": place.channel, "thread_ts": place.thread, "status": status}
        try:
            await self._calls.write(place.team, "agents.sessions.setStatus", call)
        except AdapterError as error:
            _log.debug("session not %s: %s", status, type(error).__name__)
            self._are_busy.pop(place, None)
            if isinstance(error, NotPermitted):
                self._paused_until = self._clock() + _REFUSED_SECONDS

    def _bucket(self, place: Place) -> Bucket:
        bucket = self._buckets.setdefault(place.team, Bucket(Belief(_RULE), self._clock()))
        self._buckets.move_to_end(place.team)
        if len(self._buckets) > _MAX_REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket

    def _remember(self, place: Place, *, is_busy: bool) -> None:
        self._are_busy[place] = is_busy
        self._are_busy.move_to_end(place)
        if len(self._are_busy) > _MAX_REMEMBERED:
            self._are_busy.popitem(last=False)


def _has_session(place: Place) -> bool:
    return place.channel.startswith("D") and bool(place.thread) and not place.is_private
