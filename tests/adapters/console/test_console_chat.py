"""The conversation at a console, without a terminal."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import pytest

from adapters.console.adapter import HELP, LEAVE_HINT, ConsoleChat
from adapters.console.lines import PipedLines
from adapters.console.screen import ShownReply
from adapters.contract import IncomingMessage, ReplyEvent, TextAdded


class TypedLines:
    """Lines as a person types them; KeyboardInterrupt stands for Ctrl-C at the prompt."""

    def __init__(self, *lines: str | type[KeyboardInterrupt]) -> None:
        self._lines = iter(lines)

    async def read(self) -> str | None:
        line = next(self._lines, None)
        if isinstance(line, type):
            raise line
        return line


class WrittenScreen:
    """What is said, line by line."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @contextmanager
    def open_reply(self, question: str) -> Iterator[ShownReply]:
        self.said.append(f"reply to {question}")
        yield self
        self.said.append("end")

    def show(self, event: ReplyEvent) -> None:
        self.said.append(event.text if isinstance(event, TextAdded) else type(event).__name__)

    def stop(self) -> None:
        self.said.append("stopped")

    def say(self, text: str) -> None:
        self.said.append(text)


class EchoDesk:
    """Repeat each message; "hang" waits for ever, after pressing Ctrl-C for real; "break" is a defect."""

    def __init__(self) -> None:
        self.conversation_id = "console:1"
        self.asked: list[IncomingMessage] = []
        self.closed: list[str] = []

    def begin_conversation(self) -> str:
        self.conversation_id = "console:2"
        return self.conversation_id

    async def answer(self, message: IncomingMessage) -> AsyncGenerator[ReplyEvent, None]:
        self.asked.append(message)
        try:
            yield TextAdded(message.text)
            if message.text == "hang":
                os.kill(os.getpid(), signal.SIGINT)
                await asyncio.Event().wait()
            if message.text == "break":
                raise ZeroDivisionError
        finally:
            self.closed.append(message.text)


async def converse(*lines: str | type[KeyboardInterrupt], is_interactive: bool = True) -> tuple[EchoDesk, list[str]]:
    desk, screen = EchoDesk(), WrittenScreen()
    ids = (f"m{number}" for number in range(100))
    chat = ConsoleChat(desk, TypedLines(*lines), screen, new_id=ids.__next__, is_interactive=is_interactive)
    await chat.run()
    return desk, screen.said


async def test_every_line_gets_its_reply_until_the_lines_end() -> None:
    desk, said = await converse("one", "", "two")
    assert said == ["reply to one", "one", "end", "reply to two", "two", "end"]
    assert len({message.id for message in desk.asked}) == 2


async def test_commands_are_not_questions() -> None:
    desk, said = await converse("/help", "/nwe", "/quit", "never")
    assert said == [HELP, f"There is no command /nwe. {HELP}"]
    assert desk.asked == []


async def test_new_begins_a_fresh_conversation() -> None:
    desk, said = await converse("one", "/new", "two")
    assert [message.conversation_id for message in desk.asked] == ["console:1", "console:2"]
    assert "A fresh conversation begins." in said


async def test_ctrl_c_stops_the_answer_and_the_conversation_goes_on() -> None:
    before = signal.getsignal(signal.SIGINT)
    desk, said = await converse("hang", "two")
    assert said == ["reply to hang", "hang", "stopped", "end", "reply to two", "two", "end"]
    assert desk.closed == ["hang", "two"]
    assert signal.getsignal(signal.SIGINT) is before


async def test_ctrl_c_at_the_prompt_says_how_to_leave() -> None:
    _, said = await converse(KeyboardInterrupt, KeyboardInterrupt, "one")
    assert said[:2] == [LEAVE_HINT, LEAVE_HINT]
    assert "one" in said


async def test_a_defect_is_not_taken_for_an_answer() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await converse("break")
    assert caught.group_contains(ZeroDivisionError)


async def test_piped_lines_come_one_by_one_and_end_with_none() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading) as stream:
        lines = PipedLines(stream)
        os.write(writing, b"one\ntw")
        assert await lines.read() == "one\n"
        os.write(writing, b"o")
        os.close(writing)
        assert await lines.read() == "two"
        assert await lines.read() is None
