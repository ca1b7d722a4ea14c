"""Numbers for the ids of doors that publish integers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "numbers",
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("interview_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_numbers_user_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_numbers_interview_id_interviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_numbers")),
        sa.UniqueConstraint("subject_id", name="uq_numbers_subject_id"),
    )
    op.create_index("ix_numbers_user_id", "numbers", ["user_id"])
    op.create_index("ix_numbers_interview_id", "numbers", ["interview_id"])


def downgrade() -> None:
    """Removes it."""
    op.drop_table("numbers")
