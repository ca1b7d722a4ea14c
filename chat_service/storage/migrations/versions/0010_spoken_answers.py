"""The timing of spoken answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column."""
    op.add_column("answers", sa.Column("spoken", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    """Removes it."""
    op.drop_column("answers", "spoken")
