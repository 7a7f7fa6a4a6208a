"""What Slack never sends: its own payloads spoilt, and frames that no program should take for one. Seeded."""

import copy
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SECRET = "kumquat"
"""A word that people say in every hostile text, and that no log may hold."""
VICTIM = "UVICTIM001"
"""Somebody who asks nothing, and so may not be notified."""

_WORDS = f"how long does a refund take, {SECRET}"
HOSTILE_TEXTS: Sequence[str] = (
    f"{_WORDS} <!channel> <!here> <!everyone>",
    f"{_WORDS} <@{VICTIM}> <@{VICTIM}|you> <!subteam^S000000001|@all>",
    f"{_WORDS} @everyone @here @channel <#C000000001|general>",
    f"{_WORDS} &lt;!channel&gt; &lt;@{VICTIM}&gt; `<!here>` ```<!channel>",
    f"{_WORDS} [<!channel>](https://example.com/<!here>) ![<@{VICTIM}>](x)",
    f"{_WORDS} <!channel\n> <\u200b!channel> <!date^1^{{date}}|<!channel>> \u202e>lennahc!<",
    f"{_WORDS} %s %n {{0}} {{{{7*7}}}} '; DROP TABLE inbox; -- \x00 \x1b[31m \U0001f4a5",
    f"{_WORDS} " + "*_~`" * 200,
    f"{_WORDS} " + "<!channel>" * 300,
    "",
    "   ",
    "stop",
)
_OTHER: Sequence[Any] = (
    *(None, True, False, 0, -1, 1e308, 10**30, "", "text", "\x00", "\ud800", [], {}, [[]], [{}], [None], {"id": {}}),
    *({"id": 5}, {"type": []}, {"ts": "1.2"}, ["a", 1], "event_callback", "block_actions", "message_action", "message"),
    *("app_mention", "message_changed", "message_deleted", "reaction_added", "app_home_opened", "view_submission"),
    *(
        "url_verification",
        "tombstone",
        "firstline_person",
        "firstline_share",
        "1.2",
        "9" * 400,
        "C999999999",
        "/support",
    ),
)
_KINDS = ("events_api", "interactive", "slash_commands")
_UNKNOWN_KINDS: Sequence[Any] = ("hello_again", "workflow", "", "DISCONNECT", None, 5, [], {"type": "events_api"})
# What json reads in this program without running out of stack; below it everything must be received.
_DEEP = 300


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame for the socket. `envelope` is the id that must be acknowledged, or empty where there is none.

    `breaks`: the connection can't outlive it, so that what was sent before may have to be sent again.
    """

    kind: str
    data: str | bytes
    envelope: str = ""
    breaks: bool = False


class Nonsense:
    """Makes frames out of payloads that Slack really sent."""

    def __init__(self, seeds: Sequence[tuple[str, dict[str, Any]]], rng: random.Random, *, prefix: str = "bad") -> None:
        self._seeds = seeds
        self._rng = rng
        self._prefix = prefix
        self._made = 0

    def frames(self, count: int) -> Iterator[Frame]:
        """Yield so many frames; huge ones, and those beyond every size, are rare and never absent."""
        rare = self._rng.sample(range(count), 2 * max(1, count // 2_000))
        beyond, huge = rare[::2], rare[1::2]
        for number in range(count):
            if number in beyond:
                yield Frame("beyond every size", "x" * (5 * 1024 * 1024), breaks=True)
            else:
                yield self._huge() if number in huge else self._any()

    def _any(self) -> Frame:
        make = self._rng.choices(
            (self._scattered, self._one_field, self._random, self._unknown, self._envelope, self._not_json, self._deep),
            weights=(30, 30, 10, 8, 10, 8, 4),
        )[0]
        return make()

    def _scattered(self) -> Frame:
        kind, payload = self._seed()
        return self._wrapped("spoilt here and there", kind, self._spoilt(payload))

    def _one_field(self) -> Frame:
        kind, payload = self._seed()
        path = self._rng.choice(list(_paths(payload)))
        holder: Any = payload
        for key in path[:-1]:
            holder = holder[key]
        if self._rng.random() < 0.2:
            del holder[path[-1]]
        else:
            holder[path[-1]] = self._other()
        return self._wrapped("one field wrong or missing", kind, payload)

    def _random(self) -> Frame:
        return self._wrapped("random JSON", self._rng.choice(_KINDS), self._value(5))

    def _unknown(self) -> Frame:
        kind, payload = self._seed()
        if self._rng.random() < 0.5 and "event" in payload:
            payload["event"]["type"] = self._rng.choice(["unheard_of", "team_join", "", "message.channels", "Message"])
            return self._wrapped("unknown event", kind, payload)
        return self._wrapped("unknown envelope", self._rng.choice(_UNKNOWN_KINDS), payload)

    def _envelope(self) -> Frame:
        kind, payload = self._seed()
        envelope = self._next()
        body = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        match self._rng.randrange(4):
            case 0:
                body["payload"] = self._rng.choice([None, [], "text", 5, True, [payload], json.dumps(payload)])
            case 1:
                del body[self._rng.choice(["payload", "type", "accepts_response_payload"])]
            case 2:
                body |= {"retry_attempt": self._other(), "retry_reason": self._other(), "accepts_response_payload": {}}
            case _:
                body["envelope_id"], envelope = self._rng.choice([None, "", 5, [], {"id": envelope}]), ""
                if self._rng.random() < 0.5:
                    del body["envelope_id"]
        return Frame("spoilt envelope", self._written(body), envelope)

    def _not_json(self) -> Frame:
        kind, payload = self._seed()
        whole = json.dumps({"envelope_id": self._next(), "type": kind, "payload": payload})
        match self._rng.randrange(4):
            case 0:
                return Frame("not JSON", whole[: self._rng.randrange(1, len(whole))])
            case 1:
                return Frame("not JSON", self._rng.choice(["", "null", "[]", "5", '"hello"', "}", "\x00", "NaN", "{]"]))
            case 2:
                return Frame("binary", self._rng.randbytes(self._rng.randrange(200)))
            case _:
                return Frame("binary", whole.encode(), f"{self._prefix}-{self._made}")

    def _deep(self) -> Frame:
        depth = self._rng.choice([50, _DEEP, 5_000, 100_000])
        opening, closing = self._rng.choice([("[", "]"), ('{"a":', "}"), ('{"event":', "}")])
        deep = opening * depth + "1" + closing * depth
        envelope = self._next()
        text = f'{{"envelope_id": "{envelope}", "type": "events_api", "payload": {{"type": "x", "deep": {deep}}}}}'
        return Frame("deep", text, envelope if depth <= _DEEP else "")

    def _huge(self) -> Frame:
        kind, payload = self._seed()
        return self._wrapped("huge", kind, payload | {"text": "long " * 300_000})

    def _seed(self) -> tuple[str, dict[str, Any]]:
        kind, payload = self._rng.choice(self._seeds)
        payload = copy.deepcopy(payload)
        for holder in (payload, payload.get("event"), payload.get("message")):
            if isinstance(holder, dict) and isinstance(holder.get("text"), str):
                holder["text"] = self._rng.choice(HOSTILE_TEXTS)
        return kind, payload

    def _spoilt(self, value: Any) -> Any:
        if self._rng.random() < 0.04:
            return self._other()
        if isinstance(value, dict):
            return {key: self._spoilt(inner) for key, inner in value.items() if self._rng.random() > 0.02}
        return [self._spoilt(inner) for inner in value] if isinstance(value, list) else value

    def _other(self) -> Any:
        return self._rng.choice((*_OTHER, *HOSTILE_TEXTS))

    def _value(self, depth: int) -> Any:
        roll = self._rng.random()
        if depth == 0 or roll < 0.4:
            return self._other()
        several = range(self._rng.randrange(4))
        if roll < 0.6:
            return [self._value(depth - 1) for _ in several]
        names = ("type", "event", "user", "channel", "ts", "text", "team", "authorizations", "actions", "command", "x")
        return {self._rng.choice(names): self._value(depth - 1) for _ in several}

    def _wrapped(self, what: str, kind: Any, payload: Any) -> Frame:
        envelope = self._next()
        return Frame(what, self._written({"envelope_id": envelope, "type": kind, "payload": payload}), envelope)

    def _written(self, body: dict[str, Any]) -> str:
        return json.dumps(body, ensure_ascii=self._rng.random() < 0.9).encode("utf-8", "replace").decode()

    def _next(self) -> str:
        self._made += 1
        return f"{self._prefix}-{self._made}"


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*path, key)
        yield from _paths(inner, (*path, key))
