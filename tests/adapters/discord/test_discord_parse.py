"""Gateway events about messages, read without a connection."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from adapters.discord.anchors import Anchor, read_anchor
from adapters.discord.interactions import parse_interaction, place_of
from adapters.discord.parse import Identity, is_withheld, parse_deletions, parse_edit, parse_message, parse_reaction
from adapters.discord.places import Place, PlaceKind, read_place

ME = Identity("100", frozenset({"150"}))
CHANNEL = Place("30", PlaceKind.CHANNEL, "9")
THREAD = Place("40", PlaceKind.THREAD, "9", parent="30", owner="100")
POST = Place("50", PlaceKind.FORUM_POST, "9", parent="31", owner="7")
DM = Place("60", PlaceKind.DM)
FLAT = Place("70", PlaceKind.FLAT, "9")


def message(content: str = "<@100> how?", **more: Any) -> dict[str, Any]:
    mentions = [{"id": "100", "username": "firstline", "bot": True}] if "<@100>" in content else []
    return {
        "id": "175928847299117063",
        "type": 0,
        "channel_id": "30",
        "author": {"id": "7", "username": "ann"},
        "member": {"roles": ["5"]},
        "content": content,
        "mentions": mentions,
        **more,
    }


def parsed(payload: dict[str, Any], place: Place = CHANNEL) -> IncomingMessage:
    found = parse_message(payload, place, ME)
    assert found is not None
    return found


def test_a_mention_in_a_channel_is_answered_in_the_thread_that_will_stand_on_it() -> None:
    found = parsed(message("<@100>, how do I <@!100> pay?"))
    assert (found.text, found.kind, found.surface) == ("how do I pay?", Kind.MENTION, Surface.CHANNEL)
    assert found.conversation_id == "discord:9:175928847299117063"
    assert read_anchor(found.address) == Anchor("9", "30", message=found.id)
    assert found.address.channel == found.id
    assert (found.workspace, found.channel, found.roles) == ("9", "30", frozenset({"5"}))
    assert found.sent_at == pytest.approx(1462015105.796)


def test_a_mention_by_the_bots_own_role_is_a_mention() -> None:
    found = parsed(message("<@&150> how?", mention_roles=["150"]))
    assert (found.text, found.is_addressed) == ("how?", True)


@pytest.mark.parametrize(
    ("place", "kind", "conversation", "listed"),
    [
        (THREAD, Kind.THREAD_REPLY, "discord:9:40", "30"),
        (POST, Kind.THREAD_REPLY, "discord:9:50", "31"),
        (DM, Kind.DM, "discord:dm:60", "60"),
        (Place("40", PlaceKind.THREAD, "9", "30", "100", root="39"), Kind.THREAD_REPLY, "discord:9:39", "30"),
    ],
)
def test_what_is_said_within_a_talk_belongs_to_it(place: Place, kind: Kind, conversation: str, listed: str) -> None:
    found = parsed(message("and then?"), place)
    assert (found.kind, found.conversation_id, found.channel) == (kind, conversation, listed)
    assert read_anchor(found.address) is None
    assert found.address.channel == place.channel


def test_a_thread_that_the_bot_opened_was_begun_by_nobody_else() -> None:
    assert parsed(message("and then?"), THREAD).thread_author is None
    assert parsed(message("and then?"), POST).thread_author == "7"


def test_the_first_message_of_a_forum_post_is_a_question() -> None:
    assert parsed(message("It broke", id="50", channel_id="50"), POST).is_addressed
    assert (
        parsed(message("It broke", id="50", channel_id="50"), replace(POST, title="Help!")).text == "Help!\n\nIt broke"
    )
    assert parsed(message("Mine too", id="51", channel_id="50"), replace(POST, title="Help!")).text == "Mine too"
    assert not parsed(message("Mine too", id="51", channel_id="50"), POST).is_addressed


def test_a_reply_to_the_bot_is_for_the_bot_with_and_without_a_ping() -> None:
    found = parsed(message("thanks, but how?", type=19, referenced_message={"author": {"id": "100"}}))
    assert (found.kind, found.text) == (Kind.MENTION, "thanks, but how?")


@pytest.mark.parametrize(
    "payload",
    [
        message("just chatting"),
        message("", type=7),
        message("pinned", type=6),
        message("how?", type=21),
        message("<@100> how?", id=None),
        message("<@100> how?", author=None),
    ],
)
def test_what_nobody_says_to_the_bot_is_dropped(payload: dict[str, Any]) -> None:
    assert parse_message(payload, CHANNEL, ME) is None


def test_programs_are_marked_as_such() -> None:
    assert parsed(message(author={"id": "100", "bot": True})).is_own
    assert parsed(message(author={"id": "8", "bot": True})).is_from_bot
    assert parsed(message(webhook_id="77")).is_from_bot


def test_other_people_and_emoji_are_named_rather_than_coded() -> None:
    found = parsed(
        message(
            "<@100> ask <@8> or <@55> <:wave:123>",
            mentions=[{"id": "100"}, {"id": "8", "username": "bob", "member": {"nick": "Bobby"}}],
        )
    )
    assert found.text == "ask @Bobby or @someone :wave:"
    assert found.mentions == {"8"}


def test_what_is_forwarded_is_quoted() -> None:
    forwarded = message("", message_snapshots=[{"message": {"content": "line one\nline two"}}])
    assert parsed(forwarded, DM).text == "> line one\n> line two"


def test_a_message_without_words_is_withheld_only_where_the_intent_is_missing() -> None:
    assert is_withheld(message(""), THREAD, ME)
    assert parse_message(message(""), THREAD, ME) is None
    assert not is_withheld(message("", attachments=[{"id": "1"}]), THREAD, ME)
    assert not is_withheld(message(""), DM, ME)
    assert parsed(message(""), DM).text == ""


def test_an_edit_by_a_person_concerns_the_message_and_a_preview_is_no_edit() -> None:
    edited = parse_edit(message("<@100> why?", edited_timestamp="2026-01-01T00:00:00+00:00"), CHANNEL, ME)
    assert edited is not None
    assert (edited.kind, edited.text, edited.concerns) == (Kind.EDIT, "why?", "175928847299117063")
    assert edited.conversation_id == parsed(message()).conversation_id
    assert parse_edit(message(), CHANNEL, ME) is None


def test_deletions_concern_each_message() -> None:
    assert [each.concerns for each in parse_deletions({"id": "3"}, CHANNEL)] == ["3"]
    assert [each.concerns for each in parse_deletions({"ids": ["4", "5"]}, THREAD)] == ["4", "5"]
    assert {each.conversation_id for each in parse_deletions({"ids": ["4", "5"]}, THREAD)} == {"discord:9:40"}


def reaction(emoji: str, by: str = "7", on: str = "100") -> dict[str, Any]:
    return {"user_id": by, "message_id": "3", "message_author_id": on, "emoji": {"id": None, "name": emoji}}


@pytest.mark.parametrize(
    ("payload", "wish"),
    [
        (reaction("❌"), Wish.STOP),
        (reaction("❌", on="7"), Wish.STOP),
        (reaction("👎"), Wish.UNHELPFUL),
        (reaction("👍", on="8"), None),
        (reaction("🎉"), None),
    ],
)
def test_a_reaction_may_be_a_wish(payload: dict[str, Any], wish: Wish | None) -> None:
    found = parse_reaction(payload, THREAD, ME)
    assert (found and found.wish) == wish


def test_only_threads_of_a_forum_are_posts() -> None:
    thread = {"id": "1", "type": 11, "parent_id": "2", "owner_id": "3"}
    assert read_place(thread, guild="9", parent={"id": "2", "type": 15}).kind is PlaceKind.FORUM_POST
    assert read_place(thread, guild="9").kind is PlaceKind.THREAD
    assert read_place({"id": "1", "type": 2}, guild="9").kind is PlaceKind.FLAT


KEYS = sorted(
    {
        *message(),
        *("edited_timestamp", "referenced_message", "message_snapshots", "webhook_id", "ids", "emoji", "user_id"),
        *("message_id", "guild_id", "name", "options", "data", "token", "application_id", "resolved", "messages"),
        *("attachments", "target_id", "value", "custom_id", "message", "flags", "channel", "user", "app_permissions"),
        *("authorizing_integration_owners", "interaction_metadata", "parent_id", "owner_id", "size", "url", "nick"),
    }
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.sampled_from(["100", "7", "\ud800", "<@100> how?", "firstline:helpful", "support", "question", "-1", "٣"]),
    st.sampled_from([0, 2, 3, 4, 11, 19, 2**70, -5]),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=8)),
    max_leaves=25,
)


# Time is the machine's, not the law's: a busy one draws slowly.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    payload=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=14),
    place=st.sampled_from([CHANNEL, THREAD, POST, DM, FLAT]),
    is_complete=st.booleans(),
)
def test_no_payload_can_hurt(payload: dict[str, Any], place: Place, is_complete: bool) -> None:
    if is_complete:
        payload = {**message(), "token": "t", "application_id": "100", "user": {"id": "7"}, **payload}
    found = parse_message(payload, place, ME)
    events = [found, parse_edit(payload, place, ME), parse_reaction(payload, place, ME)]
    request = parse_interaction(payload, place_of(payload), ME)
    for each in (*events, *parse_deletions(payload, place), getattr(request, "message", None)):
        if each is not None:
            json.dumps([each.id, each.conversation_id, each.author, each.text]).encode()
            each.text.encode()
