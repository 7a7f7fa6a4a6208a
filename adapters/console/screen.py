"""What shows replies, and the one for pipes: each reply whole and once, as plain Markdown."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from adapters.console.plain import describe_route, to_markdown, to_printable
from adapters.contract import (
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    RouteShown,
    SourceLink,
    SourcesShown,
    TextAdded,
    TextReset,
)

STOPPED = "(stopped)"


class ShownReply(Protocol):
    """One reply while it appears."""

    def show(self, event: ReplyEvent) -> None:
        """Take the next event."""
        ...

    def stop(self) -> None:
        """End the reply with the text so far."""
        ...


class Screen(Protocol):
    """Where replies appear, one after another."""

    def open_reply(self, question: str) -> AbstractContextManager[ShownReply]:
        """Begin the reply to a question."""
        ...

    def say(self, text: str) -> None:
        """Show a line of our own, such as a hint; it is no part of a reply."""
        ...


class PlainReply:
    """Collect a reply and write it when it is complete: what a pipe has been given can't be taken back."""

    def __init__(self, out: TextIO, question: str) -> None:
        self._out = out
        self._question = question
        self._route: str | None = None
        self._sources: tuple[SourceLink, ...] = ()
        self._text = ""

    def show(self, event: ReplyEvent) -> None:
        """Take the next event; the last one writes."""
        match event:
            case RouteShown():
                self._route = describe_route(event, self._question)
            case TextAdded():
                self._text += event.text
            case TextReset():
                self._text = ""
            case SourcesShown():
                self._sources = event.sources
            case ReplyDone():
                self._write(to_markdown(self._route, event, self._sources))
            case ReplyFailed():
                self._write(f"{to_printable(event.message)}\n\n")
            case _:  # a status is for typing indicators
                pass

    def stop(self) -> None:
        """Write the text so far."""
        self._write(f"{to_printable(self._text).strip()}\n\n{STOPPED}\n\n".lstrip())

    def _write(self, text: str) -> None:
        """Write at once: the reader at the other end may wait for it."""
        self._out.write(text)
        self._out.flush()


class PlainScreen:
    """Replies go to `out`, lines of our own to `notes`, so that a file of answers holds answers only."""

    def __init__(self, out: TextIO, notes: TextIO) -> None:
        self._out = out
        self._notes = notes

    @contextmanager
    def open_reply(self, question: str) -> Iterator[ShownReply]:
        """Begin the reply to a question."""
        yield PlainReply(self._out, question)

    def say(self, text: str) -> None:
        """Write a line of our own."""
        self._notes.write(f"{to_printable(text)}\n")
        self._notes.flush()
