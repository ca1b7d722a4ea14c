"""The events of live interviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "live_events",
        sa.Column("interview_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_live_events_interview_id_interviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("interview_id", "sequence", name=op.f("pk_live_events")),
        sa.UniqueConstraint("interview_id", "kind", "subject", name="uq_live_events_happened_once"),
    )
    op.create_index("ix_live_events_created_at", "live_events", ["created_at"], unique=False)


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("live_events")
