"""Conversations by name."""

from pathlib import Path

import pytest

from bot.console import NamedConversation


def test_a_name_means_the_same_conversation_in_every_run(tmp_path: Path) -> None:
    first = NamedConversation(tmp_path, "default")
    assert (first.id, first.is_begun) == ("console:default", False)
    first.begin()
    again = NamedConversation(tmp_path, "default")
    assert (again.id, again.is_begun) == ("console:default", True)


def test_a_name_passes_to_a_fresh_conversation_and_stays_with_it(tmp_path: Path) -> None:
    conversation = NamedConversation(tmp_path, "default")
    conversation.begin()
    conversation.renew()
    assert conversation.id == "console:default.2"
    conversation.renew()
    assert NamedConversation(tmp_path, "default").id == "console:default.3"


def test_a_conversation_in_which_nothing_was_asked_is_fresh_already(tmp_path: Path) -> None:
    conversation = NamedConversation(tmp_path, "default")
    conversation.renew()
    assert conversation.id == "console:default"


def test_names_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = NamedConversation(tmp_path, "a"), NamedConversation(tmp_path, "b")
    for conversation in (first, second):
        conversation.begin()
        conversation.renew()
    assert [NamedConversation(tmp_path, name).id for name in "ab"] == ["console:a.2", "console:b.2"]


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"default": "x"}', '{"default": -1}', "\udcff"])
def test_a_spoilt_file_means_that_nothing_is_remembered(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / "conversations.json").write_bytes(spoilt.encode(errors="surrogateescape"))
    conversation = NamedConversation(tmp_path, "default")
    assert conversation.id == "console:default"
    conversation.begin()
    assert NamedConversation(tmp_path, "default").is_begun
