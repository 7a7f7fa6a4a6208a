"""Which conversation an event is about, where the platform knows only the message that it happened on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from adapters.contract import IncomingMessage, MessageReference
from bot.store.database import Rows, reads
from bot.store.schema import conversations, inbox, notice_posts, notices, posts, turns
from bot.store.values import read_address

_Posted: TypeAlias = sa.Row[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The conversation behind a message, and the turn that posted or answers it, if one did."""

    conversation_id: str
    turn_id: str | None = None


class WhereaboutsRows(Rows):
    """Look through all messages that are known: questions, answers, notices."""

    @reads
    def find(self, connection: sa.Connection, event: IncomingMessage) -> Whereabouts | None:
        """Return what `event.concerns` belongs to, or None for a message that isn't known."""
        if not event.concerns:
            return None
        for name in dict.fromkeys((event.concerns, event.concerns.rpartition(":")[2])):
            found = _find_by_id(connection, name) or _find_by_post(connection, name, event)
            if found is not None:
                return found
        return None

    @reads
    def last_turn(self, connection: sa.Connection, conversation_id: str) -> str | None:
        """Return the latest turn of a conversation that has answered."""
        answered = sa.and_(turns.c.conversation_id == conversation_id, turns.c.state == "answered")
        latest = sa.select(turns.c.id).where(answered).order_by(turns.c.queued_at.desc(), turns.c.id).limit(1)
        found: str | None = connection.scalar(latest)
        return found

    @reads
    def first_post(self, connection: sa.Connection, turn_id: str) -> MessageReference | None:
        """Return the first message of an answer."""
        wanted = sa.select(posts).where(posts.c.turn_id == turn_id).order_by(posts.c.position).limit(1)
        row = (connection.execute(wanted)).first()
        return None if row is None else MessageReference(read_address(row.address), row.reference)


def _find_by_id(connection: sa.Connection, name: str) -> Whereabouts | None:
    """Look for a turn's id, then for a question's, then for a notice's."""
    by_turn = sa.select(turns.c.conversation_id, turns.c.id.label("turn_id")).where(turns.c.id == name)
    by_question = sa.select(inbox.c.conversation_id, inbox.c.turn_id).where(inbox.c.id == name)
    by_notice = sa.select(notices.c.conversation_id, notices.c.turn_id).where(notices.c.id == name)
    for wanted in (by_turn, by_question, by_notice):
        row = (connection.execute(wanted)).first()
        if row is not None:
            return Whereabouts(row.conversation_id, row.turn_id)
    return None


def _find_by_post(connection: sa.Connection, name: str, event: IncomingMessage) -> Whereabouts | None:
    """Look for a message of ours: an answer's, then a notice's."""
    answers = (
        sa.select(turns.c.conversation_id, turns.c.id.label("turn_id"), posts.c.address, conversations.c.channel)
        .join(posts, posts.c.turn_id == turns.c.id)
        .join(conversations, conversations.c.id == turns.c.conversation_id)
        .where(posts.c.reference == name)
    )
    told = (
        sa.select(notices.c.conversation_id, notices.c.turn_id, notice_posts.c.address, conversations.c.channel)
        .join(notice_posts, notice_posts.c.notice_id == notices.c.id)
        .join(conversations, conversations.c.id == notices.c.conversation_id)
        .where(notice_posts.c.reference == name)
    )
    for wanted in (answers, told):
        row = _choose((connection.execute(wanted)).all(), event)
        if row is not None:
            return Whereabouts(row.conversation_id, row.turn_id)
    return None


def _choose(rows: Sequence[_Posted], event: IncomingMessage) -> _Posted | None:
    """Return the post of the event's platform and channel, or the only one of its platform."""
    platform = event.address.platform
    here = [row for row in rows if not platform or read_address(row.address).platform == platform]
    channels = {event.channel, event.address.channel} - {""}
    exact = [row for row in here if {row.channel, read_address(row.address).channel} & channels]
    if exact:
        return exact[0]
    return here[0] if len(here) == 1 else None
