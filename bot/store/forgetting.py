"""Forget people and conversations: what they wrote, what they said of answers, and that they took part."""

from dataclasses import dataclass

import sqlalchemy as sa

from adapters.contract import Address
from bot.store.database import Rows, reads, secures
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


class Forgetting(Rows):
    """Find traces and take them away."""

    @reads
    def trace_conversation(self, connection: sa.Connection, conversation_id: str) -> Traces:
        """Return the conversation, if it is known."""
        wanted = sa.select(conversations.c.id).where(conversations.c.id == conversation_id)
        known = frozenset((connection.execute(wanted)).scalars())
        return Traces(own=known, is_busy=_is_busy(connection, known))

    @reads
    def trace_person(self, connection: sa.Connection, person: str) -> Traces:
        """Return the conversations in which a person has taken part."""
        took_part = sa.select(participants.c.conversation_id).where(participants.c.person == person)
        wrote = sa.select(inbox.c.conversation_id).where(inbox.c.author == person)
        asked = sa.select(handoffs.c.conversation_id).where(handoffs.c.asked_by == person)
        known = frozenset((connection.execute(took_part.union(wrote, asked))).scalars())
        of_others = sa.select(inbox.c.conversation_id).where(
            inbox.c.conversation_id.in_(known), inbox.c.author != person
        )
        shared = frozenset((connection.execute(of_others)).scalars())
        return Traces(known - shared, shared, _is_busy(connection, known))

    @secures
    def erase_conversations(self, connection: sa.Connection, ids: frozenset[str]) -> None:
        """Delete all rows of conversations in which nothing is under way."""
        of_turns = sa.select(turns.c.id).where(turns.c.conversation_id.in_(ids))
        of_notices = sa.select(notices.c.id).where(notices.c.conversation_id.in_(ids))
        connection.execute(sa.delete(notice_posts).where(notice_posts.c.notice_id.in_(of_notices)))
        connection.execute(sa.delete(feedback).where(feedback.c.turn_id.in_(of_turns)))
        connection.execute(sa.delete(posts).where(posts.c.turn_id.in_(of_turns)))
        for table in (notices, handoffs, inbox, turns, participants):
            connection.execute(sa.delete(table).where(table.c.conversation_id.in_(ids)))
        connection.execute(sa.delete(conversations).where(conversations.c.id.in_(ids)))

    @secures
    def erase_person(self, connection: sa.Connection, person: str) -> int:
        """Take a person out of all rows that stay, and return how many of their words on answers were deleted."""
        blank = {"author": "", "text": "", "note": None, "refusal": None, "address": _NOWHERE}
        deleted = connection.execute(sa.delete(feedback).where(feedback.c.person == person))
        connection.execute(sa.delete(participants).where(participants.c.person == person))
        connection.execute(sa.update(inbox).where(inbox.c.author == person).values(**blank))
        for column in (handoffs.c.asked_by, handoffs.c.given_back_by, notices.c.person):
            change = sa.update(column.table).where(column == person)
            connection.execute(change.values({column.name: ""}))
        return deleted.rowcount


def _is_busy(connection: sa.Connection, ids: frozenset[str]) -> bool:
    is_open = sa.and_(turns.c.conversation_id.in_(ids), turns.c.state.in_(OPEN_STATES))
    waits = sa.and_(inbox.c.conversation_id.in_(ids), inbox.c.turn_id.is_(None), inbox.c.is_withdrawn.is_(False))
    under_way = sa.select(turns.c.id).where(is_open).union_all(sa.select(inbox.c.id).where(waits))
    return (connection.execute(under_way.limit(1))).first() is not None
