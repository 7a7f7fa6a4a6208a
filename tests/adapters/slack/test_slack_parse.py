"""What Slack's payloads mean, and that nothing that anybody sends can make the parser raise."""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import IncomingMessage
from adapters.slack.addresses import read_address
from adapters.slack.commands import is_call_for_help
from adapters.slack.parse import Opening, parse, parse_opening
from adapters.slack.payloads import Myself
from tests.adapters.slack.slack_payloads import Sample, read_samples

SAMPLES = read_samples()
ME = Myself("UBOT", "B1")
NOW = 1_700_000_000.0

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def sample(name: str) -> dict[str, Any]:
    return next(copy.deepcopy(each.payload) for each in SAMPLES if each.name == name)


@pytest.mark.parametrize("case", SAMPLES, ids=lambda case: case.name)
def test_a_payload_means_what_is_kept_with_it(case: Sample) -> None:
    message = parse(case.payload, ME, now=NOW)
    if case.means is None or message is None:
        assert message is None
        assert case.means is None
        return
    found = asdict(message)
    found["address"] = list(found["address"].values())
    found["mentions"] = sorted(found["mentions"])
    assert {name: found[name] for name in case.means} == case.means


def test_both_copies_of_a_mention_are_the_same_message_whoever_comes_first() -> None:
    assert parse(sample("app_mention"), ME, now=NOW) == parse(sample("message_copy_of_mention"), ME, now=NOW)


def test_slack_names_the_bot_itself_so_that_a_mention_is_known_without_us_knowing_who_we_are() -> None:
    message = parse(sample("message_copy_of_mention"), Myself(), now=NOW)
    assert message is not None
    assert message.is_addressed


def test_redelivered_clicks_and_commands_are_the_same_event() -> None:
    for name in ("press_helpful", "command_question", "shortcut", "reaction_on_answer"):
        first, again = parse(sample(name), ME, now=NOW), parse(sample(name), ME, now=NOW + 60)
        assert first is not None
        assert again is not None
        assert first.id == again.id


def test_two_presses_are_two_events() -> None:
    later = sample("press_share")
    later["actions"][0]["action_ts"] = "1732290099.000900"
    ids = {message.id for each in (sample("press_share"), later) if (message := parse(each, ME, now=NOW))}
    assert len(ids) == 2


def test_help_is_no_message_but_is_told_from_a_question() -> None:
    assert is_call_for_help(sample("command_help"))
    assert is_call_for_help(sample("command_empty"))
    assert not is_call_for_help(sample("command_question"))


def test_an_opened_tab_is_told_with_the_talk_that_it_shows() -> None:
    assert parse_opening(sample("app_home_opened")) == Opening("T1", "UANN", "home", "D1")
    assert parse_opening(sample("app_mention")) is None


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


@st.composite
def broken_payloads(draw: st.DrawFn) -> Any:
    payload = copy.deepcopy(draw(st.sampled_from(SAMPLES)).payload)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(payload))))
        holder = payload
        for key in way:
            holder = holder[key]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = draw(JSON)
        if not payload:
            break
    return payload


def assert_sound(message: IncomingMessage | None) -> None:
    """What has been read can be stored: ids are there, texts are Unicode, times are numbers."""
    if message is None:
        return
    assert message.id
    assert message.conversation_id
    assert message.author
    assert message.sent_at >= 0.0
    assert read_address(message.address).channel == message.channel
    fields = {**asdict(message), "mentions": sorted(message.mentions), "roles": []}
    json.dumps(fields, allow_nan=False).encode("utf-8")
    message.text.encode("utf-8")


@settings(max_examples=300)
@given(broken_payloads())
def test_a_broken_payload_never_raises_and_never_makes_half_a_message(payload: object) -> None:
    assert_sound(parse(payload, ME, now=NOW))
    parse_opening(payload)


@settings(max_examples=200)
@given(JSON | st.fixed_dictionaries({"type": st.sampled_from(["event_callback", "block_actions"]), "event": JSON}))
def test_any_json_never_raises(payload: object) -> None:
    assert_sound(parse(payload, ME, now=NOW))
    parse_opening(payload)
