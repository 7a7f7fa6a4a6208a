"""Conversations that people have taken over: given to them once, with a notice, and given back."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.contract import Address
from bot.store.database import Database
from bot.store.notices import Notice, add_notice
from bot.store.schema import conversations, handoffs, inbox
from bot.store.steadfast import steadfast_rows
from bot.store.upsert import insert
from bot.store.values import read_address, write_address


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is. `address` is where people in it read what is said."""

    conversation_id: str
    workspace: str
    channel: str
    address: Address


@steadfast_rows
class HandOffRows:
    """The table of hand-offs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, handoff_id: str, place: Place, *, by: str, now: float, notice: Notice) -> bool:
        """Give a conversation to people and tell them; return False when they have it already."""
        row = {
            "id": handoff_id,
            "conversation_id": place.conversation_id,
            "asked_by": by,
            "opened_at": now,
            "address": write_address(place.address),
        }
        new = {"id": place.conversation_id, "workspace": place.workspace, "channel": place.channel, "created_at": now}
        async with self._database.write(is_durable=True) as connection:
            await connection.execute(insert(connection, conversations).values(**new).on_conflict_do_nothing())
            added = await connection.execute(insert(connection, handoffs).values(**row).on_conflict_do_nothing())
            return added.rowcount == 1 and await add_notice(connection, notice, now)

    async def open_of(self, conversation_id: str) -> str | None:
        """Return the hand-off that a conversation is under."""
        wanted = sa.select(handoffs.c.id).where(_is_open(handoffs.c.conversation_id == conversation_id))
        async with self._database.read() as connection:
            found: str | None = await connection.scalar(wanted)
            return found

    async def is_open(self, handoff_id: str) -> bool:
        """Return whether people still have the conversation."""
        wanted = sa.select(handoffs.c.id).where(_is_open(handoffs.c.id == handoff_id))
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).first() is not None

    async def open_in(self, workspace: str, channel: str) -> list[tuple[str, str]]:
        """Return hand-off and conversation of all that people have taken over in a channel."""
        joined = sa.join(handoffs, conversations, handoffs.c.conversation_id == conversations.c.id)
        is_here = sa.and_(conversations.c.workspace == workspace, conversations.c.channel == channel)
        wanted = sa.select(handoffs.c.id, handoffs.c.conversation_id).select_from(joined).where(_is_open(is_here))
        async with self._database.read() as connection:
            return [(row.id, row.conversation_id) for row in await connection.execute(wanted)]

    async def close(self, handoff_id: str, *, by: str, now: float, notices: Sequence[Notice] = ()) -> bool:
        """End a hand-off and say so with these notices; return False when it has ended already."""
        change = sa.update(handoffs).where(_is_open(handoffs.c.id == handoff_id))
        async with self._database.write(is_durable=True) as connection:
            ended = await connection.execute(change.values(given_back_by=by, given_back_at=now))
            if ended.rowcount:
                for notice in notices:
                    await add_notice(connection, notice, now)
            return ended.rowcount > 0

    async def address_of(self, handoff_id: str) -> Address | None:
        """Return where people in the conversation read what is said; None for one of an earlier version."""
        async with self._database.read() as connection:
            address = await connection.scalar(sa.select(handoffs.c.address).where(handoffs.c.id == handoff_id))
            return None if address is None else read_address(address)

    async def last_address(self, conversation_id: str) -> Address | None:
        """Return where the latest question of a conversation is answered."""
        asked = sa.select(inbox.c.address).where(inbox.c.conversation_id == conversation_id)
        async with self._database.read() as connection:
            latest = await connection.scalar(asked.order_by(inbox.c.received_at.desc(), inbox.c.id).limit(1))
            return None if latest is None else read_address(latest)


def _is_open(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(condition, handoffs.c.given_back_at.is_(None))
