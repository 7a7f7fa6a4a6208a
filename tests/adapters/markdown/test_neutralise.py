import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.neutralise import PingRule, neutralise
from tests.fakes.hostile_texts import finds_ping, write_hostile

RULE = PingRule()


@pytest.mark.parametrize(
    "ping",
    [
        "@everyone",
        "@here",
        "@channel",
        "@EVERYONE",
        "<!channel>",
        "<!here|here>",
        "<!everyone>",
        "<!subteam^S0123|@team>",
        "<@U0123ABC>",
        "<@W0123ABC|name>",
        "<@123456789012345678>",
        "<@!123456789012345678>",
        "<@&123456789012345678>",
        "&lt;!channel&gt;",
        "&#60;@U0123&#62;",
        "&commat;everyone",
        "<\\!channel>",
        "mail@everyone",
    ],
)
def test_a_ping_is_broken(ping: str) -> None:
    assert not finds_ping(neutralise(f"before {ping} after", RULE))


def test_only_an_allowed_id_may_be_pinged() -> None:
    text = neutralise("<@U1> and <@U2> and <@U12>", RULE, frozenset({"U1"}))
    assert re.findall(r"<@\w+>", text) == ["<@U1>"]


def test_an_allowed_id_does_not_open_a_way_for_others() -> None:
    text = neutralise("<@U1> @everyone <!channel> <@&U1>", RULE, frozenset({"U1"}))
    assert not finds_ping(text.replace("<@U1>", "").replace("<@&U1>", ""))


@pytest.mark.parametrize(
    "text", ["write to help@example.com", "a < b and b > c", "<https://docs.example>", "R&D", "@anna"]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert neutralise(text, RULE) == text


def test_what_people_read_stays_the_same() -> None:
    assert neutralise("ask @here or <!here>", RULE).replace("\u2060", "") == "ask @here or <!here>"


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(min_value=0))
def test_no_hostile_text_pings_and_repeating_changes_nothing(seed: int) -> None:
    safe = neutralise(write_hostile(random.Random(seed)), RULE)
    assert not finds_ping(safe)
    assert neutralise(safe, RULE) == safe
