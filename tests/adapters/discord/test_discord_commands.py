"""The commands that Discord is told of, and what its interactions mean."""

import copy
from typing import Any

import pytest

from adapters.contract import IncomingMessage, Kind, Surface, Wish
from adapters.desk import Field, Welcome
from adapters.discord.addresses import read_interaction
from adapters.discord.anchors import read_anchor
from adapters.discord.commands import build_commands, is_current, suggest, with_entry_points
from adapters.discord.interactions import Asked, Begun, Form, Request, Wished, parse_interaction, place_of
from adapters.discord.parse import Identity

ME = Identity("100")
MAY_ALL = str(1 << 10 | 1 << 11 | 1 << 35 | 1 << 38)
TEXT = {"id": "30", "type": 0}
THREAD = {"id": "40", "type": 11, "parent_id": "30"}


def as_discord_keeps_them() -> list[dict[str, Any]]:
    """Return the definitions as they come back: with ids, and without what is empty or false."""
    added = {"id": "1", "version": "2", "nsfw": False}
    return [{key: value for key, value in each.items() if value} | added for each in copy.deepcopy(build_commands())]


def test_commands_that_discord_has_are_not_sent_again() -> None:
    assert is_current(as_discord_keeps_them(), build_commands())
    assert is_current([*as_discord_keeps_them(), {"type": 4, "name": "launch"}], build_commands())


@pytest.mark.parametrize("change", ["description", "option", "missing", "foreign"])
def test_any_other_state_is_brought_up_to_date(change: str) -> None:
    kept = as_discord_keeps_them()
    if change == "description":
        kept[0]["description"] = "Something else"
    elif change == "option":
        kept[0]["options"].pop()
    elif change == "missing":
        kept.pop()
    else:
        kept.append({"type": 1, "name": "old"})
    assert not is_current(kept, build_commands())


def test_an_entry_point_is_kept() -> None:
    launch = {"type": 4, "name": "launch"}
    assert with_entry_points([launch, {"type": 1, "name": "old"}], build_commands()) == [*build_commands(), launch]


def test_the_definitions_keep_to_what_discord_takes() -> None:
    for command in build_commands():
        assert len(command.get("description", "")) <= 100
        assert command["contexts"] == [0, 1, 2]
        assert command["integration_types"] == [0, 1]
    required = [option.get("required", False) for option in build_commands()[0]["options"]]
    assert required == sorted(required, reverse=True)


def test_suggestions_hold_all_words_and_let_people_ask_their_own() -> None:
    fields = (Field("Billing", "", ("How do refunds work?", "How do I pay?")), Field("Other", "", ("x" * 101,)))
    welcome = Welcome("Acme", fields)
    assert [each["value"] for each in suggest(welcome, "")] == ["How do refunds work?", "How do I pay?"]
    assert [each["value"] for each in suggest(welcome, "REFUND how")] == ["REFUND how", "How do refunds work?"]
    assert suggest(welcome, "y" * 200) == []
    assert len(suggest(Welcome("Acme", (Field("A", "", tuple(map(str, range(99)))),)), "")) == 25


def interaction(type_: int, data: dict[str, Any], channel: dict[str, Any] | None = TEXT, **more: Any) -> dict[str, Any]:
    """Return an interaction in a guild, or for no channel in a direct message."""
    where = (
        {"guild_id": "9", "channel": channel, "member": {"user": {"id": "7"}, "roles": ["5"]}}
        if channel
        else {"channel": {"id": "60", "type": 1}, "user": {"id": "7"}}
    )
    return {
        "id": "175928847299117063",
        "application_id": "100",
        "type": type_,
        "token": "to:ken",
        "data": data,
        "app_permissions": MAY_ALL,
        "authorizing_integration_owners": {"0": "9"},
        **where,
        **more,
    }


def support(question: str = "how?", **options: Any) -> dict[str, Any]:
    given = {"question": question, **options}
    return {"type": 1, "name": "support", "options": [{"name": name, "value": given[name]} for name in given]}


def read(payload: dict[str, Any]) -> Request | None:
    return parse_interaction(payload, place_of(payload), ME)


def asked(payload: dict[str, Any]) -> Asked:
    found = read(payload)
    assert isinstance(found, Asked)
    return found


def wished(payload: dict[str, Any]) -> IncomingMessage:
    found = read(payload)
    assert isinstance(found, Wished)
    return found.message


def test_a_public_question_in_a_channel_is_answered_in_a_thread_below_it() -> None:
    found = asked(interaction(2, support("  how? ")))
    assert found.form is Form.QUOTED
    assert (found.message.text, found.message.kind, found.message.author) == ("how?", Kind.COMMAND, "7")
    assert found.message.conversation_id == "discord:9:175928847299117063"
    anchor = read_anchor(found.message.address)
    assert anchor is not None
    assert anchor.interaction is not None
    assert (anchor.channel, anchor.interaction.token) == ("30", "to:ken")


def test_a_public_question_in_a_thread_is_answered_there() -> None:
    found = asked(interaction(2, support(), THREAD))
    assert (found.form, found.message.conversation_id, found.message.channel) == (Form.QUOTED, "discord:9:40", "30")
    assert (found.message.address.channel, found.message.address.thread) == ("40", "")


def test_a_private_question_is_a_persons_own_talk() -> None:
    found = asked(interaction(2, support(private=True)))
    assert (found.form, found.message.conversation_id) == (Form.PRIVATE, "discord:9:30:7")
    reply = read_interaction(found.message.address)
    assert reply is not None
    assert (reply.is_ephemeral, reply.user, reply.token) == (True, "7", "to:ken")


@pytest.mark.parametrize(
    ("more", "conversation"),
    [
        ({"authorizing_integration_owners": {"1": "7"}}, "discord:9:30:7"),
        ({"app_permissions": "2048"}, "discord:9:30:7"),
        ({"channel": {"id": "70", "type": 2}}, "discord:9:70:7"),
        ({"channel": {"id": "60", "type": 1}, "guild_id": None}, "discord:dm:60"),
        ({"channel": {"id": "61", "type": 3}, "guild_id": None}, "discord:dm:61"),
    ],
)
def test_where_the_bot_can_open_no_thread_the_response_is_the_answer(more: dict[str, Any], conversation: str) -> None:
    found = asked(interaction(2, support(), **more))
    assert (found.form, found.message.conversation_id) == (Form.HERE, conversation)
    reply = read_interaction(found.message.address)
    assert reply is not None
    assert not reply.is_ephemeral


def test_a_file_comes_with_the_question() -> None:
    data = support(attachment="3")
    file = {"id": "3", "filename": "log.txt", "url": "https://cdn/x", "size": 9, "content_type": "text/plain"}
    data["resolved"] = {"attachments": {"3": file}}
    assert [each.name for each in asked(interaction(2, data)).attachments] == ["log.txt"]
    assert asked(interaction(2, support())).attachments == ()


def test_a_message_can_be_asked_about_and_is_answered_in_private() -> None:
    target = {"id": "3", "content": "<@100> it fails", "attachments": [], "mentions": []}
    data = {"type": 3, "name": "Ask Firstline", "target_id": "3", "resolved": {"messages": {"3": target}}}
    found = asked(interaction(2, data))
    assert (found.form, found.message.text) == (Form.PRIVATE, "it fails")


@pytest.mark.parametrize(("name", "wish"), [("support-new", Wish.NEW), ("support-human", Wish.PERSON)])
@pytest.mark.parametrize(
    ("channel", "conversation"), [(TEXT, "discord:9:30:7"), (THREAD, "discord:9:40"), (None, "discord:dm:60")]
)
def test_a_command_without_a_question_is_about_the_talk_in_its_place(
    name: str, wish: Wish, channel: dict[str, Any] | None, conversation: str
) -> None:
    found = wished(interaction(2, {"type": 1, "name": name}, channel))
    assert (found.wish, found.conversation_id) == (wish, conversation)


def press(action: str, channel: dict[str, Any] | None = THREAD, *, flags: int = 0) -> dict[str, Any]:
    message = {"id": "88", "flags": flags}
    return interaction(3, {"custom_id": f"firstline:{action}", "component_type": 2}, channel, message=message)


def test_a_button_concerns_the_message_it_stands_under() -> None:
    found = wished(press("helpful:t1:0"))
    assert (found.wish, found.kind, found.concerns) == (Wish.HELPFUL, Kind.BUTTON, "88")
    assert (found.conversation_id, found.surface) == ("discord:9:40", Surface.THREAD)
    assert wished(press("resume")).wish is Wish.GIVE_BACK


def test_a_private_answer_is_shared_in_its_channel() -> None:
    found = wished(press("share", TEXT, flags=64))
    assert (found.wish, found.conversation_id) == (Wish.SHARE, "discord:9:30:7")
    assert (found.address.channel, found.address.thread) == ("30", "")


@pytest.mark.parametrize(
    "payload",
    [
        interaction(1, {}),
        interaction(2, {"name": "another"}),
        interaction(3, {"custom_id": "another"}),
        interaction(2, support(), token=None),
        interaction(2, support(), member=None),
        press("unheard-of"),
    ],
)
def test_what_the_bot_knows_nothing_of_is_nothing(payload: dict[str, Any]) -> None:
    assert read(payload) is None


def test_the_beginning_of_a_question_asks_for_suggestions() -> None:
    data = {"name": "support", "options": [{"name": "question", "value": "ref", "focused": True}]}
    found = read(interaction(4, data))
    assert isinstance(found, Begun)
    assert found.words == "ref"
