"""The books: what the tables tell of the past, for statistics and for export. Nothing that people wrote is in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from bot.store.database import Rows, reads
from bot.store.schema import conversations, feedback, handoffs, inbox, turns

_EXPORTED: Final = (
    ("conversation", conversations, conversations.c.created_at, ("is_to_forget",)),
    ("turn", turns, turns.c.queued_at, ("undelivered", "is_stop_asked")),
    ("feedback", feedback, feedback.c.given_at, ()),
    ("handoff", handoffs, handoffs.c.opened_at, ("address",)),
)


@dataclass(frozen=True, slots=True)
class TurnEntry:
    """A turn in the books. `asked_at` is when its first message was accepted."""

    conversation_id: str
    state: str
    outcome: str | None
    domain: str | None
    models: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    asked_at: float
    first_text_at: float | None
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Entries:
    """All that statistics are made of."""

    turns: tuple[TurnEntry, ...]
    helpful: int
    unhelpful: int
    handoffs: tuple[tuple[float, float | None], ...]
    """When each began, and when it ended, if it has."""
    people: int


class Books(Rows):
    """Read the tables."""

    @reads
    def read(self, connection: sa.Connection, since: float) -> Entries:
        """Return what began at or after a time."""
        asked = sa.select(inbox.c.turn_id, sa.func.min(inbox.c.received_at).label("asked_at")).group_by(inbox.c.turn_id)
        first = asked.subquery()
        wanted = (
            sa.select(turns, sa.func.coalesce(first.c.asked_at, turns.c.queued_at).label("asked_at"))
            .join(first, first.c.turn_id == turns.c.id, isouter=True)
            .where(turns.c.queued_at >= since)
        )
        given = sa.select(feedback.c.is_helpful, sa.func.count()).where(feedback.c.given_at >= since)
        taken_over = sa.select(handoffs.c.opened_at, handoffs.c.given_back_at).where(handoffs.c.opened_at >= since)
        people = sa.select(sa.func.count(sa.distinct(inbox.c.author))).where(inbox.c.received_at >= since)
        rows = (connection.execute(wanted)).mappings().all()
        counted = connection.execute(given.group_by(feedback.c.is_helpful))
        words = {bool(is_helpful): int(count) for is_helpful, count in counted}
        return Entries(
            turns=tuple(TurnEntry(**{name: row[name] for name in TurnEntry.__dataclass_fields__}) for row in rows),
            helpful=words.get(True, 0),
            unhelpful=words.get(False, 0),
            handoffs=tuple((row[0], row[1]) for row in connection.execute(taken_over)),
            people=connection.scalar(people) or 0,
        )

    def export(self) -> Iterator[dict[str, Any]]:
        """Yield every row as plain values, kind by kind, the oldest first; without texts and without addresses.

        Reads on the caller's thread, as the rows are taken: for a command that does nothing else.
        """
        with self.database.reading.engine.connect() as connection:
            for kind, table, order, left_out in _EXPORTED:
                columns = [column for column in table.columns if column.name not in left_out]
                rows = connection.execution_options(yield_per=1000).execute(sa.select(*columns).order_by(order))
                for row in rows.mappings():
                    yield {"kind": kind, **row}
