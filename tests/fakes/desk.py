"""The bot's own core, put together on a real store and a wall, for tests to talk to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from adapters.contract import Address, IncomingMessage, Kind, Platform, Surface, Wish
from adapters.live import LiveReplies
from agents.contract import Agent
from bot.about import About
from bot.clock import Clock
from bot.frontdesk import BotDesk
from bot.gate import Decision, GateRules
from bot.intake import Intake
from bot.notices import Notices
from bot.outlets import Outlet, SupportChannel
from bot.serving import build_bot
from bot.store.engine import Store, open_store, url_of
from bot.turns import TurnLimits, Turns
from tests.fakes.manual_clock import ManualClock

ABOUT = About(contact="help@example.org")
AT_ONCE = TurnLimits(burst_seconds=0.0, retry_seconds=0.0)


@dataclass(slots=True)
class Desk:
    """A running core, and short words for what people do."""

    store: Store
    turns: Turns
    intake: Intake
    notices: Notices
    front: BotDesk
    tasks: asyncio.TaskGroup
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def select(self, statement: str) -> list[tuple[object, ...]]:
        """Return what a statement finds in the tables."""

        def find(connection: sa.Connection) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

        return await self.store.database.reading.run(find)

    async def says(self, text: str, *, by: str = "ann", where: str = "c1", id: str = "") -> Decision:  # noqa: A002 - as the field
        """Someone writes to the bot."""
        number = next(self._numbers)
        said = message(id or f"q{number}", text, by=by, where=where, sent_at=float(number))
        return (await self.intake.receive(said)).decision

    async def presses(self, wish: Wish, *, by: str = "ann", where: str = "c1", concerns: str = "") -> Decision:
        """Someone presses a button."""
        event = message(f"b{next(self._numbers)}", "", by=by, where=where, kind=Kind.BUTTON)
        return (await self.intake.receive(_with(event, wish=wish, concerns=concerns))).decision

    async def changes(self, concerns: str, text: str | None, *, by: str = "ann", where: str = "c1") -> Decision:
        """Someone edits a message, or deletes it when no text is given."""
        kind = Kind.DELETE if text is None else Kind.EDIT
        event = message(f"e{next(self._numbers)}", text or "", by=by, where=where, kind=kind)
        return (await self.intake.receive(_with(event, concerns=concerns))).decision


def message(
    id: str,  # noqa: A002 - named as the field
    text: str,
    *,
    by: str = "ann",
    where: str = "c1",
    kind: Kind = Kind.MENTION,
    sent_at: float = 0.0,
) -> IncomingMessage:
    """Return an event in a thread."""
    return IncomingMessage(
        id, where, by, text, kind=kind, surface=Surface.THREAD, address=Address("wall", "w", where), sent_at=sent_at
    )


def _with(event: IncomingMessage, *, concerns: str, wish: Wish | None = None) -> IncomingMessage:
    from dataclasses import replace

    return replace(event, concerns=concerns, wish=wish)


@asynccontextmanager
async def open_desk(
    home: Path,
    *,
    agent: Agent,
    replies: LiveReplies,
    limits: TurnLimits = AT_ONCE,
    rules: GateRules | None = None,
    clock: Clock | None = None,
    first_id: int = 1,
    platform: Platform | None = None,
    about: About = ABOUT,
    support: Mapping[str, SupportChannel] | None = None,
) -> AsyncIterator[Desk]:
    """Open a core on the database in `home`; leaving it is as sudden as a crash, but for what `finally` does."""
    ids = (f"turn{first_id}x{number:06}" for number in count(1))
    clock = clock or ManualClock()
    rules = rules or GateRules(staff_users=frozenset({"staff"}))
    async with open_store(url_of(home / "firstline.db")) as store, asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(replies.run())
        bot = build_bot(
            store,
            agent,
            {"wall": Outlet(replies, platform)},
            tasks=tasks,
            rules=rules,
            about=about,
            support=support or {},
            clock=clock,
            new_id=lambda: next(ids),
            limits=limits,
        )
        yield Desk(store, bot.turns, bot.intake, bot.notices, bot.desk, tasks)
        await bot.turns.drain(0)
        await bot.notices.drain(0)
        serving.cancel()
