"""Question sets, rounds and the time that answers took."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _columns() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "interviews": (
            sa.Column("prepared", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("follow_ups", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.Column("turn_began_at", _MOMENT, nullable=True),
        ),
        "questions": (
            sa.Column("category", sa.String(20), nullable=True),
            sa.Column("round_id", sa.Uuid(), nullable=True),
            sa.Column("prompted_by", sa.Uuid(), nullable=True),
            sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False),
        ),
        "answers": (
            sa.Column("time_spent_seconds", sa.Integer(), nullable=True),
            sa.Column("shown_at", _MOMENT, nullable=True),
        ),
    }


def upgrade() -> None:
    """Adds the columns and the table of rounds."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("interview_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("focus_areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("question_count", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("completed_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "type IN ('hr', 'technical', 'coding', 'system_design', 'behavioral', 'situational', 'managerial')",
            name=op.f("ck_rounds_type"),
        ),
        sa.CheckConstraint("state IN ('pending', 'in_progress', 'completed', 'skipped')", name=op.f("ck_rounds_state")),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_rounds_interview_id_interviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("interview_id", "number", name="uq_rounds_interview_id_number"),
    )
    op.create_index("ix_rounds_user_id", "rounds", ["user_id"])


def downgrade() -> None:
    """Removes them."""
    op.drop_table("rounds")
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
