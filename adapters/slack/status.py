"""The line "… is searching" below a thread: nice to have, so it keeps its own gentle pace and never fails a reply."""

import logging
from collections.abc import Callable

from adapters.errors import AdapterError, NotPermitted, RateLimited
from adapters.recent import Recent
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls

_log = logging.getLogger(__name__)

# Slack takes a status away after two minutes, or when the bot posts.
_LIFE_SECONDS = 100.0
# Where Slack refuses a status it is not asked again for so long.
_REFUSED_SECONDS = 600.0


class StatusLine:
    """Show what is being done, where Slack has room for it."""

    def __init__(self, calls: SlackCalls, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._clock = clock
        self._shown: Recent[tuple[str, str, str], tuple[str, float]] = Recent()
        self._pauses: Recent[str, float] = Recent()

    async def show(self, place: Place, text: str) -> None:
        """Show a status, unless it stands there or Slack has asked for quiet."""
        if place.is_private or not place.thread:
            return
        thread, now = (place.team, place.channel, place.thread), self._clock()
        text_shown, shown_at = self._shown.get(thread, ("", 0.0))
        is_same = text == text_shown and (not text or now - shown_at < _LIFE_SECONDS)
        if is_same or self._is_paused(place, now):
            return
        self._shown.note(thread, (text, now))
        call = {"channel_id": place.channel, "thread_ts": place.thread, "status": text}
        try:
            await self._calls.write(place.team, "assistant.threads.setStatus", call)
        except AdapterError as error:
            self._pause(place, error)

    def forget(self, place: Place) -> None:
        """Learn that a post has taken the status away."""
        self._shown.pop((place.team, place.channel, place.thread), None)

    def _is_paused(self, place: Place, now: float) -> bool:
        return now < max(self._pauses.get(place.team, 0.0), self._pauses.get(f"{place.team}:{place.channel}", 0.0))

    def _pause(self, place: Place, error: AdapterError) -> None:
        _log.debug("status not shown: %s", type(error).__name__)
        now = self._clock()
        if isinstance(error, RateLimited):
            self._pauses.note(place.team, now + error.retry_after)
        elif isinstance(error, NotPermitted):
            self._pauses.note(f"{place.team}:{place.channel}", now + _REFUSED_SECONDS)
