"""Slack's native streams as a way to speak: text grows by itself, and editing takes over wherever that fails.

A stream takes text only at its end, so it gets what is settled. It has no metadata before it ends: one whose beginning
got lost is known by having none. It ends with the message, or well before Slack would end it; then the message is
edited like any other.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from adapters.budget import EditBudget
from adapters.contract import Content
from adapters.errors import AdapterError, RateLimited, ResponseLost, RetryLater
from adapters.limits import Action, Limits, Rule, Scope, Unit
from adapters.recent import Recent
from adapters.slack.addresses import Place, build_address
from adapters.slack.calls import SlackCalls
from adapters.slack.messages import Messages, build_metadata, ts_of
from adapters.slack.render import render
from adapters.slack.stream_ends import StreamEnds
from adapters.slack.threads import SlackThreads

_log = logging.getLogger(__name__)

# Slack ends a stream after about five minutes.
_LIFE_SECONDS = 240.0
# Where a stream was refused, the next attempt is made so much later.
_REFUSED_SECONDS = 600.0
# The key of a message that is edited: its reference is stored, so that nobody looks for it by the key of its post.
# One that was a stream before a crash has none, and must not be taken for a stream that was never noted.
_NOTED = "noted"
# chat.startStream is of Tier 2; the burst is an assumption, since Slack publishes none. What is streamed to then is
# counted as an edit: appends may be twice as frequent (Tier 4), but under load most messages are edited after all, and
# counting both at the appends' rate cost ten replies 104 unseen words instead of 59.
_STARTS = Rule(frozenset({Action.POST}), Scope.WORKSPACE, calls=20, seconds=60, burst=5)


@dataclass(slots=True)
class _Stream:
    """A message that is being streamed to: `sent` is on screen, `wanted` should be. Unless `is_sound`, who knows."""

    place: Place
    ts: str
    key: str
    sent: str
    wanted: Content
    until: float
    is_sound: bool = True


class StreamedMessages:
    """Stream where it can be done, and edit elsewhere (messages.Speaks)."""

    def __init__(self, plain: Messages, calls: SlackCalls, threads: SlackThreads, clock: Callable[[], float]) -> None:
        self._plain = plain
        self._calls = calls
        self._threads = threads
        self._clock = clock
        self._starts = EditBudget(Limits(Unit.BYTES, 0, 0, (_STARTS,)), clock)
        self._ends = StreamEnds(clock)
        self._beginning: Counter[str] = Counter()
        self._open: Recent[str, _Stream] = Recent()
        self._pauses: Recent[str, float] = Recent()

    async def post(self, place: Place, content: Content, key: str) -> str:
        """Begin a stream, or post a message."""
        await self._end_others(place)
        words, recipient = _settled_words(content), _recipient(content)
        if not (content.is_live and words.strip() and recipient and place.thread and self._may_start(place)):
            return await self._plain.post(place, content, key)
        try:
            ts = await self._start(place, words, recipient)
        except RateLimited as error:
            self._starts.refuse(Action.POST, build_address(place), error)
            return await self._plain.post(place, content, key)
        except RetryLater:
            raise
        except AdapterError as error:
            _log.info("no stream in %s: %s", place.channel, error)
            self._pauses.note(_pause_key(place), self._clock() + _REFUSED_SECONDS)
            return await self._plain.post(place, content, key)
        self._open.note(_name(place, ts), _Stream(place, ts, key, words, content, self._clock() + _LIFE_SECONDS))
        return ts

    async def edit(self, place: Place, ts: str, content: Content) -> None:
        """Add to a stream or end it; any other message is edited."""
        stream = self._open.get(_name(place, ts))
        if stream is None:
            await self._plain.edit(place, ts, content, key=_NOTED)
            return
        stream.wanted = content
        words = _settled_words(content)
        if not content.is_live or not self._may_grow(stream, words):
            await self._end(stream)
        elif len(words) > len(stream.sent):
            await self._append(stream, words)

    async def find(self, place: Place, key: str) -> str | None:
        """Return the message that was posted under a key, or the stream that was begun and not noted."""
        found = await self._plain.find(place, key)
        if found is not None or not place.thread:
            return found
        return await self._threads.find_orphan(place, {stream.ts for stream in self._open.values()})

    def _may_start(self, place: Place) -> bool:
        if self._clock() < self._pauses.get(_pause_key(place), 0.0):
            return False
        open_ones = sum(stream.place.team == place.team for stream in self._open.values())
        can_end = self._ends.suffice(place.team, open_ones + self._beginning[place.team] + 1)
        return can_end and self._starts.may_call(Action.POST, build_address(place))

    async def _start(self, place: Place, words: str, recipient: str) -> str:
        address = build_address(place)
        self._starts.spend(Action.POST, address)
        call = {
            "channel": place.channel,
            "thread_ts": place.thread,
            "recipient_user_id": recipient,
            "recipient_team_id": place.team,
            "markdown_text": words,
        }
        self._beginning[place.team] += 1
        try:
            answer = await self._calls.write(place.team, "chat.startStream", call)
        finally:
            self._beginning[place.team] -= 1
        self._starts.succeed(Action.POST, address)
        return ts_of(answer)

    def _may_grow(self, stream: _Stream, words: str) -> bool:
        is_longer = words.startswith(stream.sent) or stream.sent.startswith(words)
        return stream.is_sound and is_longer and self._clock() < stream.until

    async def _append(self, stream: _Stream, words: str) -> None:
        call = _call(stream) | {"markdown_text": words[len(stream.sent) :]}
        if await self._try(stream, self._calls.write(stream.place.team, "chat.appendStream", call)):
            stream.sent = words

    async def _end(self, stream: _Stream) -> None:
        """End a stream with all that its message should show."""
        words = _words(stream.wanted)
        if not stream.is_sound or not words.startswith(stream.sent) or stream.wanted.is_live:
            await self._edit_instead(stream)
            return
        ending: dict[str, object] = {"metadata": build_metadata(stream.key), "blocks": _below(stream.wanted)}
        if rest := words[len(stream.sent) :]:
            ending["markdown_text"] = rest
        if await self._try(stream, self._stop(stream, ending)):
            self._forget(stream)

    async def _stop(self, stream: _Stream, ending: dict[str, object]) -> None:
        team = stream.place.team
        self._ends.spend(team)
        try:
            await self._calls.write(team, "chat.stopStream", _call(stream) | ending)
        except RateLimited as error:
            self._ends.refuse(team, error)
            raise
        self._ends.succeed(team)

    async def _try(self, stream: _Stream, call: Awaitable[object]) -> bool:
        """Make a call on a stream, or edit its message where Slack refuses that; return whether the call was made."""
        try:
            await call
        except ResponseLost:
            stream.is_sound = False
            raise
        except RetryLater:
            raise
        except AdapterError:
            await self._edit_instead(stream)
            return False
        return True

    async def _edit_instead(self, stream: _Stream) -> None:
        """End a stream as it is, and show what its message should show by editing it."""
        try:
            await self._stop(stream, {"metadata": build_metadata(stream.key)})
        except RetryLater:
            raise
        except AdapterError as error:
            _log.debug("a stream has ended before: %s", type(error).__name__)
        self._forget(stream)
        await self._plain.edit(stream.place, stream.ts, stream.wanted)

    async def _end_others(self, place: Place) -> None:
        """End what is still streamed in a thread, since the reply goes on in a further message."""
        for stream in [stream for stream in self._open.values() if stream.place == place]:
            stream.wanted = replace(stream.wanted, is_live=False, is_last=False)
            await self._end(stream)

    def _forget(self, stream: _Stream) -> None:
        self._open.pop(_name(stream.place, stream.ts), None)


def _words(content: Content) -> str:
    """Return the text as a stream takes it: nothing where the message begins with a mention of its own."""
    blocks = render(replace(content, is_live=False, is_last=False))["blocks"]
    if not isinstance(blocks, list) or len(blocks) != 1:
        return ""
    return str(blocks[0].get("text", ""))


def _settled_words(content: Content) -> str:
    settled = content.text[: content.settled]
    return _words(replace(content, text=settled)) if settled.strip() else ""


def _below(content: Content) -> list[object]:
    blocks = render(content)["blocks"]
    return blocks[1:] if isinstance(blocks, list) else []


def _recipient(content: Content) -> str:
    """Return the person for whom the reply is: Slack wants to know it in channels."""
    people = sorted(identity for identity in content.may_ping if identity.startswith(("U", "W")))
    return people[0] if len(people) == 1 else ""


def _call(stream: _Stream) -> dict[str, object]:
    return {"channel": stream.place.channel, "ts": stream.ts}


def _name(place: Place, ts: str) -> str:
    return f"{place.team}:{place.channel}:{ts}"


def _pause_key(place: Place) -> str:
    return f"{place.team}:{place.channel}"
