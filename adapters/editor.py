"""One live reply: takes text as it comes, without ever waiting, and knows what should be on screen.

It makes no calls and knows no limits of rate: the scheduler asks it for its next step and tells it what became of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from adapters.contract import (
    Address,
    Content,
    Delivery,
    MessageReference,
    OnPosted,
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
from adapters.limits import Action, Limits
from adapters.markdown.neutralise import PingRule, neutralise
from adapters.markdown.split import Pages, normalise

# An answer that took longer ends with a new message, since nobody is told of an edit.
LONG_ANSWER_SECONDS = 30.0
_SHRINK = 0.8
_ELSEWHERE = "…"
CLOSING_TEXT = "The answer above is complete."
FILE_NAME = "answer.md"
_FILE_NOTE = "\n\n*The answer goes on in the attached file, which holds all of it.*"


@dataclass(slots=True)
class Message:
    """One message of the reply: `shown` is what the platform has confirmed, None when that isn't known."""

    reference: MessageReference
    shown: Content | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """The call that a reply needs next. `until` is how much of the text is on screen after it."""

    action: Action
    index: int
    content: Content
    until: int
    epoch: int


class MessageEditor:
    """A reply while it is written (adapters.contract.LiveReply)."""

    def __init__(
        self,
        address: Address,
        turn_id: str,
        limits: Limits,
        *,
        on_posted: OnPosted,
        wake: Callable[[], None],
        clock: Callable[[], float],
        references: tuple[MessageReference, ...] = (),
        may_ping: frozenset[str] = frozenset(),
        ping_rule: PingRule | None = None,
    ) -> None:
        self.address = address
        self.turn_id = turn_id
        self.on_posted = on_posted
        self.messages = [Message(reference) for reference in references]
        self.is_ended = False
        self.status: str | None = None
        self.first_text_at: float | None = None
        self.last_shown_at: float | None = None
        self.ended_at: float | None = None
        self.shown_to = 0
        self.epoch = 0
        self.is_file_sent = False
        self._limits = limits
        self._max_size = limits.max_size
        self._wake = wake
        self._clock = clock
        self._may_ping = may_ping
        self._ping_rule = ping_rule or PingRule()
        self._incoming: list[str] = []
        self._incoming_chars = 0
        self._carriage = False
        self._sources: tuple[SourceLink, ...] = ()
        self._needs_notice = False
        self._opened_at = clock()
        self._delivered = asyncio.Event()
        self._error: str | None = None
        self.pages = self._build_pages()

    def _build_pages(self) -> Pages:
        return Pages(self._measure, self._max_size)

    def _measure(self, text: str) -> int:
        return self._limits.measure(self._neutralise(text))

    def _neutralise(self, text: str) -> str:
        return neutralise(text, self._ping_rule, self._may_ping)

    # What the turn tells.

    def show(self, event: ReplyEvent) -> None:
        """Take the next event of the reply; those after the last are ignored."""
        if self.is_ended:
            return
        match event:
            case TextAdded(text):
                self._add(text)
            case TextReset():
                self._reset()
            case SourcesShown(sources):
                self._sources = sources
            case StatusShown(text):
                self.status = text
                self._wake()
            case ReplyDone(text):
                self._replace(text)
                self._end()
            case ReplyFailed(message):
                self._append_block(message)
                self._end()
            case RouteShown():
                pass
            case _:
                assert_never(event)

    def stop(self, note: str = "") -> None:
        """End the reply with the text so far and, below it, an optional sentence of ours."""
        if not self.is_ended:
            self._append_block(note)
            self._end()

    def notice_others(self) -> None:
        """Learn that people wrote below the reply."""
        self._needs_notice = bool(self.messages)

    async def wait(self) -> Delivery:
        """Return when the reply has ended on the platform."""
        await self._delivered.wait()
        return Delivery(tuple(message.reference for message in self.messages), self._error)

    def _add(self, text: str) -> None:
        if not text:
            return
        if self.first_text_at is None:
            self.first_text_at = self._clock()
            self._wake()
        self._incoming.append(text)
        self._incoming_chars += len(text)

    def _reset(self) -> None:
        self._incoming.clear()
        self._incoming_chars = 0
        self._carriage = False
        self.epoch += 1
        self.shown_to = 0
        self.first_text_at = None
        self.pages = self._build_pages()

    def _replace(self, text: str) -> None:
        """Make this the whole text, keeping the messages that it leaves as they are."""
        self.take_in(is_last=True)
        common = self.pages.replace(normalise(text))
        self.shown_to = min(self.shown_to, common)

    def _append_block(self, text: str) -> None:
        self.take_in(is_last=True)
        if text:
            self.pages.add(("\n\n" if self.pages.text.strip() else "") + text)

    def _end(self) -> None:
        self.is_ended = True
        self.ended_at = self._clock()
        self._wake()

    # What the scheduler asks.

    def take_in(self, *, is_last: bool = False) -> None:
        """Move what was added into the pages: once for each look of the scheduler, not for each token."""
        text = ("\r" if self._carriage else "") + "".join(self._incoming)
        self._incoming.clear()
        self._incoming_chars = 0
        self._carriage = text.endswith("\r") and not is_last
        self.pages.add(normalise(text[:-1] if self._carriage else text))

    @property
    def unseen_chars(self) -> int:
        """How much text is not on screen."""
        return len(self.pages.text) + self._incoming_chars - self.shown_to

    @property
    def is_blank(self) -> bool:
        """Whether nothing is on screen."""
        return not self.messages

    @property
    def is_at_break(self) -> bool:
        """Whether what is on screen ends with a block, so that a further message may go on from there."""
        is_last = self.pages.count <= len(self.messages) and len(self.pages.closed) == len(self.messages) - 1
        return (
            is_last
            and self.shown_to > self.pages.open_start
            and self.shown_to == self.pages.break_before(self.shown_to)
        )

    @property
    def may_continue(self) -> bool:
        """Whether a further message may be posted: because edits are short, or for an end that must be noticed."""
        return self.is_at_break and (len(self.messages) < self._limits.max_messages_for_load or self._is_long)

    def next_live_step(self, *, until: int | None = None, is_new: bool = False) -> Step | None:
        """Return the call that shows the text so far, or as much as ends at `until`, or None if nothing is new.

        `is_new` goes on in a further message.
        """
        if is_new:
            self.pages.break_at(self.shown_to)
        for index, piece in enumerate(self.pages.closed[: self._limits.max_messages]):
            if not self._shows(index, self.pages.show_piece(index, is_final=True)):
                return self._step(index, self.pages.show_piece(index, is_final=True), piece.end)
        index = len(self.pages.closed)
        if index >= self._limits.max_messages or not self.pages.has_open:
            return None
        text = self.pages.show_piece(index, is_final=False, until=until)
        if not text.strip() or self._shows(index, text):
            return None
        return self._step(index, text, len(self.pages.text) if until is None else until)

    def _shows(self, index: int, text: str) -> bool:
        if index >= len(self.messages):
            return False
        shown = self.messages[index].shown
        return shown is not None and shown.text == self._neutralise(text)

    def _step(self, index: int, text: str, until: int) -> Step:
        content = Content(self._neutralise(text), is_live=True, is_last=True, may_ping=self._may_ping)
        return Step(self._action(index), index, content, until, self.epoch)

    def _action(self, index: int) -> Action:
        return Action.EDIT if index < len(self.messages) else Action.POST

    def next_final_step(self, *, is_new: bool = False) -> Step | None:
        """Return the next call on the way to the complete reply, or None when all of it is on screen."""
        if is_new:
            self.pages.break_at(self.shown_to)
        contents = self._final_contents()
        for index, content in enumerate(contents):
            if index >= len(self.messages) or not _is_settled(self.messages[index].shown, content):
                until = self.pages.closed[index].end if index < len(self.pages.closed) else len(self.pages.text)
                return Step(self._action(index), index, content, until, self.epoch)
        return None

    def _final_contents(self) -> list[Content]:
        texts = self.pages.show(is_final=True)
        if self.is_cut_short:
            texts = texts[: self._limits.max_messages]
            texts[-1] = self._make_room(texts[-1])
        texts = [self._neutralise(text) for text in texts]
        if self._needs_closing_message(len(texts)):
            texts.append(CLOSING_TEXT)
        last = len(texts) - 1
        return [
            Content(
                text,
                is_last=index == last,
                sources=self._sources if index == last else (),
                may_ping=self._may_ping,
            )
            for index, text in enumerate(texts)
        ]

    def _make_room(self, text: str) -> str:
        """Return the last message's text with the note that the rest is in the file."""
        room = self._max_size - self._limits.measure(_FILE_NOTE)
        if self._measure(text) <= room:
            return text + _FILE_NOTE
        pages = Pages(self._measure, room)
        pages.add(text)
        return pages.show_piece(0, is_final=True) + _FILE_NOTE

    @property
    def is_cut_short(self) -> bool:
        """Whether the text needs more messages than a reply may have: then all of it goes out as a file."""
        return self.pages.count > self._limits.max_messages

    def _needs_closing_message(self, texts: int) -> bool:
        """Whether the end would go unnoticed: it was edited in while people looked elsewhere."""
        if len(self.messages) < texts or self.ended_at is None:
            return False
        if len(self.messages) > texts:
            shown = self.messages[texts].shown
            return shown is not None and shown.text == CLOSING_TEXT
        return self._needs_notice or self._is_long

    @property
    def _is_long(self) -> bool:
        return self.ended_at is not None and self.ended_at - self._opened_at > LONG_ANSWER_SECONDS

    @property
    def blank_content(self) -> Content:
        """What a message shows that is not needed any more and can't be deleted."""
        return Content(_ELSEWHERE, is_last=False)

    def surplus(self) -> list[int]:
        """Return the messages that the complete reply doesn't need, last first."""
        return list(range(len(self.messages) - 1, len(self._final_contents()) - 1, -1))

    # What the scheduler tells.

    def record(self, step: Step, reference: MessageReference) -> None:
        """Remember that a step was done."""
        if step.index >= len(self.messages):
            self.messages.append(Message(reference))
        self.messages[step.index].shown = step.content
        self.last_shown_at = self._clock()
        if step.epoch == self.epoch:
            self.shown_to = min(max(self.shown_to, step.until), len(self.pages.text))

    def adopt(self, reference: MessageReference) -> None:
        """Take over a message that was posted, though its response was lost: what it shows isn't known."""
        self.messages.append(Message(reference))

    def shrink(self) -> None:
        """Lay the text out in smaller messages, since the platform refused one as too long."""
        self._max_size = max(200, int(self._max_size * _SHRINK))
        text = self.pages.text
        self.pages = self._build_pages()
        self.pages.add(text)
        self.epoch += 1
        self.shown_to = 0

    def conclude(self, error: str | None = None) -> None:
        """End the wait: all is on screen, or `error` names why the rest never will be."""
        self.is_ended = True
        self._error = error
        self._delivered.set()

    @property
    def is_concluded(self) -> bool:
        """Whether nothing more will be done for this reply."""
        return self._delivered.is_set()


def _is_settled(shown: Content | None, wanted: Content) -> bool:
    """Whether a message needs no further call: only the last one is edited for more than its text."""
    if shown is None or shown.text != wanted.text:
        return False
    return shown == wanted or not wanted.is_last
