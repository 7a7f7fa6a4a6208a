"""Forget people and conversations: what they wrote, what they said of answers, and that they took part."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.contract import Address
from bot.store.database import Database
from bot.store.schema import (
    OPEN_STATES,
    conversations,
    feedback,
    handoffs,
    inbox,
    notice_posts,
    notices,
    participants,
    posts,
    turns,
)
from bot.store.steadfast import steadfast_rows
from bot.store.values import write_address

_NOWHERE = write_address(Address("", "", ""))


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person or a conversation has left traces.

    `own` conversations are theirs alone and go as a whole; in `shared` ones others have asked as well, so that only
    what is the person's goes, and the model's history, in which it can't be told apart. `is_busy`: an answer is under
    way in one of them.
    """

    own: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    is_busy: bool = False

    @property
    def all(self) -> frozenset[str]:
        """Every conversation whose history goes."""
        return self.own | self.shared


@steadfast_rows
class Forgetting:
    """Find traces and take them away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def trace_conversation(self, conversation_id: str) -> Traces:
        """Return the conversation, if it is known."""
        async with self._database.read() as connection:
            wanted = sa.select(conversations.c.id).where(conversations.c.id == conversation_id)
            known = frozenset((await connection.execute(wanted)).scalars())
            return Traces(own=known, is_busy=await _is_busy(connection, known))

    async def trace_person(self, person: str) -> Traces:
        """Return the conversations in which a person has taken part."""
        async with self._database.read() as connection:
            took_part = sa.select(participants.c.conversation_id).where(participants.c.person == person)
            wrote = sa.select(inbox.c.conversation_id).where(inbox.c.author == person)
            asked = sa.select(handoffs.c.conversation_id).where(handoffs.c.asked_by == person)
            known = frozenset((await connection.execute(took_part.union(wrote, asked))).scalars())
            of_others = sa.select(inbox.c.conversation_id).where(
                inbox.c.conversation_id.in_(known), inbox.c.author != person
            )
            shared = frozenset((await connection.execute(of_others)).scalars())
            return Traces(known - shared, shared, await _is_busy(connection, known))

    async def erase_conversations(self, ids: frozenset[str]) -> None:
        """Delete all rows of conversations in which nothing is under way."""
        of_turns = sa.select(turns.c.id).where(turns.c.conversation_id.in_(ids))
        of_notices = sa.select(notices.c.id).where(notices.c.conversation_id.in_(ids))
        async with self._database.write(is_durable=True) as connection:
            await connection.execute(sa.delete(notice_posts).where(notice_posts.c.notice_id.in_(of_notices)))
            await connection.execute(sa.delete(feedback).where(feedback.c.turn_id.in_(of_turns)))
            await connection.execute(sa.delete(posts).where(posts.c.turn_id.in_(of_turns)))
            for table in (notices, handoffs, inbox, turns, participants):
                await connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
            await connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))

    async def erase_person(self, person: str) -> int:
        """Take a person out of all rows that stay, and return how many of their words on answers were deleted."""
        blank = {"author": "", "text": "", "note": None, "refusal": None, "address": _NOWHERE}
        async with self._database.write(is_durable=True) as connection:
            deleted = await connection.execute(sa.delete(feedback).where(feedback.c.person == person))
            await connection.execute(sa.delete(participants).where(participants.c.person == person))
            await connection.execute(sa.update(inbox).where(inbox.c.author == person).values(**blank))
            for column in (handoffs.c.asked_by, handoffs.c.given_back_by, notices.c.person):
                change = sa.update(column.table).where(column == person)
                await connection.execute(change.values({column.name: ""}))
            return deleted.rowcount


async def _is_busy(connection: AsyncConnection, ids: frozenset[str]) -> bool:
    is_open = sa.and_(turns.c.conversation_id.in_(ids), turns.c.state.in_(OPEN_STATES))
    waits = sa.and_(inbox.c.conversation_id.in_(ids), inbox.c.turn_id.is_(None), inbox.c.is_withdrawn.is_(False))
    under_way = sa.select(turns.c.id).where(is_open).union_all(sa.select(inbox.c.id).where(waits))
    return (await connection.execute(under_way.limit(1))).first() is not None
