"""Profiles in full, API keys and the ledger of credits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_PROFILE = ("full_name", "experience_level", "skills", "time_zone", "credits")


def upgrade() -> None:
    """Adds the columns and tables, and gives the accounts there are their credits."""
    op.add_column("users", sa.Column("full_name", sa.String(length=200), nullable=True))
    op.add_column("users", sa.Column("experience_level", sa.String(length=60), nullable=True))
    op.add_column(
        "users",
        sa.Column("skills", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("users", sa.Column("time_zone", sa.String(length=64), nullable=True))
    op.add_column("users", sa.Column("credits", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_users_credits"), "users", "credits >= 0")
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("interview_id", sa.Uuid(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_credit_entries_amount")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_credit_entries_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["users.id"], name=op.f("fk_credit_entries_granted_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
        sa.UniqueConstraint("interview_id", name=op.f("uq_credit_entries_interview_id")),
    )
    op.create_index("ix_credit_entries_user_id_created_at", "credit_entries", ["user_id", "created_at"])
    op.create_index("ix_credit_entries_granted_by", "credit_entries", ["granted_by"])
    # Nobody may join between the entries and the balances.
    op.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
    # What an account older than the ledger starts with is the default of SIGNUP_CREDITS.
    op.execute(
        "INSERT INTO credit_entries (id, user_id, amount, reason) "
        "SELECT gen_random_uuid(), id, 1000, 'sign_up' FROM users"
    )
    op.execute("UPDATE users SET credits = 1000")


def downgrade() -> None:
    """Removes them."""
    op.drop_table("credit_entries")
    op.drop_table("api_keys")
    op.drop_constraint(op.f("ck_users_credits"), "users", type_="check")
    for column in _PROFILE:
        op.drop_column("users", column)
