"""The conversation at a console: read a line, show the reply, until there are no more lines."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager, nullcontext
from typing import Protocol, assert_never

from adapters.console.lines import LineSource
from adapters.console.parse import Command, Line, UnknownCommand, parse_line
from adapters.console.screen import Screen, ShownReply
from adapters.contract import IncomingMessage, ReplyEvent

HELP = "Ask a question, or type /new for a fresh conversation, /quit (or Ctrl-D) to leave. Ctrl-C stops an answer."
LEAVE_HINT = "(type /quit or press Ctrl-D to leave)"
AUTHOR = "console"


class Desk(Protocol):
    """Who answers: what the console needs from the other side."""

    @property
    def conversation_id(self) -> str:
        """The conversation that goes on."""
        ...

    def begin_conversation(self) -> str:
        """Leave the conversation and begin a fresh one; return its id."""
        ...

    def answer(self, message: IncomingMessage) -> AsyncGenerator[ReplyEvent, None]:
        """Yield the reply to a message; closing it early stops the answer."""
        ...


class ConsoleChat:
    """One chat. With `is_interactive`, Ctrl-C stops the answer rather than the program."""

    def __init__(
        self, desk: Desk, lines: LineSource, screen: Screen, *, new_id: Callable[[], str], is_interactive: bool
    ) -> None:
        self._desk = desk
        self._lines = lines
        self._screen = screen
        self._new_id = new_id
        self._is_interactive = is_interactive

    async def run(self) -> None:
        """Answer line after line until the end of input or /quit."""
        while (line := await self._read()) is not None:
            meant = parse_line(
                line, message_id=self._new_id(), conversation_id=self._desk.conversation_id, author=AUTHOR
            )
            if meant is Command.QUIT:
                return
            await self._follow(meant)

    async def _read(self) -> str | None:
        """Return the next line; Ctrl-C at the prompt says how to leave."""
        while True:
            try:
                return await self._lines.read()
            except KeyboardInterrupt:
                self._screen.say(LEAVE_HINT)

    async def _follow(self, meant: Line | None) -> None:
        """Do what a line asks for."""
        match meant:
            case IncomingMessage():
                await self._reply(meant)
            case Command.NEW:
                self._desk.begin_conversation()
                self._screen.say("A fresh conversation begins.")
            case UnknownCommand():
                self._screen.say(f"There is no command {meant.name}. {HELP}")
            case Command.HELP:
                self._screen.say(HELP)
            case Command.QUIT | None:
                pass
            case _:
                assert_never(meant)

    async def _reply(self, message: IncomingMessage) -> None:
        """Show the reply to its end, or to Ctrl-C."""
        with self._screen.open_reply(message.text) as reply:
            async with asyncio.TaskGroup() as group:
                showing = group.create_task(self._show(message, reply))
                with self._interrupting(showing.cancel):
                    await asyncio.wait({showing})
            if showing.cancelled():
                reply.stop()

    async def _show(self, message: IncomingMessage, reply: ShownReply) -> None:
        """Hand every event to the reply."""
        async with aclosing(self._desk.answer(message)) as events:
            async for event in events:
                reply.show(event)

    def _interrupting(self, stop: Callable[[], object]) -> AbstractContextManager[None]:
        """Let Ctrl-C call `stop` at a terminal; in a pipe it ends the program, as it does elsewhere."""
        return on_interrupt(stop) if self._is_interactive else nullcontext()


@contextmanager
def on_interrupt(stop: Callable[[], object]) -> Iterator[None]:
    """Let Ctrl-C call `stop` meanwhile, and put back what it did before."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
