"""Reply events as JSON."""

import json
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import (
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourceLink,
    SourcesShown,
    StatusShown,
    TextAdded,
    TextReset,
)
from adapters.wire import start, to_json, to_line

EVENTS: list[tuple[ReplyEvent, object]] = [
    (
        RouteShown("billing", "Billing", 0.93456789, "local", "q"),
        {
            "event": "route",
            "domain": "billing",
            "title": "Billing",
            "confidence": 0.9346,
            "decided_by": "local",
            "query": "q",
        },
    ),
    (StatusShown("Searching"), None),
    (TextAdded("a\n"), {"event": "token", "text": "a\n"}),
    (TextReset("stalled"), {"event": "reset", "reason": "stalled"}),
    (
        SourcesShown((SourceLink(1, "T", "https://x.example", "a.md", "Text."),)),
        {
            "event": "sources",
            "sources": [{"number": 1, "title": "T", "link": "https://x.example", "document": "a.md", "text": "Text."}],
        },
    ),
    (
        ReplyDone("a", "answered", "openai:a", 1.23456, 7, 2, None, "help@x.example"),
        {
            "event": "done",
            "outcome": "answered",
            "text": "a",
            "model": "openai:a",
            "seconds": 1.235,
            "tokens": {"input": 7, "output": 2},
            "cost": None,
            "contact": "help@x.example",
        },
    ),
    (ReplyFailed("Sorry.", "ab12"), {"event": "error", "message": "Sorry.", "reference": "ab12"}),
]


def test_every_event_has_its_form() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(ReplyEvent))
    assert [to_json(event) for event, _ in EVENTS] == [expected for _, expected in EVENTS]


def test_the_first_event_says_where_the_answer_belongs() -> None:
    assert start("console:a", "t1") == {"event": "start", "conversation": "console:a", "turn": "t1"}


@given(st.text())
def test_any_text_is_one_line_that_any_pipe_can_carry(text: str) -> None:
    line = to_line({"event": "token", "text": text})
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"event": "token", "text": text}
