"""Replies on a terminal: finished blocks are printed for good, and only the unfinished end is drawn anew.

So an answer of any length scrolls like ordinary output: nothing above the end flickers, and no line is lost when it
is longer than the window.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live

from adapters.console import render
from adapters.console.keyboard import quiet_keyboard
from adapters.console.plain import describe_route, to_printable
from adapters.console.screen import STOPPED, ShownReply
from adapters.contract import (
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourceLink,
    SourcesShown,
    StatusShown,
    TextAdded,
    TextReset,
)

FRAME_SECONDS = 1 / 12


class TerminalReply:
    """One live reply."""

    def __init__(self, console: Console, live: Live, question: str, clock: Callable[[], float]) -> None:
        self._console = console
        self._live = live
        self._question = question
        self._clock = clock
        self._drawn_at = 0.0
        self._pending: asyncio.TimerHandle | None = None
        self._printed = ""
        self._tail = ""
        self._sources: tuple[SourceLink, ...] = ()

    def show(self, event: ReplyEvent) -> None:
        """Take the next event."""
        match event:
            case RouteShown():
                self._print_note(describe_route(event, self._question))
            case StatusShown():
                self._draw_status(event.text)
            case TextAdded():
                self._tail += to_printable(event.text)
                self._draw_soon()
            case TextReset():
                self._begin_again("(another model answers anew)")
            case SourcesShown():
                self._sources = event.sources
            case ReplyDone():
                self._finish(event)
            case ReplyFailed():
                self._clear_tail()
                self._console.print(to_printable(event.message), markup=False)

    def stop(self) -> None:
        """Keep the text so far."""
        with self._console:
            self._print_block(self._clear_tail())
            self._print_note(STOPPED)

    def close(self) -> None:
        """Draw nothing any more."""
        if self._pending is not None:
            self._pending.cancel()

    def _finish(self, done: ReplyDone) -> None:
        """Print what is not yet printed. The whole text wins: if what was printed differs, it is printed anew."""
        text = to_printable(done.text)
        if not text.startswith(self._printed):
            self._begin_again("(the answer after its sources were checked)")
        with self._console:
            self._clear_tail()
            self._print_block(text[len(self._printed) :])
            self._console.print(Group("", *render.closing(done, self._sources)))

    def _begin_again(self, reason: str) -> None:
        """Forget the text so far. What has scrolled by can't be taken back, so a line says that it is void."""
        if self._printed:
            self._print_note(reason)
        self._clear_tail()
        self._printed = ""

    def _draw_soon(self) -> None:
        """Draw now, or when the frame is over, so that the last words of a burst are not kept back."""
        wait = self._drawn_at + FRAME_SECONDS - self._clock()
        if wait <= 0:
            self._draw()
        elif self._pending is None:
            self._pending = asyncio.get_running_loop().call_later(wait, self._draw)

    def _draw(self) -> None:
        """Print the blocks that are finished by now above the redrawn end."""
        self.close()
        self._pending = None
        self._drawn_at = self._clock()
        settled = render.settled_chars(self._tail)
        block, self._tail = self._tail[:settled], self._tail[settled:]
        # Inside `with console` all is sent in one piece, so that no half-drawn frame is seen.
        with self._console:
            self._live.update(render.Tail(self._tail), refresh=True)
            self._print_block(block)

    def _draw_status(self, text: str) -> None:
        """Show what is being done, until there is text."""
        if not self._tail:
            self._live.update(render.note(text), refresh=True)

    def _print_block(self, markdown: str) -> None:
        """Print finished Markdown, with the empty line between blocks that a whole document would have."""
        if markdown.strip():
            self._console.print(Group("", render.answer(markdown)))
        self._printed += markdown

    def _print_note(self, text: str) -> None:
        """Print a line about the answer."""
        self._console.print(render.note(text))

    def _clear_tail(self) -> str:
        """Take the unfinished end off the screen and return it."""
        self.close()
        self._pending = None
        tail, self._tail = self._tail, ""
        self._live.update("", refresh=True)
        return tail


class TerminalScreen:
    """A person's terminal. Not for pipes: `PlainScreen` is."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console or Console(highlight=False)
        self._clock = clock

    @contextmanager
    def open_reply(self, question: str) -> Iterator[ShownReply]:
        """Begin the reply to a question; the terminal is put in order again however it ends."""
        live = Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")
        with quiet_keyboard(), live:
            reply = TerminalReply(self._console, live, question, self._clock)
            try:
                yield reply
            finally:
                reply.close()
        self._console.print()

    def say(self, text: str) -> None:
        """Print a line of our own."""
        self._console.print(render.note(text))
