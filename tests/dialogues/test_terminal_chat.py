"""A person talks to Firstline at a terminal."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.dialogues.terminal import Terminal, terminal
from tests.programs.run import PATIENCE, PROGRAM, environment

UP = "\x1b[A"


@pytest.fixture
def surroundings(tmp_path: Path) -> Mapping[str, str]:
    return environment(tmp_path / "home", LANG="C.UTF-8")


@pytest.fixture
def chat(tmp_path: Path, surroundings: Mapping[str, str]) -> Iterator[Terminal]:
    with terminal([*PROGRAM, "chat"], folder=tmp_path, environment=surroundings) as person:
        yield person


def test_a_whole_conversation(chat: Terminal, tmp_path: Path) -> None:
    chat.hears("Support of Brightquay.")
    chat.hears("sample documents; `firstline index FOLDER` reads yours")
    chat.says("hello")
    chat.hears("Billing (93%, local classifier)")
    chat.hears("You asked: hello")
    chat.hears("[1] Refunds > When it arrives")
    chat.hears("openai:gpt-4o-mini · 1.2 s · 740 tokens")

    chat.says("hang")
    chat.hears("The first half")
    chat.presses_ctrl_c()
    chat.hears("(stopped)")

    chat.says("where")
    assert "default.2" not in chat.hears("openai:gpt-4o-mini")

    chat.hears(">")
    chat.presses_ctrl_c()
    chat.hears("(type /quit or press Ctrl-D to leave)")

    chat.says("/new")
    chat.hears("A fresh conversation begins.")
    chat.says("where")
    chat.hears("console:default.2")

    chat.hears(">")
    chat.types(f"{UP}{UP}{UP}{UP}\r")
    chat.hears("The first half")
    chat.presses_ctrl_c()
    chat.hears("(stopped)")

    chat.hears(">")
    chat.types("\x04")
    chat.hears_the_end()
    assert chat.process.wait(PATIENCE) == 0
    history = tmp_path / "home" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "+where" in history.read_text()


def test_a_long_answer_scrolls_by_and_every_line_is_printed_once(chat: Terminal) -> None:
    chat.says("long")
    chat.hears("Billing (93%")
    heard = chat.hears("openai:gpt-4o-mini")
    # The unfinished end may have been drawn before it was printed for good.
    assert [n for n in range(100) if not 1 <= heard.count(f"Paragraph {n} of the long answer.") <= 4] == []
    chat.says("/quit")
    chat.hears_the_end()
    assert chat.process.wait(PATIENCE) == 0


def test_keys_typed_during_an_answer_wait_for_the_prompt(chat: Terminal) -> None:
    chat.says("hang")
    chat.hears("The first half")
    chat.types("where\r")
    chat.presses_ctrl_c()
    heard = chat.hears("(stopped)")
    assert "where" not in heard


def test_ask_is_live_at_a_terminal(tmp_path: Path, surroundings: Mapping[str, str]) -> None:
    with terminal([*PROGRAM, "ask", "hello"], folder=tmp_path, environment=surroundings) as person:
        person.hears("You asked: hello")
        person.hears("openai:gpt-4o-mini")
        person.hears_the_end()
        assert person.process.wait(PATIENCE) == 0
        assert b"\x1b[" in person.sent
