"""What is known of a conversation, and what people said about it: muting, hand-offs, feedback."""

import sqlalchemy as sa

from bot.gate import UNKNOWN, ConversationState
from bot.store.database import Rows, reads, secures, writes
from bot.store.schema import OPEN_STATES, conversations, feedback, handoffs, inbox, participants, turns
from bot.store.upsert import insert


class Conversations(Rows):
    """The tables around a conversation."""

    @reads
    def state_of(self, connection: sa.Connection, conversation_id: str) -> ConversationState:
        """Return what the gate has to know."""
        is_this = conversations.c.id == conversation_id
        is_muted = connection.scalar(sa.select(conversations.c.is_muted).where(is_this))
        if is_muted is None:
            return UNKNOWN
        spoke = sa.select(participants.c.person).where(participants.c.conversation_id == conversation_id)
        return ConversationState(
            is_known=True,
            people=frozenset((connection.execute(spoke)).scalars()),
            askers=_askers(connection, conversation_id),
            is_muted=is_muted,
            is_handed_off=connection.scalar(sa.select(_open_handoff(conversation_id).exists())) or False,
        )

    @writes
    def add_people(self, connection: sa.Connection, conversation_id: str, people: frozenset[str]) -> None:
        """Remember that these take part; a conversation that isn't ours is none of our business."""
        is_this = conversations.c.id == conversation_id
        if connection.scalar(sa.select(conversations.c.id).where(is_this)) is None:
            return
        rows = [{"conversation_id": conversation_id, "person": person} for person in sorted(people)]
        connection.execute(insert(connection, participants).on_conflict_do_nothing(), rows)

    @secures
    def mute(self, connection: sa.Connection, conversation_id: str, *, is_muted: bool) -> bool:
        """Say nothing more in a conversation, or speak again; return False for one that isn't known."""
        change = sa.update(conversations).where(conversations.c.id == conversation_id)
        return (connection.execute(change.values(is_muted=is_muted))).rowcount > 0

    @secures
    def forget_soon(self, connection: sa.Connection, conversation_id: str) -> None:
        """Ask for the history to be forgotten before the next question is answered."""
        _set_to_forget(connection, conversation_id, is_to_forget=True)

    @reads
    def is_to_forget(self, connection: sa.Connection, conversation_id: str) -> bool:
        """Return whether the history is to be forgotten, now that no turn is open."""
        is_open = sa.and_(turns.c.conversation_id == conversation_id, turns.c.state.in_(OPEN_STATES))
        wanted = sa.select(conversations.c.is_to_forget).where(conversations.c.id == conversation_id)
        return bool(connection.scalar(wanted.where(~sa.select(turns.c.id).where(is_open).exists())))

    @writes
    def has_forgotten(self, connection: sa.Connection, conversation_id: str) -> None:
        """Note that the history is gone."""
        _set_to_forget(connection, conversation_id, is_to_forget=False)

    @secures
    def rate(self, connection: sa.Connection, turn_id: str, *, person: str, is_helpful: bool, now: float) -> None:
        """Keep a person's latest word on an answer."""
        said = {"is_helpful": is_helpful, "given_at": now}
        row = insert(connection, feedback).values(turn_id=turn_id, person=person, **said)
        connection.execute(row.on_conflict_do_update(index_elements=["turn_id", "person"], set_=said))


def _set_to_forget(connection: sa.Connection, conversation_id: str, *, is_to_forget: bool) -> None:
    change = sa.update(conversations).where(conversations.c.id == conversation_id)
    connection.execute(change.values(is_to_forget=is_to_forget))


def _open_handoff(conversation_id: str) -> sa.Select[tuple[str]]:
    return sa.select(handoffs.c.id).where(
        handoffs.c.conversation_id == conversation_id, handoffs.c.given_back_at.is_(None)
    )


def _askers(connection: sa.Connection, conversation_id: str) -> frozenset[str]:
    """Return who waits for the answer under way, or for one that is about to begin."""
    # One statement: between two, a message that waits could be taken up and be seen by neither.
    is_under_way = turns.c.state.in_(OPEN_STATES)
    is_waiting = sa.and_(inbox.c.turn_id.is_(None), inbox.c.is_withdrawn.is_(False))
    asked = (
        sa.select(inbox.c.author, inbox.c.turn_id)
        .outerjoin(turns, turns.c.id == inbox.c.turn_id)
        .where(inbox.c.conversation_id == conversation_id, sa.or_(is_under_way, is_waiting))
    )
    found = (connection.execute(asked)).all()
    return frozenset(row.author for row in found if row.turn_id is not None) or frozenset(row.author for row in found)
