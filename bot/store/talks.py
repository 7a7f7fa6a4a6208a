"""A person's last conversations, for the page on which a platform shows what the bot can do."""

from dataclasses import dataclass

import sqlalchemy as sa

from adapters.contract import Address
from bot.store.database import Rows, reads
from bot.store.schema import conversations, handoffs, inbox, posts, turns
from bot.store.values import read_address

_LOOKED_AT = 100
"""Questions of one person: enough for a handful of conversations."""


@dataclass(frozen=True, slots=True)
class PastTalk:
    """A conversation by its last answer. `message` is the first message of that, or empty."""

    conversation_id: str
    address: Address
    domain: str | None
    at: float
    message: str


class TalkRows(Rows):
    """Look at the answered turns by who asked."""

    @reads
    def of(
        self, connection: sa.Connection, person: str, *, platform: str, workspace: str, limit: int
    ) -> list[PastTalk]:
        """Return a person's last conversations, latest first; an empty platform or workspace stands for all."""
        at = sa.func.coalesce(turns.c.ended_at, turns.c.queued_at)
        wanted = (
            sa.select(
                turns.c.conversation_id,
                turns.c.domain,
                at.label("at"),
                sa.func.coalesce(posts.c.address, inbox.c.address).label("address"),
                sa.func.coalesce(posts.c.reference, "").label("message"),
            )
            .join(turns, turns.c.id == inbox.c.turn_id)
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .join(posts, sa.and_(posts.c.turn_id == turns.c.id, posts.c.position == 0), isouter=True)
            .where(inbox.c.author == person, turns.c.state == "answered")
            .order_by(inbox.c.received_at.desc())
            .limit(_LOOKED_AT)
        )
        if workspace:
            wanted = wanted.where(conversations.c.workspace == workspace)
        rows = (connection.execute(wanted)).all()
        latest: dict[str, PastTalk] = {}
        for row in rows:
            address = read_address(row.address)
            if row.conversation_id not in latest and platform in {"", address.platform}:
                talk = PastTalk(row.conversation_id, address, row.domain, row.at, row.message)
                latest[row.conversation_id] = talk
        return list(latest.values())[:limit]

    @reads
    def last_heard(
        self, connection: sa.Connection, platform: str, *, workspace: str, since: float, limit: int
    ) -> list[tuple[str, float]]:
        """Return a workspace's channels with the time of their last question, if that is since then, latest first.

        What was written while people had the conversation was theirs: the time is not before they gave it back.
        """
        latest, given_back = sa.func.max(inbox.c.sent_at), sa.func.max(handoffs.c.given_back_at)
        wanted = (
            sa.select(conversations.c.channel, latest, given_back)
            .join(inbox, inbox.c.conversation_id == conversations.c.id)
            .join(handoffs, handoffs.c.conversation_id == conversations.c.id, isouter=True)
            .where(
                conversations.c.workspace == workspace,
                conversations.c.id.startswith(f"{platform}:"),
                inbox.c.sent_at >= since,
            )
            .group_by(conversations.c.channel)
            .order_by(latest.desc())
            .limit(limit)
        )
        return [(channel, max(asked, back or asked)) for channel, asked, back in connection.execute(wanted)]
