"""Messages in channels and threads: posted under a key, edited, and found again.

Where Slack finds our blocks invalid, a message gets its words alone.
"""

import logging
from collections.abc import Mapping
from typing import Protocol

from adapters.contract import Content
from adapters.errors import AdapterError, MessageGone, NotPermitted, ResponseLost, RetryLater
from adapters.limits import Scope
from adapters.slack.actions import EVENT_KEY, EVENT_TYPE
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls
from adapters.slack.errors import BlocksRefused, StreamOpen
from adapters.slack.render import render, render_bare
from adapters.slack.threads import SlackThreads

_log = logging.getLogger(__name__)

# What Slack would make of a text by itself: links to people and channels, and previews.
AS_WRITTEN = {"parse": "none", "link_names": False}
_NO_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}


class Speaks(Protocol):
    """A way to put messages into channels and threads."""

    async def post(self, place: Place, content: Content, key: str) -> str:
        """Post a message that can be found again by its key, and return its timestamp."""
        ...

    async def edit(self, place: Place, ts: str, content: Content) -> None:
        """Replace what a message shows."""
        ...

    async def find(self, place: Place, key: str) -> str | None:
        """Return the timestamp of the message that was posted under a key."""
        ...


class Messages:
    """Post once and edit (Speaks)."""

    def __init__(self, calls: SlackCalls, threads: SlackThreads) -> None:
        self._calls = calls
        self._threads = threads

    async def post(self, place: Place, content: Content, key: str, *, subject: str = "") -> str:
        """Post a message that can be found again by its key, and return its timestamp.

        `subject` is what its buttons are about, where that can't be told from the message.
        """
        call = {"channel": place.channel, "metadata": build_metadata(key), **AS_WRITTEN, **_NO_PREVIEWS}
        if place.thread:
            call["thread_ts"] = place.thread
        answer = await say(
            self._calls, place.team, "chat.postMessage", call, content, scope=Scope.CHANNEL, subject=subject
        )
        ts = ts_of(answer)
        if place.thread and not _is_in_a_thread(answer):
            await self._take_back(place, ts)
            raise MessageGone("the thread's first message is deleted")
        return ts

    async def _take_back(self, place: Place, ts: str) -> None:
        """Delete what Slack has put into the channel itself, as it does when a thread's first message is gone."""
        try:
            await self._calls.write(place.team, "chat.delete", {"channel": place.channel, "ts": ts})
        except AdapterError as error:
            _log.warning("a reply whose thread is gone stays in its channel: %s", type(error).__name__)

    async def edit(self, place: Place, ts: str, content: Content, *, key: str = "") -> None:
        """Replace what a message shows, and its key if one is given.

        A stream that a crash has left open is ended first.
        """
        try:
            await self._update(place, ts, content, key)
        except StreamOpen:
            await self._end_stream(place, ts)
            await self._update(place, ts, content, key)

    async def _update(self, place: Place, ts: str, content: Content, key: str) -> None:
        call: dict[str, object] = {"channel": place.channel, "ts": ts, **AS_WRITTEN}
        if key:
            # Without any in the call, those of the post stay.
            call["metadata"] = build_metadata(key)
        await say(self._calls, place.team, "chat.update", call, content, scope=Scope.WORKSPACE)

    async def _end_stream(self, place: Place, ts: str) -> None:
        try:
            await self._calls.write(place.team, "chat.stopStream", {"channel": place.channel, "ts": ts})
        except RetryLater:
            raise
        except AdapterError as error:
            _log.debug("an open stream could not be ended: %s", type(error).__name__)

    async def find(self, place: Place, key: str) -> str | None:
        """Return the timestamp of the message that was posted under a key."""
        return await self._threads.find(place, key)


def build_metadata(key: str) -> dict[str, object]:
    """Return the metadata by which a message is found again."""
    return {"event_type": EVENT_TYPE, "event_payload": {EVENT_KEY: key}}


def _is_in_a_thread(answer: Mapping[str, object]) -> bool:
    """Whether a post stands below another message; where Slack doesn't show the message, it is believed to."""
    message = answer.get("message")
    return bool(message.get("thread_ts")) if isinstance(message, dict) else True


async def say(
    calls: SlackCalls,
    team: str,
    method: str,
    call: dict[str, object],
    content: Content,
    *,
    scope: Scope,
    subject: str = "",
    is_private: bool = False,
) -> dict[str, object]:
    """Make a call that shows a content, and return its answer.

    Blocks that Slack refuses are left out: the words are more than the layout.
    """
    try:
        shown = render(content, subject=subject, is_private=is_private)
        return await calls.write(team, method, call | shown, scope=scope)
    except BlocksRefused:
        _log.warning("Slack finds the blocks of a message invalid: it gets the words alone")
        return await _say_bare(calls, team, method, call | render_bare(content), scope)


def ts_of(answer: Mapping[str, object]) -> str:
    """Return the timestamp of the message that a call has made; raises ResponseLost where Slack tells none."""
    ts = answer.get("ts") or answer.get("message_ts")
    if not ts:
        raise ResponseLost("Slack told no timestamp")
    return str(ts)


async def _say_bare(
    calls: SlackCalls, team: str, method: str, call: dict[str, object], scope: Scope
) -> dict[str, object]:
    try:
        return await calls.write(team, method, call, scope=scope)
    except BlocksRefused as error:
        raise NotPermitted("a message without blocks") from error
