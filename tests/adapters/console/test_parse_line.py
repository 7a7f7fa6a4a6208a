"""What typed lines mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.parse import Command, Line, UnknownCommand, parse_line
from adapters.contract import IncomingMessage


def parse(line: str) -> Line | None:
    return parse_line(line, message_id="m1", conversation_id="console:default", author="console")


def test_a_question_becomes_a_message_without_the_space_around_it() -> None:
    assert parse("  How do refunds work?\n") == IncomingMessage(
        "m1", "console:default", "console", "How do refunds work?"
    )


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/new", Command.NEW),
        (" /NEW \n", Command.NEW),
        ("/quit", Command.QUIT),
        ("/exit", Command.QUIT),
        ("/help", Command.HELP),
        ("/?", Command.HELP),
    ],
)
def test_commands_are_single_words_in_any_case(line: str, command: Command) -> None:
    assert parse(line) is command


def test_an_unknown_command_is_told_from_a_question() -> None:
    assert parse("/nwe") == UnknownCommand("/nwe")


@pytest.mark.parametrize("line", ["/webhooks answers 404", "/v2/shipments", "/new plans?", "what does /quit do"])
def test_a_question_may_begin_with_a_slash(line: str) -> None:
    message = parse(line)
    assert isinstance(message, IncomingMessage)
    assert message.text == line


@pytest.mark.parametrize("line", ["", "\n", "   \t", "\x1b\x00\x07"])
def test_a_blank_line_means_nothing(line: str) -> None:
    assert parse(line) is None


@given(st.text())
def test_no_line_breaks_the_parser_and_no_message_holds_control_characters(line: str) -> None:
    meant = parse(line)
    if isinstance(meant, IncomingMessage):
        assert meant.text.strip()
        assert all(char.isprintable() or char in "\n\t" for char in meant.text)
