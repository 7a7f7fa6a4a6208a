"""What people are told beside answers: each notice once, kept until it is on the screen or can't be."""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from adapters.contract import Address, MessageReference
from bot.store.database import Rows, reads, secures, writes
from bot.store.schema import conversations, notice_posts, notices
from bot.store.upsert import insert
from bot.store.values import read_address, write_address


class NoticeKind(StrEnum):
    """What a notice says."""

    WANTED = "a person is wanted"
    """In the support channel, with the button that gives the conversation back."""
    RETURNED = "the conversation was given back"
    """In the place of the one in the support channel."""
    ASKED = "people were asked"
    UNREACHED = "people could not be asked"
    BACK = "the bot is back"
    SHARED = "a private answer is shared"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to say at an address. `person` is who asked for it; `workspace` is the conversation's."""

    id: str
    cause: str
    kind: NoticeKind
    conversation_id: str
    address: Address
    person: str = ""
    handoff_id: str | None = None
    turn_id: str | None = None
    attempt: int = 0
    workspace: str = ""
    references: tuple[MessageReference, ...] = ()


class NoticeRows(Rows):
    """The table of notices and the messages that they were posted in."""

    @secures
    def add(self, connection: sa.Connection, notice: Notice, now: float) -> bool:
        """Keep a notice durably; return False for one whose cause has had its notice."""
        return add_notice(connection, notice, now)

    @reads
    def open_ids(self, connection: sa.Connection) -> list[str]:
        """Return the notices that aren't on the screen yet, the oldest first."""
        waiting = sa.select(notices.c.id).where(notices.c.ended_at.is_(None)).order_by(notices.c.created_at)
        return list((connection.execute(waiting)).scalars())

    @writes
    def start(self, connection: sa.Connection, notice_id: str) -> Notice | None:
        """Count an attempt and return the notice, or None when there is nothing left to do for it."""
        this = sa.and_(notices.c.id == notice_id, notices.c.ended_at.is_(None))
        change = sa.update(notices).where(this).values(attempt=notices.c.attempt + 1)
        if (connection.execute(change)).rowcount == 0:
            return None
        return _read(connection, notice_id)

    @reads
    def of_handoff(self, connection: sa.Connection, handoff_id: str) -> Notice | None:
        """Return the notice that people were told of a hand-off with, once it has been posted."""
        told = sa.and_(notices.c.handoff_id == handoff_id, notices.c.kind == NoticeKind.WANTED.value)
        wanted = sa.select(notices.c.id).where(told, sa.exists().where(notice_posts.c.notice_id == notices.c.id))
        found = connection.scalar(wanted)
        return None if found is None else _read(connection, found)

    @writes
    def add_post(self, connection: sa.Connection, notice_id: str, reference: MessageReference, position: int) -> None:
        """Remember the message at a position of a notice."""
        post = {"address": write_address(reference.address), "reference": reference.message}
        row = insert(connection, notice_posts).values(notice_id=notice_id, position=position, **post)
        connection.execute(row.on_conflict_do_update(index_elements=["notice_id", "position"], set_=post))

    @secures
    def close(
        self,
        connection: sa.Connection,
        notice_id: str,
        now: float,
        *,
        error: str | None = None,
        then: Notice | None = None,
    ) -> None:
        """End a notice for good, and in the same moment begin the one that follows from it."""
        change = sa.update(notices).where(notices.c.id == notice_id).values(ended_at=now, error=error)
        connection.execute(change)
        if then is not None:
            add_notice(connection, then, now)

    @secures
    def reopen(self, connection: sa.Connection, cause: str) -> str | None:
        """Let a notice that could not be posted be posted after all, and return its id; None for any other one."""
        failed = sa.and_(notices.c.cause == cause, notices.c.error.is_not(None))
        # Not from the first attempt on: what failed may have left a post behind, which is looked for.
        change = sa.update(notices).where(failed).values(ended_at=None, error=None, attempt=1)
        found: str | None = connection.scalar(change.returning(notices.c.id))
        return found


def add_notice(connection: sa.Connection, notice: Notice, now: float) -> bool:
    """Add a notice within a transaction; return False for one whose cause has had its notice."""
    row = insert(connection, notices).values(
        id=notice.id,
        cause=notice.cause,
        kind=notice.kind.value,
        conversation_id=notice.conversation_id,
        handoff_id=notice.handoff_id,
        turn_id=notice.turn_id,
        person=notice.person,
        address=write_address(notice.address),
        attempt=0,
        created_at=now,
    )
    return (connection.execute(row.on_conflict_do_nothing(index_elements=["cause"]))).rowcount == 1


def _read(connection: sa.Connection, notice_id: str) -> Notice:
    joined = sa.join(notices, conversations, notices.c.conversation_id == conversations.c.id)
    wanted = sa.select(notices, conversations.c.workspace).select_from(joined).where(notices.c.id == notice_id)
    row = (connection.execute(wanted)).one()
    posted_by = notice_posts.c.notice_id == notice_id
    if row.kind == NoticeKind.RETURNED.value:
        # It takes the place of the one that it ends: the same messages are edited.
        of_handoff = sa.and_(notices.c.handoff_id == row.handoff_id, notices.c.kind == NoticeKind.WANTED.value)
        posted_by = notice_posts.c.notice_id.in_(sa.select(notices.c.id).where(of_handoff))
    posted = sa.select(notice_posts).where(posted_by).order_by(notice_posts.c.position)
    return Notice(
        id=row.id,
        cause=row.cause,
        kind=NoticeKind(row.kind),
        conversation_id=row.conversation_id,
        address=read_address(row.address),
        person=row.person,
        handoff_id=row.handoff_id,
        turn_id=row.turn_id,
        attempt=row.attempt,
        workspace=row.workspace,
        references=tuple(
            MessageReference(read_address(post.address), post.reference) for post in connection.execute(posted)
        ),
    )
