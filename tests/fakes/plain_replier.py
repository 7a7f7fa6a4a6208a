"""The smallest honest Replier: one message for a reply, the newest text wins, nothing is posted twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.contract import ReplyDone, ReplyEvent, ReplyFailed, StatusShown, TextAdded, TextReset
from bot.contract import OnPosted, ReplyOrder
from tests.fakes.wall import AnswerLost, Down, Wall


class PlainReply:
    """One reply, written by one task, so that edits never overlap."""

    def __init__(self, wall: Wall, order: ReplyOrder, on_posted: OnPosted) -> None:
        self._wall = wall
        self._order = order
        self._on_posted = on_posted
        self._reference = order.references[0] if order.references else None
        self._may_exist = order.may_exist
        self._text = ""
        self._notice = ""
        self._on_screen: str | None = None
        self._news = asyncio.Event()
        self._writing = asyncio.Lock()

    def show(self, event: ReplyEvent) -> None:
        """Take text in."""
        match event:
            case TextAdded(text):
                self._text += text
            case TextReset():
                self._text = ""
            case StatusShown(text):
                self._notice = text
            case _:
                return
        self._news.set()

    async def finish(self, end: ReplyDone | ReplyFailed) -> None:
        """Write the end and nothing after it."""
        text = end.text if isinstance(end, ReplyDone) else f"{end.message} ({end.reference})"
        await self._put(text)
        self._news.clear()

    async def stop(self) -> None:
        """Leave the partial text, which an earlier process alone may know."""
        self._news.clear()
        if self._text:
            await self._put(f"{self._text} [stopped]")
        elif self._notice and self._reference is not None:
            await self._put("[stopped]")

    async def write(self) -> None:
        """Put the newest text on the screen for as long as there is news."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._text or self._notice:
                await self._put(self._text or self._notice)

    async def _put(self, text: str) -> None:
        async with self._writing:
            while self._on_screen != text:
                try:
                    await self._post_or_edit(text)
                    self._on_screen = text
                except AnswerLost:
                    self._may_exist = True
                except Down:
                    pass

    async def _post_or_edit(self, text: str) -> None:
        if self._reference is None and self._may_exist:
            await self._remember(await self._wall.find(self._order.turn_id))
            self._may_exist = False
        if self._reference is None:
            await self._remember(await self._wall.post(self._order.address.where, text, key=self._order.turn_id))
        else:
            await self._wall.edit(self._reference, text)

    async def _remember(self, reference: str | None) -> None:
        if reference is not None:
            self._reference = reference
            await self._on_posted(0, reference)


@dataclass(slots=True)
class PlainReplier:
    """Passes `bot.contract.Replier`."""

    wall: Wall

    @asynccontextmanager
    async def open(self, order: ReplyOrder, on_posted: OnPosted) -> AsyncIterator[PlainReply]:
        """Write for as long as the reply is open."""
        reply = PlainReply(self.wall, order, on_posted)
        writer = asyncio.get_running_loop().create_task(reply.write())
        try:
            yield reply
        finally:
            writer.cancel()
            await asyncio.wait([writer])
