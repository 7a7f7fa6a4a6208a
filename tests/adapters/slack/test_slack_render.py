"""What Slack shows of a reply, as laws of any content."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Content, Controls, SourceLink
from adapters.slack import actions
from adapters.slack.plain import MAX_CHARS, to_plain
from adapters.slack.render import MAX_PAYLOAD_BYTES, render, render_bare
from tests.fakes.hostile_texts import finds_ping, write_hostile
from tests.servers.slack.blocks import check_blocks

TEXTS = st.text(max_size=300) | st.sampled_from(["", " \n", "a" * 9_900, "é<&>\n" * 900])
SOURCES = st.lists(
    st.builds(
        SourceLink,
        number=st.integers(1, 99),
        title=st.text(max_size=200),
        link=st.text(max_size=60) | st.text(max_size=60).map(lambda path: f"https://docs.example/{path}"),
        document=st.text(max_size=20),
    ),
    max_size=30,
).map(tuple)
CONTENTS = st.builds(
    Content,
    text=TEXTS,
    is_live=st.booleans(),
    is_last=st.booleans(),
    sources=SOURCES,
    controls=st.sampled_from(Controls),
    route=st.text(max_size=200),
)
ANSWER = Content("Refunds take **five days** [1].", sources=(SourceLink(1, "Refunds", "https://d.example/r"),))


def shown(content: Content, **options: Any) -> dict[str, Any]:
    return dict(render(content, **options))


def strings_of(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from strings_of(each)
        case dict():
            for each in value.values():
                yield from strings_of(each)


def elements_of(payload: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [element for block in payload["blocks"] if block["type"] == kind for element in block["elements"]]


def action_ids(payload: dict[str, Any]) -> list[str]:
    return [button["action_id"] for button in elements_of(payload, "actions")]


@given(CONTENTS, st.text(max_size=2_100), st.booleans())
def test_any_content_makes_blocks_that_slack_accepts(content: Content, subject: str, is_private: bool) -> None:
    payload = shown(content, subject=subject, is_private=is_private)
    check_blocks(payload["blocks"])
    assert payload["text"].strip()
    assert len(json.dumps(payload, ensure_ascii=False).encode()) <= MAX_PAYLOAD_BYTES + 500


@given(CONTENTS)
def test_words_are_never_cut_for_what_stands_below_them(content: Content) -> None:
    written = "".join(block["text"] for block in shown(content)["blocks"] if block["type"] == "markdown")
    bare = shown(replace(content, sources=(), route="", controls=Controls.NONE))
    assert written == "".join(block["text"] for block in bare["blocks"])


@given(CONTENTS)
def test_sources_are_whole_links_or_not_there(content: Content) -> None:
    for element in elements_of(shown(content), "context"):
        outside = element["text"]
        assert outside.count("<") == outside.count(">") == element["text"].count("<http")


@given(st.randoms(use_true_random=False))
def test_nothing_that_is_written_pings(rng: random.Random) -> None:
    source = SourceLink(1, write_hostile(rng), f"https://docs.example/{write_hostile(rng)}", write_hostile(rng))
    content = Content(write_hostile(rng), sources=(source,), route=write_hostile(rng))
    for payload in (shown(content), dict(render_bare(content))):
        assert [text for text in strings_of(payload) if finds_ping(text)] == []


def test_only_those_who_may_be_pinged_are() -> None:
    content = Content("Ask <@U123> or <@S456>, not <@U999>.", may_ping=frozenset({"U123", "S456"}))
    (block, *_) = shown(content)["blocks"]
    assert block["text"] == "Ask <@U123> or <!subteam^S456>, not <\u2060@U999>."


def test_a_mention_at_the_beginning_stands_where_slack_notifies() -> None:
    content = Content("<@S456> a person is asked for", may_ping=frozenset({"S456"}), controls=Controls.NONE)
    assert shown(content) == {
        "text": "a person is asked for",
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "<!subteam^S456>"}},
            {"type": "markdown", "text": "a person is asked for"},
        ],
    }


def test_the_route_stands_beside_numbered_links() -> None:
    texts = [element["text"] for element in elements_of(shown(replace(ANSWER, route="Billing")), "context")]
    assert texts == ["Billing", "<https://d.example/r|[1] Refunds>"]


def test_a_source_that_nothing_opens_is_named_without_a_link() -> None:
    content = replace(ANSWER, sources=(SourceLink(2, "A & B", "billing/refunds.md"),))
    assert [element["text"] for element in elements_of(shown(content), "context")] == ["[2] A &amp; B"]


def test_all_of_many_sources_are_named() -> None:
    sources = tuple(SourceLink(number, f"Page {number}", f"https://d.example/{number}") for number in range(1, 31))
    elements = elements_of(shown(replace(ANSWER, sources=sources)), "context")
    assert len(elements) <= 10
    assert sum(element["text"].count("https://") for element in elements) == 30


def test_a_full_message_keeps_its_words_and_counts_the_sources_that_it_has_no_room_for() -> None:
    sources = tuple(SourceLink(number, "T" * 120, f"https://d.example/{'p' * 400}") for number in range(1, 13))
    *_, more = elements_of(shown(Content("a" * 10_000, sources=sources)), "context")
    assert more["text"].startswith("and ")


@pytest.mark.parametrize(
    ("content", "is_private", "expected"),
    [
        (replace(ANSWER, is_live=True), False, [actions.STOP]),
        (replace(ANSWER, is_last=False), False, []),
        (ANSWER, False, [actions.HELPFUL, actions.UNHELPFUL, actions.PERSON]),
        (ANSWER, True, [actions.SHARE, actions.HELPFUL, actions.UNHELPFUL, actions.PERSON]),
        (replace(ANSWER, controls=Controls.GIVE_BACK), False, [actions.RESUME]),
        (replace(ANSWER, controls=Controls.GIVE_BACK, is_last=False), False, []),
        (replace(ANSWER, controls=Controls.NONE), False, []),
        (replace(ANSWER, controls=Controls.NONE, is_live=True), False, []),
    ],
)
def test_a_message_has_the_buttons_of_its_state(content: Content, is_private: bool, expected: list[str]) -> None:
    assert action_ids(shown(content, is_private=is_private)) == expected


def test_sources_wait_for_the_end() -> None:
    assert elements_of(shown(replace(ANSWER, is_live=True)), "context") == []


def test_buttons_know_what_they_are_about() -> None:
    assert {button["value"] for button in elements_of(shown(ANSWER, subject="t1"), "actions")} == {"t1"}


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("## Title\n\n- **one** `two`", "Title one two"),
        ("See [the page](https://x.example/a_b) now", "See the page now"),
        ("```python\nsnake_case = 1\n```", "snake_case = 1"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b | | 1 | 2 |"),
        ("_really_ ~~no~~ \\*", "really no *"),
        ("", ""),
    ],
)
def test_notifications_read_plainly(markdown: str, plain: str) -> None:
    assert to_plain(markdown) == plain


@given(st.text(max_size=1_000))
def test_notifications_are_short_and_in_one_line(text: str) -> None:
    plain = to_plain(text)
    assert len(plain) <= MAX_CHARS
    assert len(plain.splitlines()) <= 1
