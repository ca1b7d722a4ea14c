"""A resume with an interview, and a way to a model's questions of the past."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column and the index."""
    op.add_column("interviews", sa.Column("resume", sa.Text(), nullable=True))
    op.create_index(
        "ix_questions_of_a_model",
        "questions",
        ["user_id", "asked_at"],
        postgresql_where=sa.text("source = 'model'"),
    )


def downgrade() -> None:
    """Removes both."""
    op.drop_index("ix_questions_of_a_model", table_name="questions")
    op.drop_column("interviews", "resume")
