"""What was said aloud in live interviews."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "interviewer_utterances",
        sa.Column("interview_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("interrupted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"],
            ["interviews.id"],
            name=op.f("fk_interviewer_utterances_interview_id_interviews"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("interview_id", "subject", "subject_id", name=op.f("pk_interviewer_utterances")),
    )
    op.create_table(
        "voice_turns",
        sa.Column("interview_id", sa.Uuid(), nullable=False),
        sa.Column("turn_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("answer_id", sa.Uuid(), nullable=False),
        sa.Column("ended_by", sa.String(length=10), nullable=False),
        sa.Column("spoken_seconds", sa.Float(), nullable=False),
        sa.Column("end_of_utterance_delay", sa.Float(), nullable=False),
        sa.Column("transcription_delay", sa.Float(), nullable=False),
        sa.Column("ttft", sa.Float(), nullable=True),
        sa.Column("ttfb", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["interview_id"], ["interviews.id"], name=op.f("fk_voice_turns_interview_id_interviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("interview_id", "turn_id", name=op.f("pk_voice_turns")),
    )


def downgrade() -> None:
    """Drops them."""
    op.drop_table("voice_turns")
    op.drop_table("interviewer_utterances")
