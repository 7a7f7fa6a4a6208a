"""Conversations that people have taken over: given to them once, with a notice, and given back."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.contract import Address
from bot.store.database import Rows, reads, secures
from bot.store.notices import Notice, add_notice
from bot.store.schema import conversations, handoffs, inbox
from bot.store.upsert import insert
from bot.store.values import read_address, write_address


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is. `address` is where people in it read what is said."""

    conversation_id: str
    workspace: str
    channel: str
    address: Address


class HandOffRows(Rows):
    """The table of hand-offs."""

    @secures
    def open(
        self, connection: sa.Connection, handoff_id: str, place: Place, *, by: str, now: float, notice: Notice
    ) -> bool:
        """Give a conversation to people and tell them; return False when they have it already."""
        row = {
            "id": handoff_id,
            "conversation_id": place.conversation_id,
            "asked_by": by,
            "opened_at": now,
            "address": write_address(place.address),
        }
        new = {"id": place.conversation_id, "workspace": place.workspace, "channel": place.channel, "created_at": now}
        connection.execute(insert(connection, conversations).values(**new).on_conflict_do_nothing())
        added = connection.execute(insert(connection, handoffs).values(**row).on_conflict_do_nothing())
        return added.rowcount == 1 and add_notice(connection, notice, now)

    @reads
    def open_of(self, connection: sa.Connection, conversation_id: str) -> str | None:
        """Return the hand-off that a conversation is under."""
        wanted = sa.select(handoffs.c.id).where(_is_open(handoffs.c.conversation_id == conversation_id))
        found: str | None = connection.scalar(wanted)
        return found

    @reads
    def is_open(self, connection: sa.Connection, handoff_id: str) -> bool:
        """Return whether people still have the conversation."""
        wanted = sa.select(handoffs.c.id).where(_is_open(handoffs.c.id == handoff_id))
        return (connection.execute(wanted)).first() is not None

    @reads
    def open_in(self, connection: sa.Connection, workspace: str, channel: str) -> list[tuple[str, str]]:
        """Return hand-off and conversation of all that people have taken over in a channel."""
        joined = sa.join(handoffs, conversations, handoffs.c.conversation_id == conversations.c.id)
        is_here = sa.and_(conversations.c.workspace == workspace, conversations.c.channel == channel)
        wanted = sa.select(handoffs.c.id, handoffs.c.conversation_id).select_from(joined).where(_is_open(is_here))
        return [(row.id, row.conversation_id) for row in connection.execute(wanted)]

    @secures
    def close(
        self, connection: sa.Connection, handoff_id: str, *, by: str, now: float, notices: Sequence[Notice] = ()
    ) -> bool:
        """End a hand-off and say so with these notices; return False when it has ended already."""
        change = sa.update(handoffs).where(_is_open(handoffs.c.id == handoff_id))
        ended = connection.execute(change.values(given_back_by=by, given_back_at=now))
        if ended.rowcount:
            for notice in notices:
                add_notice(connection, notice, now)
        return ended.rowcount > 0

    @reads
    def address_of(self, connection: sa.Connection, handoff_id: str) -> Address | None:
        """Return where people in the conversation read what is said; None for one of an earlier version."""
        address = connection.scalar(sa.select(handoffs.c.address).where(handoffs.c.id == handoff_id))
        return None if address is None else read_address(address)

    @reads
    def last_address(self, connection: sa.Connection, conversation_id: str) -> Address | None:
        """Return where the latest question of a conversation is answered."""
        asked = sa.select(inbox.c.address).where(inbox.c.conversation_id == conversation_id)
        latest = connection.scalar(asked.order_by(inbox.c.received_at.desc(), inbox.c.id).limit(1))
        return None if latest is None else read_address(latest)


def _is_open(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.and_(condition, handoffs.c.given_back_at.is_(None))
