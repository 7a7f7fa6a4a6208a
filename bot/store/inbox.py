"""The questions: each stored once, under the platform's identity of the message."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.contract import Address
from bot.store.database import Rows, reads, secures
from bot.store.schema import OPEN_STATES, conversations, inbox, participants, turns
from bot.store.upsert import insert
from bot.store.values import write_address


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """A message to be answered. With a `refusal`, that sentence is the answer; a `note` is said before the answer.

    `is_in_thread`: it was written in a thread that others may have begun.
    """

    id: str
    conversation_id: str
    address: Address
    author: str
    text: str
    sent_at: float
    received_at: float
    note: str | None = None
    refusal: str | None = None
    is_in_thread: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A message, and what is to be known of its conversation from now on."""

    message: InboxMessage
    workspace: str
    channel: str
    people: frozenset[str]


class InboxRows(Rows):
    """The table of questions. Accepting goes over a connection of its own, which secures each commit."""

    @secures
    def add(self, connection: sa.Connection, batch: Sequence[Acceptance]) -> frozenset[str]:
        """Store messages in one durable transaction and return the ids that were not there yet."""
        connection.execute(
            insert(connection, conversations).on_conflict_do_nothing(),
            [
                {
                    "id": each.message.conversation_id,
                    "workspace": each.workspace,
                    "channel": each.channel,
                    "is_muted": False,
                    "created_at": each.message.received_at,
                }
                for each in batch
            ],
        )
        people = [
            {"conversation_id": each.message.conversation_id, "person": person}
            for each in batch
            for person in sorted(each.people)
        ]
        connection.execute(insert(connection, participants).on_conflict_do_nothing(), people)
        added = connection.execute(
            insert(connection, inbox).on_conflict_do_nothing().returning(inbox.c.id),
            [_row(each.message) for each in batch],
        )
        return frozenset(added.scalars())

    @secures
    def revise(self, connection: sa.Connection, message_id: str, text: str, note: str | None) -> bool:
        """Replace the text of a question that still waits; an answer under way keeps the old one."""
        change = sa.update(inbox).where(inbox.c.id == message_id, inbox.c.refusal.is_(None), _still_waits())
        result = connection.execute(change.values(text=text, note=note))
        return result.rowcount == 1

    @secures
    def withdraw(self, connection: sa.Connection, message_id: str) -> bool:
        """Forget a question that still waits; its id stays, so that a redelivery doesn't bring it back."""
        change = sa.update(inbox).where(inbox.c.id == message_id, _still_waits())
        result = connection.execute(change.values(text="", is_withdrawn=True))
        return result.rowcount == 1

    @reads
    def is_waiting(self, connection: sa.Connection, message_id: str) -> bool:
        """Return whether a question's answer has not begun."""
        found = connection.execute(sa.select(inbox.c.id).where(inbox.c.id == message_id, _still_waits()))
        return found.first() is not None

    @reads
    def open_conversations(self, connection: sa.Connection) -> list[str]:
        """Return the conversations in which something is left to do, the longest waiting first."""
        waiting = sa.select(inbox.c.conversation_id, inbox.c.received_at.label("since")).where(_has_no_turn())
        under_way = sa.select(turns.c.conversation_id, turns.c.queued_at.label("since")).where(
            turns.c.state.in_(OPEN_STATES)
        )
        to_forget = sa.select(conversations.c.id, conversations.c.created_at).where(conversations.c.is_to_forget)
        both = sa.union_all(waiting, under_way, to_forget).subquery()
        ordered = sa.select(both.c.conversation_id).group_by(both.c.conversation_id).order_by(sa.func.min(both.c.since))
        return list((connection.execute(ordered)).scalars())


def _has_no_turn() -> sa.ColumnElement[bool]:
    return sa.and_(inbox.c.turn_id.is_(None), inbox.c.is_withdrawn.is_(False))


def _still_waits() -> sa.ColumnElement[bool]:
    queued = sa.select(turns.c.id).where(turns.c.state == "queued")
    return sa.and_(sa.or_(inbox.c.turn_id.is_(None), inbox.c.turn_id.in_(queued)), inbox.c.is_withdrawn.is_(False))


def _row(message: InboxMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "author": message.author,
        "address": write_address(message.address),
        "text": message.text,
        "note": message.note,
        "refusal": message.refusal,
        "sent_at": message.sent_at,
        "received_at": message.received_at,
        "turn_id": None,
        "is_withdrawn": False,
        "is_in_thread": message.is_in_thread,
    }
