"""The tables. A change here needs a migration beside it; a test compares the two.

Times are seconds since 1970, ids are text. The text of the talk itself lives in the graph's checkpoints: `inbox.text`
is kept for as long as a question may have to be asked again, `turns.undelivered` until the reply is complete.
"""

import sqlalchemy as sa

OPEN_STATES = ("queued", "running")

_OPEN = sa.text("state IN ('queued', 'running')")
_WAITING = sa.text("turn_id IS NULL")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("workspace", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("is_muted", sa.Boolean, nullable=False, default=False),
    sa.Column("is_to_forget", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
)

# Who has spoken or been spoken to in a conversation: follow-ups need no mention only while it is one person.
participants = sa.Table(
    "participants",
    metadata,
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("is_stop_asked", sa.Boolean, nullable=False, default=False),
    sa.Column("undelivered", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("domain", sa.Text),
    sa.Column("route_confidence", sa.Float),
    sa.Column("route_decided_by", sa.Text),
    sa.Column("models", sa.Text),
    sa.Column("input_tokens", sa.Integer),
    sa.Column("output_tokens", sa.Integer),
    sa.Column("cost_usd", sa.Float),
    sa.Column("queued_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("first_text_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Index("ix_turns_conversation_id", "conversation_id"),
)
# One open turn for each conversation, held by the database itself.
sa.Index("ux_turns_open", turns.c.conversation_id, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)

# The messages that a turn has posted, in order.
posts = sa.Table(
    "posts",
    metadata,
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Index("ix_posts_reference", "reference"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("refusal", sa.Text),
    sa.Column("sent_at", sa.Float, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id")),
    sa.Column("is_withdrawn", sa.Boolean, nullable=False, default=False),
    sa.Column("is_in_thread", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Index("ix_inbox_turn_id", "turn_id"),
    sa.Index("ix_inbox_author", "author", "received_at"),
)
sa.Index("ix_inbox_waiting", inbox.c.conversation_id, sqlite_where=_WAITING, postgresql_where=_WAITING)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("is_helpful", sa.Boolean, nullable=False),
    sa.Column("given_at", sa.Float, nullable=False),
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("opened_at", sa.Float, nullable=False),
    sa.Column("given_back_by", sa.Text),
    sa.Column("given_back_at", sa.Float),
)
_HANDED_OFF = sa.text("given_back_at IS NULL")
sa.Index(
    "ux_handoffs_open",
    handoffs.c.conversation_id,
    unique=True,
    sqlite_where=_HANDED_OFF,
    postgresql_where=_HANDED_OFF,
)

# What people are told beside answers. `cause` is what a notice is made for, so that it is made once; its text is
# written when it is posted, from what is remembered then, and is not kept here.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("handoff_id", sa.Text, sa.ForeignKey("handoffs.id")),
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id")),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("error", sa.Text),
    sa.Index("ux_notices_cause", "cause", unique=True),
)

notice_posts = sa.Table(
    "notice_posts",
    metadata,
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notices.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Index("ix_notice_posts_reference", "reference"),
)
