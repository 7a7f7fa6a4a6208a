"""Addresses as strings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.addresses import (
    Place,
    build_address,
    build_conversation_id,
    build_private_conversation_id,
    read_address,
)
from adapters.slack.settings import SlackSettings

NAMES = st.text("ABCDUTS0123456789", min_size=1, max_size=11)
TIMES = st.from_regex(r"[0-9]{10}\.[0-9]{6}", fullmatch=True) | st.just("")
URLS = st.just("") | st.text("abc~:/.-_0123456789", max_size=60).map(lambda path: f"https://hooks.slack.com/{path}")


@settings(deadline=None)
@given(NAMES, NAMES, TIMES, NAMES | st.just(""), URLS)
def test_an_address_means_the_place_that_it_was_built_from(
    team: str, channel: str, thread: str, user: str, url: str
) -> None:
    place = Place(team, channel, thread, user, url if user else "")
    assert read_address(build_address(place)) == place


def test_replies_to_one_person_are_told_from_those_in_a_thread() -> None:
    assert not Place("T1", "C1", "17.1").is_private
    assert Place("T1", "C1", "", "U1").is_private


def test_what_limits_count_together_is_named_by_the_address() -> None:
    address = build_address(Place("T1", "C1", "17.1", "U1", "https://hooks.slack.com/x"))
    assert (address.platform, address.workspace, address.channel) == ("slack", "T1", "C1")


def test_conversations_have_one_name_each() -> None:
    assert build_conversation_id("T1", "C1", "17.1") == "slack:T1:C1:17.1"
    assert build_private_conversation_id("T1", "C1", "U1") == "slack:T1:C1:~U1"


def test_settings_can_be_logged_without_their_secrets() -> None:
    shown = repr(
        SlackSettings(bot_token="xoxb-1", app_token="xapp-1", signing_secret="sign", client_secret="client-sec")
    )
    assert not any(secret in shown for secret in ("xoxb-1", "xapp-1", "sign'", "client-sec"))
