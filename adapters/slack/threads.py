"""Reading threads back: what people wrote before, and which messages and files of ours are there already."""

import re
from collections.abc import AsyncIterator, Set
from typing import Any

from adapters.contract import ThreadMessage
from adapters.slack.actions import EVENT_KEY, EVENT_TYPE
from adapters.slack.addresses import Place
from adapters.slack.mentions import read_text
from adapters.slack.people import SlackPeople
from adapters.slack.reads import PacedReads

_PAGE = 200
_MAX_PAGES = 20
_MAX_READ = 50

_TS = re.compile(r"\b\d{9,11}\.\d{6}\b")
_NAMED = re.compile(r"@([UW][A-Z0-9]{5,})\b")

_Message = dict[str, Any]


class SlackThreads:
    """Read a thread, or a channel where the place has no thread."""

    def __init__(self, reads: PacedReads, people: SlackPeople) -> None:
        self._reads = reads
        self._people = people

    async def find(self, place: Place, key: str) -> str | None:
        """Return the timestamp of the latest message that was posted under a key."""
        async for messages in self._pages(place, include_all_metadata="true"):
            for message in sorted(messages, key=_ts_of, reverse=True):
                if _key_of(message) == key:
                    return _ts_of(message)
        return None

    async def find_orphan(self, place: Place, known: Set[str]) -> str | None:
        """Return our latest message if it bears no key: then it is a stream that was begun and not noted."""
        me = await self._people.myself(place.team)
        latest: _Message = {}
        async for messages in self._pages(place, include_all_metadata="true"):
            ours = [message for message in messages if message.get("bot_id") == me.bot and not message.get("files")]
            latest = max([latest, *ours], key=_ts_of)
        ts = _ts_of(latest)
        return ts if ts and ts not in known and _key_of(latest) is None else None

    async def has_file(self, place: Place, name: str) -> bool:
        """Whether a file of this name is there."""
        async for messages in self._pages(place):
            if any(file.get("name") == name for message in messages for file in message.get("files") or ()):
                return True
        return False

    async def read(self, place: Place, before: str) -> tuple[ThreadMessage, ...]:
        """Return the last 50 messages before the one whose id this is, oldest first, without ours."""
        found = _TS.search(before)
        if not place.thread or found is None:
            return ()
        me = await self._people.myself(place.team)
        earlier: dict[str, _Message] = {}
        async for messages in self._pages(place, latest=found[0]):
            for message in messages:
                is_ours = message.get("user") == me.user or (me.bot and message.get("bot_id") == me.bot)
                if _ts_of(message) < found[0] and message.get("text") and not is_ours:
                    earlier[_ts_of(message)] = message
        last = [earlier[ts] for ts in sorted(earlier)[-_MAX_READ:]]
        await self._people.look_up(place.team, [str(message.get("user") or "") for message in last])
        return tuple(self._to_thread_message(place.team, message) for message in last)

    def _to_thread_message(self, team: str, message: _Message) -> ThreadMessage:
        author = str(message.get("user") or message.get("bot_id") or "")
        program = message.get("username") or (message.get("bot_profile") or {}).get("name")
        name = self._people.known(team, author) or str(program or author)
        text = read_text(str(message["text"])).text
        named = _NAMED.sub(lambda found: "@" + (self._people.known(team, found[1]) or found[1]), text)
        return ThreadMessage(author, name, named)

    async def _pages(self, place: Place, **params: str) -> AsyncIterator[list[_Message]]:
        method = "conversations.replies" if place.thread else "conversations.history"
        asked: dict[str, str | int] = {"channel": place.channel, "limit": _PAGE, **params}
        if place.thread:
            asked["ts"] = place.thread
        for _ in range(_MAX_PAGES):
            answer = await self._reads.read(place.team, method, asked)
            yield [message for message in answer.get("messages") or () if isinstance(message, dict)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = str(cursor)


def _ts_of(message: _Message) -> str:
    return str(message.get("ts") or "")


def _key_of(message: _Message) -> str | None:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return payload.get(EVENT_KEY) if metadata.get("event_type") == EVENT_TYPE else None
