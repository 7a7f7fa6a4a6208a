"""Notices to people that survive a crash, threads to read first, conversations to forget."""

import sqlalchemy as sa
from alembic import op

revision = "v0002_handoffs"
down_revision = "v0001_start"


def upgrade() -> None:
    """Add two tables and three columns."""
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("handoff_id", sa.Text(), nullable=True),
        sa.Column("turn_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_notices_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_notices_handoff_id_handoffs")),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_notices_turn_id_turns")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ux_notices_cause", "notices", ["cause"], unique=True)
    op.create_table(
        "notice_posts",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_posts_notice_id_notices")),
        sa.PrimaryKeyConstraint("notice_id", "position", name=op.f("pk_notice_posts")),
    )
    op.create_index("ix_notice_posts_reference", "notice_posts", ["reference"], unique=False)
    op.add_column("handoffs", sa.Column("address", sa.Text(), nullable=True))
    no = sa.false()
    op.add_column("inbox", sa.Column("is_in_thread", sa.Boolean(), nullable=False, server_default=no))
    op.create_index("ix_inbox_author", "inbox", ["author", "received_at"], unique=False)
    op.add_column("conversations", sa.Column("is_to_forget", sa.Boolean(), nullable=False, server_default=no))


def downgrade() -> None:
    """Remove them."""
    op.drop_column("conversations", "is_to_forget")
    op.drop_index("ix_inbox_author", "inbox")
    op.drop_column("inbox", "is_in_thread")
    op.drop_column("handoffs", "address")
    op.drop_table("notice_posts")
    op.drop_table("notices")
