"""The turns: claimed, started, settled and closed, each step one transaction.

A turn goes queued -> running -> answered | failed | stopped. Whatever moment a process dies at, the row says what the
next one owes: an open turn is taken up, a closed one gets nothing.
"""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from adapters.contract import Address, MessageReference, ReplyDone, ReplyFailed
from bot.store.database import Rows, reads, secures, writes
from bot.store.inbox import InboxMessage
from bot.store.schema import OPEN_STATES, conversations, inbox, posts, turns
from bot.store.upsert import insert
from bot.store.values import read_address, read_ending, write_address, write_ending


class TurnEnd(StrEnum):
    """The states that a turn never leaves."""

    ANSWERED = "answered"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Turn:
    """An open turn. `questions` are those not withdrawn, in the order in which they were sent.

    `address` and `asker` are those of the first message, withdrawn or not. `is_retaken` says that an earlier attempt
    may have posted something.
    """

    id: str
    conversation_id: str
    address: Address
    asker: str
    attempt: int
    is_retaken: bool
    is_stop_asked: bool
    undelivered: ReplyDone | ReplyFailed | None
    references: tuple[MessageReference, ...]
    questions: tuple[InboxMessage, ...]


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What a turn did and what it cost, for the books."""

    outcome: str | None = None
    reference: str | None = None
    domain: str | None = None
    route_confidence: float | None = None
    route_decided_by: str | None = None
    models: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    first_text_at: float | None = None


class TurnRows(Rows):
    """The table of turns and the messages that they have posted."""

    @writes
    def claim(self, connection: sa.Connection, conversation_id: str, new_id: str, now: float) -> Turn | None:
        """Return the conversation's open turn, else a new one for what waits, else nothing.

        A turn has one reply, which stands in one place: what is to be answered elsewhere is a turn of its own. None is
        new in a conversation whose history is still to be forgotten.
        """
        is_open = sa.and_(turns.c.conversation_id == conversation_id, turns.c.state.in_(OPEN_STATES))
        found = (connection.execute(sa.select(turns.c.id, turns.c.state).where(is_open))).first()
        if found is not None:
            # A queued turn has posted nothing yet. The attempts don't tell: one that is handed over doesn't count.
            return _read(connection, found.id, is_retaken=found.state == "running")
        this = conversations.c.id == conversation_id
        if connection.scalar(sa.select(conversations.c.is_to_forget).where(this)):
            return None
        waiting = sa.and_(inbox.c.conversation_id == conversation_id, _unclaimed())
        first = sa.select(inbox.c.address).where(waiting).order_by(inbox.c.sent_at, inbox.c.id).limit(1)
        address: str | None = connection.scalar(first)
        if address is None:
            return None
        row = {"id": new_id, "conversation_id": conversation_id, "queued_at": now, "state": "queued"}
        connection.execute(sa.insert(turns).values(**row))
        same = sa.and_(waiting, inbox.c.address == address)
        connection.execute(sa.update(inbox).where(same).values(turn_id=new_id))
        return _read(connection, new_id, is_retaken=False)

    @writes
    def start(self, connection: sa.Connection, turn_id: str, now: float) -> Turn:
        """Count an attempt. What came for the same place while the turn was queued joins it; later ones don't."""
        this = sa.and_(turns.c.id == turn_id, turns.c.state.in_(OPEN_STATES))
        queued = sa.select(turns.c.conversation_id).where(turns.c.id == turn_id, turns.c.state == "queued")
        place = sa.select(inbox.c.address).where(inbox.c.turn_id == turn_id)
        late = sa.and_(inbox.c.conversation_id.in_(queued), inbox.c.address.in_(place), _unclaimed())
        connection.execute(sa.update(inbox).where(late).values(turn_id=turn_id))
        attempt = turns.c.attempt + 1
        connection.execute(sa.update(turns).where(this).values(state="running", attempt=attempt, started_at=now))
        turn = _read(connection, turn_id, is_retaken=False)
        return replace(turn, is_retaken=turn.attempt > 1)

    @writes
    def add_post(self, connection: sa.Connection, turn_id: str, reference: MessageReference, position: int) -> None:
        """Remember the message at a position of the turn's reply."""
        post = {"address": write_address(reference.address), "reference": reference.message}
        row = insert(connection, posts).values(turn_id=turn_id, position=position, **post)
        connection.execute(row.on_conflict_do_update(index_elements=["turn_id", "position"], set_=post))

    @writes
    def settle(self, connection: sa.Connection, turn_id: str, end: ReplyDone | ReplyFailed, record: TurnRecord) -> None:
        """Keep the end of a reply until it is delivered, so that a crash around the last edit changes no word of it."""
        values = {name: value for name, value in asdict(record).items() if value is not None}
        change = sa.update(turns).where(turns.c.id == turn_id, turns.c.state.in_(OPEN_STATES))
        connection.execute(change.values(undelivered=write_ending(end), **values))

    @writes
    def close(self, connection: sa.Connection, turn_id: str, end: TurnEnd, now: float) -> None:
        """End a turn for good and forget the texts that only an open one needs."""
        change = sa.update(turns).where(turns.c.id == turn_id, turns.c.state.in_(OPEN_STATES))
        connection.execute(change.values(state=end.value, undelivered=None, ended_at=now))
        connection.execute(sa.update(inbox).where(inbox.c.turn_id == turn_id).values(text="", refusal=None))

    @writes
    def hand_over(self, connection: sa.Connection, turn_id: str) -> None:
        """Leave a turn to the next process; an orderly shutdown doesn't count as a failed attempt."""
        change = sa.update(turns).where(turns.c.id == turn_id, turns.c.state == "running")
        connection.execute(change.values(attempt=turns.c.attempt - 1))

    @secures
    def ask_stop(self, connection: sa.Connection, conversation_id: str, by: str | None) -> bool:
        """Mark the open turn as stopped by its reader; without one, withdraw what waits, of one author or of all."""
        is_open = sa.and_(turns.c.conversation_id == conversation_id, turns.c.state.in_(OPEN_STATES))
        marked = connection.execute(sa.update(turns).where(is_open).values(is_stop_asked=True))
        if marked.rowcount:
            return True
        waiting = sa.and_(inbox.c.conversation_id == conversation_id, _unclaimed())
        theirs = waiting if by is None else sa.and_(waiting, inbox.c.author == by)
        gone = connection.execute(sa.update(inbox).where(theirs).values(text="", is_withdrawn=True))
        return gone.rowcount > 0

    @reads
    def domain_of(self, connection: sa.Connection, turn_id: str) -> str | None:
        """Return the field of support that a turn was routed to."""
        domain: str | None = connection.scalar(sa.select(turns.c.domain).where(turns.c.id == turn_id))
        return domain

    @reads
    def is_first(self, connection: sa.Connection, turn_id: str) -> bool:
        """Return whether nothing was asked in the conversation before this turn."""
        this = sa.select(turns.c.conversation_id, turns.c.queued_at).where(turns.c.id == turn_id).subquery()
        is_earlier = sa.and_(
            turns.c.conversation_id == this.c.conversation_id,
            turns.c.queued_at <= this.c.queued_at,
            turns.c.id != turn_id,
        )
        return (connection.execute(sa.select(turns.c.id).where(is_earlier).limit(1))).first() is None


def _unclaimed() -> sa.ColumnElement[bool]:
    return sa.and_(inbox.c.turn_id.is_(None), inbox.c.is_withdrawn.is_(False))


def _read(connection: sa.Connection, turn_id: str, *, is_retaken: bool) -> Turn:
    row = (connection.execute(sa.select(turns).where(turns.c.id == turn_id))).one()
    in_order = sa.select(posts).where(posts.c.turn_id == turn_id).order_by(posts.c.position)
    asked = sa.select(inbox).where(inbox.c.turn_id == turn_id).order_by(inbox.c.sent_at, inbox.c.id)
    messages = (connection.execute(asked)).mappings().all()
    return Turn(
        id=row.id,
        conversation_id=row.conversation_id,
        address=read_address(messages[0]["address"]),
        asker=messages[0]["author"],
        attempt=row.attempt,
        is_retaken=is_retaken,
        is_stop_asked=row.is_stop_asked,
        undelivered=read_ending(row.undelivered),
        references=tuple(
            MessageReference(read_address(post.address), post.reference) for post in connection.execute(in_order)
        ),
        questions=tuple(_message(each) for each in messages if not each["is_withdrawn"]),
    )


def _message(row: sa.RowMapping) -> InboxMessage:
    return InboxMessage(
        id=row["id"],
        conversation_id=row["conversation_id"],
        address=read_address(row["address"]),
        author=row["author"],
        text=row["text"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        note=row["note"],
        refusal=row["refusal"],
        is_in_thread=row["is_in_thread"],
    )
