"""The smallest honest LiveReplies: one message a reply, no budget, the newest text wins, nothing is posted twice."""

import asyncio
from dataclasses import dataclass, field

from adapters.contract import (
    Address,
    Controls,
    MessageReference,
    ReplyDone,
    ReplyEvent,
    ReplyFailed,
    StatusShown,
    TextAdded,
    TextReset,
)
from adapters.live import Delivery, OnPosted
from tests.fakes.wall import AnswerLost, Down, Wall


class PlainReply:
    """One reply, written by one task, so that edits never overlap."""

    def __init__(
        self,
        wall: Wall,
        address: Address,
        turn_id: str,
        on_posted: OnPosted,
        reference: MessageReference | None,
        *,
        shows_status: bool,
    ) -> None:
        self.may_exist = False
        self._shows_status = shows_status
        self._wall = wall
        self._address = address
        self._turn_id = turn_id
        self._on_posted = on_posted
        self._reference = reference
        self._text = ""
        self._notice = ""
        self._on_screen = ""
        self._is_ended = False
        self._news = asyncio.Event()
        self._delivered = asyncio.Event()

    def show(self, event: ReplyEvent) -> None:
        """Take text in; the end is the last of it."""
        if self._is_ended:
            return
        match event:
            case TextAdded(text):
                self._text += text
            case TextReset():
                self._text = ""
            case StatusShown(text) if self._shows_status:
                self._notice = text
            case ReplyDone(text):
                self._text, self._is_ended = text, True
            case ReplyFailed(text, reference):
                self._text, self._is_ended = f"{text} ({reference})", True
            case _:
                return
        self._news.set()

    def stop(self, note: str = "") -> None:
        """Leave the partial text, which an earlier process alone may know."""
        if not self._is_ended and (self._text or self._notice):
            self._text += f"\n\n{note}"
        self._is_ended = True
        self._news.set()

    def notice_others(self) -> None:
        """Do nothing: these replies end with an edit."""

    async def wait(self) -> Delivery:
        """Return when the end is on the wall."""
        await self._delivered.wait()
        return Delivery(() if self._reference is None else (self._reference,))

    async def write(self) -> None:
        """Put the newest text on the wall until the end is there."""
        while not self._delivered.is_set():
            await self._news.wait()
            self._news.clear()
            is_last = self._is_ended
            if self._text or self._notice:
                await self._put(self._text or self._notice)
            if is_last:
                self._delivered.set()

    async def _put(self, text: str) -> None:
        while self._on_screen != text:
            try:
                await self._post_or_edit(text)
                self._on_screen = text
            except AnswerLost:
                self.may_exist = True
            except Down:
                pass

    async def _post_or_edit(self, text: str) -> None:
        if self._reference is None and self.may_exist:
            await self._remember(await self._wall.find(self._turn_id))
            self.may_exist = False
        if self._reference is None:
            await self._remember(await self._wall.post(self._address.channel, text, key=self._turn_id))
        else:
            await self._wall.edit(self._reference.message, text)

    async def _remember(self, message: str | None) -> None:
        if message is not None:
            self._reference = MessageReference(self._address, message)
            await self._on_posted(self._reference, 0)


@dataclass(slots=True)
class PlainReplies:
    """Passes `adapters.live.LiveReplies`."""

    wall: Wall
    shows_status: bool = True
    """Whether what is being done stands on the wall as text, which no platform of ours does."""
    _opened: "asyncio.Queue[PlainReply]" = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        """Let each reply write for itself."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                tasks.create_task((await self._opened.get()).write())

    def open_reply(
        self,
        address: Address,
        turn_id: str,
        *,
        on_posted: OnPosted,
        references: tuple[MessageReference, ...] = (),
        may_ping: frozenset[str] = frozenset(),  # noqa: ARG002 - a wall pings nobody
        attempt: int = 1,
        controls: Controls = Controls.ANSWER,  # noqa: ARG002 - a wall has no buttons
    ) -> PlainReply:
        """Begin a reply or go on with one."""
        reference = references[0] if references else None
        reply = PlainReply(self.wall, address, turn_id, on_posted, reference, shows_status=self.shows_status)
        reply.may_exist = attempt > 1
        self._opened.put_nowait(reply)
        return reply
