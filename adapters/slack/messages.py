"""A message in a channel or thread: posted under a key, or edited. With fewer blocks where Slack finds ours invalid."""

import logging

from adapters.contract import Content
from adapters.errors import NotPermitted
from adapters.limits import Scope
from adapters.slack.actions import EVENT_KEY, EVENT_TYPE
from adapters.slack.addresses import Place
from adapters.slack.calls import SlackCalls
from adapters.slack.errors import BlocksRefused
from adapters.slack.render import render, render_bare

_log = logging.getLogger(__name__)

# What Slack would make of a text by itself: links to people and channels, and previews.
AS_WRITTEN = {"parse": "none", "link_names": False}
_NO_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}


async def post_message(calls: SlackCalls, place: Place, content: Content, key: str) -> str:
    """Post a message that can be found again by its key, and return its timestamp."""
    metadata = {"event_type": EVENT_TYPE, "event_payload": {EVENT_KEY: key}}
    call: dict[str, object] = {"channel": place.channel, "metadata": metadata, **AS_WRITTEN, **_NO_PREVIEWS}
    if place.thread:
        call["thread_ts"] = place.thread
    return await say(calls, place.team, "chat.postMessage", call, content, scope=Scope.CHANNEL)


async def edit_message(calls: SlackCalls, place: Place, ts: str, content: Content) -> None:
    """Replace what a message shows; its metadata stay, since the call names none."""
    call = {"channel": place.channel, "ts": ts, **AS_WRITTEN}
    await say(calls, place.team, "chat.update", call, content, scope=Scope.WORKSPACE)


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
) -> str:
    """Make a call that shows a content, and return the timestamp in its answer.

    Blocks that Slack refuses are left out: the words are more than the layout.
    """
    try:
        shown = render(content, subject=subject, is_private=is_private)
        answer = await calls.write(team, method, call | shown, scope=scope)
    except BlocksRefused:
        _log.warning("Slack finds the blocks of a message invalid: it gets the words alone")
        answer = await _say_bare(calls, team, method, call | render_bare(content), scope)
    return str(answer.get("ts") or answer.get("message_ts") or "")


async def _say_bare(
    calls: SlackCalls, team: str, method: str, call: dict[str, object], scope: Scope
) -> dict[str, object]:
    try:
        return await calls.write(team, method, call, scope=scope)
    except BlocksRefused as error:
        raise NotPermitted("a message without blocks") from error
