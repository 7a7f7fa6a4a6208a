"""Replies as plain Markdown."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.plain import describe_cost, describe_route, to_markdown, to_printable
from adapters.console.screen import PlainScreen
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

ROUTE = RouteShown("billing", "Billing", 0.934, "local", "refund time")
SOURCE = SourceLink(1, "Refunds > When", "https://docs.example/refunds#when")


def done(text: str, *, cost: float | None = 0.000129, contact: str | None = None) -> ReplyDone:
    return ReplyDone(text, "answered", "openai:gpt-4o-mini", 1.25, 700, 40, cost, contact)


def shown(*events: ReplyEvent) -> str:
    out = io.StringIO()
    with PlainScreen(out, io.StringIO()).open_reply("When do I get it?") as reply:
        for event in events:
            reply.show(event)
    return out.getvalue()


def test_a_reply_is_route_text_and_sources() -> None:
    events = (ROUTE, StatusShown("Searching"), TextAdded("Within "), TextAdded("5 days [1]."), SourcesShown((SOURCE,)))
    assert shown(*events, done("Within 5 days [1].")) == (
        "*Billing (93%, local classifier), searched for: refund time*\n\n"
        "Within 5 days [1].\n\n"
        "Sources:\n\n- [1] Refunds > When: https://docs.example/refunds#when\n\n"
    )


def test_the_final_text_wins_over_what_was_streamed() -> None:
    assert "old" not in shown(TextAdded("old"), TextReset("cut"), TextAdded("new"), done("final"))
    assert shown(TextAdded("streamed"), done("final")) == "final\n\n"


def test_nothing_is_written_before_the_reply_is_complete() -> None:
    assert shown(ROUTE, TextAdded("Within")) == ""


def test_a_stopped_reply_keeps_its_text_and_says_so() -> None:
    out = io.StringIO()
    with PlainScreen(out, io.StringIO()).open_reply("?") as reply:
        reply.show(TextAdded("Within"))
        reply.stop()
    assert out.getvalue() == "Within\n\n(stopped)\n\n"


def test_a_failure_is_its_own_sentence() -> None:
    assert (
        shown(ROUTE, TextAdded("Wi"), ReplyFailed("Sorry (reference ab12).", "ab12")) == "Sorry (reference ab12).\n\n"
    )


def test_a_person_is_offered_once() -> None:
    assert "You can reach a person here: help@x.example" in to_markdown(None, done("No.", contact="help@x.example"), ())
    told = to_markdown(None, done("Write to help@x.example.", contact="help@x.example"), ())
    assert told == "Write to help@x.example.\n\n"


def test_hints_go_beside_the_answers() -> None:
    out, notes = io.StringIO(), io.StringIO()
    PlainScreen(out, notes).say("A hint.")
    assert (out.getvalue(), notes.getvalue()) == ("", "A hint.\n")


def test_the_search_query_is_told_only_when_it_differs_from_the_question() -> None:
    assert describe_route(ROUTE, " Refund  TIME ") == "Billing (93%, local classifier)"
    assert describe_route(ROUTE, "And when?").endswith("searched for: refund time")


def test_cost_is_left_out_where_there_is_none() -> None:
    assert describe_cost(done("x")) == "openai:gpt-4o-mini · 1.2 s · 740 tokens · $0.00013"
    assert describe_cost(done("x", cost=None)) == "openai:gpt-4o-mini · 1.2 s · 740 tokens"
    assert describe_cost(ReplyDone("x", "quoted", "search-only", 0.1, 0, 0, 0.0)) == "search-only · 0.1 s"


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b31m", "a\u202eb", "\r", "\x08"])
def test_what_a_terminal_would_obey_is_taken_out(hostile: str) -> None:
    source = SourceLink(1, hostile, f"https://x.example/{hostile}")
    written = shown(SourcesShown((source,)), done(f"text {hostile}", contact=hostile))
    assert all(unicodedata.category(char) not in {"Cc", "Cf"} or char == "\n" for char in written)


@given(st.text(), st.text())
def test_cleaning_pieces_is_cleaning_the_whole(first: str, second: str) -> None:
    assert to_printable(first) + to_printable(second) == to_printable(first + second)
    assert to_printable(to_printable(first)) == to_printable(first)
