"""One live reply: takes events as they come, without ever waiting, and knows what is and what should be on screen.

It makes no calls and knows no limits of rate: the scheduler asks it for its next step and tells it what became of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.contract import (
    Address,
    Content,
    Controls,
    MessageReference,
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
from adapters.draft import Draft
from adapters.limits import Action, Limits
from adapters.live import Delivery, OnPosted
from adapters.markdown.neutralise import PingRule

# An answer that took longer ends with a new message, since nobody is told of an edit.
LONG_ANSWER_SECONDS = 30.0
CLOSING_TEXT = "The answer above is complete."
_ELSEWHERE = "…"


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
    made_at: float


class MessageEditor:
    """A reply while it is written (adapters.live.LiveReply)."""

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
        controls: Controls = Controls.ANSWER,
        is_whole: bool = False,
        footer_size: Callable[[Content], int] | None = None,
    ) -> None:
        self.address = address
        self.turn_id = turn_id
        self.on_posted = on_posted
        self.messages = [Message(reference) for reference in references]
        self.is_ended = False
        self.is_whole = is_whole
        self.status: str | None = None
        self.first_text_at: float | None = None
        self.last_shown_at: float | None = None
        self.last_made_at: float | None = None
        self.ended_at: float | None = None
        self.shown_to = 0
        self.is_file_sent = False
        self.draft = Draft(limits, may_ping=may_ping, ping_rule=ping_rule)
        self._limits = limits
        self._controls = controls
        self._footer_size = footer_size
        self._wake = wake
        self._clock = clock
        self._sources: tuple[SourceLink, ...] = ()
        self._route = ""
        self._needs_notice = False
        self._is_noticed = False
        self._opened_at = clock()
        self._delivered = asyncio.Event()
        self._error: str | None = None

    # What the turn tells.

    def show(self, event: ReplyEvent) -> None:
        """Take the next event of the reply; those after the last are ignored."""
        if self.is_ended:
            return
        match event:
            case TextAdded(text) if text:
                self._add(text)
            case TextReset():
                self._reset()
            case RouteShown(title=title):
                self._route = title
            case SourcesShown(sources):
                self._sources = sources
            case StatusShown(text):
                self.status = text
                self._wake()
            case ReplyDone(text) | ReplyFailed(text):
                self._end(event, text)
            case _:
                return

    def stop(self, note: str = "") -> None:
        """End the reply with the text so far and, below it, an optional sentence of ours."""
        if not self.is_ended:
            self.draft.append_block(note)
            self._mark_end()

    def notice_others(self) -> None:
        """Learn that people wrote below the reply."""
        self._needs_notice = bool(self.messages)

    async def wait(self) -> Delivery:
        """Return when the reply has ended on the platform."""
        await self._delivered.wait()
        return Delivery(tuple(message.reference for message in self.messages), self._error)

    def _add(self, text: str) -> None:
        if self.first_text_at is None:
            self.first_text_at = self._clock()
            self._wake()
        self.draft.add(text)

    def _reset(self) -> None:
        self.draft.reset()
        self.shown_to = 0
        self.first_text_at = None

    def _end(self, event: ReplyDone | ReplyFailed, text: str) -> None:
        if isinstance(event, ReplyDone):
            self.shown_to = min(self.shown_to, self.draft.replace(text))
        else:
            self.draft.append_block(text)
        self._mark_end()

    def _mark_end(self) -> None:
        self.is_ended = True
        self.ended_at = self._clock()
        self._wake()

    # What the scheduler asks.

    @property
    def unseen_chars(self) -> int:
        """How much text is not on screen."""
        return self.draft.chars - self.shown_to

    @property
    def is_blank(self) -> bool:
        """Whether nothing is on screen."""
        return not self.messages

    @property
    def is_at_break(self) -> bool:
        """Whether what is on screen is known to end with a block, so that a further message may go on from there."""
        pages = self.draft.pages
        if not self.messages or self.messages[-1].shown is None:
            return False
        is_last = pages.count <= len(self.messages) and len(pages.closed) == len(self.messages) - 1
        return is_last and self.shown_to > pages.open_start and pages.is_break(self.shown_to)

    @property
    def may_continue(self) -> bool:
        """Whether a further message may be posted: because edits are short, or for an end that must be noticed."""
        return self.is_at_break and (len(self.messages) < self._limits.max_messages_for_load or self._is_long)

    def next_live_step(self, *, until: int | None = None, is_new: bool = False) -> Step | None:
        """Return the call that shows the text so far, or as much as ends at `until`, or None if nothing is new.

        `is_new` goes on in a further message.
        """
        pages = self.draft.pages
        if is_new:
            pages.break_at(self.shown_to)
        for index, piece in enumerate(pages.closed[: self._limits.max_messages]):
            text = pages.show_piece(index, is_final=True)
            if not self._shows(index, text):
                return self._live_step(index, text, piece.end)
        index = len(pages.closed)
        if index >= self._limits.max_messages or not pages.has_open:
            return None
        text = pages.show_piece(index, is_final=False, until=until)
        if not text.strip() or self._shows(index, text):
            return None
        return self._live_step(index, text, len(pages.text) if until is None else until)

    def _shows(self, index: int, text: str) -> bool:
        if index >= len(self.messages):
            return False
        shown = self.messages[index].shown
        return shown is not None and shown.text == self.draft.neutralise(text)

    def _live_step(self, index: int, text: str, until: int) -> Step:
        shown = self.draft.neutralise(text)
        content = Content(
            shown,
            is_live=True,
            may_ping=self.draft.may_ping,
            controls=self._controls,
            settled=self.draft.settled(index, shown, until),
        )
        return Step(self._action(index), index, content, until, self.draft.epoch, self._clock())

    def _action(self, index: int) -> Action:
        return Action.EDIT if index < len(self.messages) else Action.POST

    def next_final_step(self, *, is_new: bool = False) -> Step | None:
        """Return the next call on the way to the complete reply, or None when all of it is on screen."""
        pages = self.draft.pages
        if is_new:
            pages.break_at(self.shown_to)
        for index, content in enumerate(self._final_contents()):
            if index >= len(self.messages) or not _is_settled(self.messages[index].shown, content):
                until = pages.closed[index].end if index < len(pages.closed) else len(pages.text)
                return Step(self._action(index), index, content, until, self.draft.epoch, self._clock())
        return None

    def _final_contents(self) -> list[Content]:
        texts = self.draft.final_texts()
        if self._needs_closing_message(len(texts)):
            texts.append(CLOSING_TEXT)
        elif texts and not self._has_room_for_sources(texts[-1]):
            # They stand in a message of their own then.
            texts.append("")
        last = len(texts) - 1
        shared = Content("", may_ping=self.draft.may_ping, controls=self._controls)
        earlier = [replace(shared, text=text, is_last=False) for text in texts[:last]]
        return earlier + [replace(shared, text=text, sources=self._sources, route=self._route) for text in texts[last:]]

    def _has_room_for_sources(self, text: str) -> bool:
        if self._footer_size is None or not self._sources:
            return True
        size = self._footer_size(Content(text, sources=self._sources, route=self._route))
        return self._limits.measure(text) + size <= self._limits.max_size

    def _needs_closing_message(self, texts: int) -> bool:
        """Whether the end would go unnoticed: it was edited in while people looked elsewhere."""
        if len(self.messages) < texts or self.ended_at is None:
            return False
        if len(self.messages) == texts and self._is_noticed:
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
            # What is posted after the end is a message that people are told of.
            self._is_noticed = self.is_ended
        self.messages[step.index].shown = step.content
        self.last_shown_at, self.last_made_at = self._clock(), step.made_at
        if step.epoch == self.draft.epoch:
            self.shown_to = min(max(self.shown_to, step.until), len(self.draft.text))

    def doubt(self, index: int) -> None:
        """Forget what a message shows: an edit may or may not have been done."""
        self.messages[index].shown = None

    def adopt(self, reference: MessageReference) -> None:
        """Take over a message that was posted, though its response was lost: what it shows isn't known."""
        self.messages.append(Message(reference))

    def shrink(self) -> None:
        """Lay the text out in smaller messages, since the platform refused one as too long."""
        self.draft.shrink()
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
