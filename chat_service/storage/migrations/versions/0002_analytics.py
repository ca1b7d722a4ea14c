"""The platform's figures, kept by triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FUNCTIONS = (
    """
    CREATE FUNCTION analytics_week(moment timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT date_trunc('week', moment AT TIME ZONE 'UTC')::date $$
    """,
    # -1 for an interview that no average counts; a NaN is greater than 100.
    """
    CREATE FUNCTION analytics_bucket(state text, score double precision, rubric_major smallint) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
      SELECT CASE
        WHEN state = 'completed' AND rubric_major >= 0 AND score BETWEEN 0 AND 100
        THEN least(floor(score / 10), 9)::smallint
        ELSE -1::smallint
      END
    $$
    """,
    """
    CREATE FUNCTION analytics_add_starts(who uuid, monday date, added integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      now_started integer;
    BEGIN
      INSERT INTO analytics_user_weeks AS kept (user_id, week, starts) VALUES (who, monday, added)
      ON CONFLICT (user_id, week) DO UPDATE SET starts = kept.starts + EXCLUDED.starts
      RETURNING kept.starts INTO now_started;
      IF now_started = added THEN
        INSERT INTO analytics_week_changes (week, new_users, active_users) VALUES (monday, 0, 1);
      END IF;
    END
    $$
    """,
    """
    CREATE FUNCTION analytics_remove_starts(who uuid, monday date, removed integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      now_started integer;
    BEGIN
      UPDATE analytics_user_weeks SET starts = starts - removed WHERE user_id = who AND week = monday
      RETURNING starts INTO now_started;
      IF now_started = 0 THEN
        DELETE FROM analytics_user_weeks WHERE user_id = who AND week = monday;
        INSERT INTO analytics_week_changes (week, new_users, active_users) VALUES (monday, 0, -1);
      END IF;
    END
    $$
    """,
    # Users and weeks are taken in order, so that two bulk statements cannot wait for each other.
    """
    CREATE FUNCTION analytics_interviews_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE
      sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    BEGIN
      INSERT INTO analytics_interview_changes
        (domain, difficulty, state, rubric_major, bucket, interviews, score_sum)
      SELECT domain, difficulty, state, CASE WHEN bucket >= 0 THEN rubric_major ELSE -1 END, bucket,
             sign * count(*), sign * coalesce(sum(overall_score::numeric) FILTER (WHERE bucket >= 0), 0)
      FROM (SELECT *, analytics_bucket(state, overall_score, rubric_major) AS bucket FROM changed) AS rows
      GROUP BY 1, 2, 3, 4, 5;
      PERFORM CASE sign
                WHEN 1 THEN analytics_add_starts(user_id, week, starts)
                ELSE analytics_remove_starts(user_id, week, starts)
              END
      FROM (
        SELECT user_id, analytics_week(started_at) AS week, count(*)::integer AS starts
        FROM changed WHERE started_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
      ) AS weeks;
      RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION analytics_interview_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    DECLARE
      old_bucket smallint := analytics_bucket(OLD.state, OLD.overall_score, OLD.rubric_major);
      new_bucket smallint := analytics_bucket(NEW.state, NEW.overall_score, NEW.rubric_major);
      old_week date := analytics_week(OLD.started_at);
      new_week date := analytics_week(NEW.started_at);
    BEGIN
      IF (OLD.domain, OLD.difficulty, OLD.state, OLD.overall_score, OLD.rubric_major)
         IS DISTINCT FROM (NEW.domain, NEW.difficulty, NEW.state, NEW.overall_score, NEW.rubric_major) THEN
        INSERT INTO analytics_interview_changes
          (domain, difficulty, state, rubric_major, bucket, interviews, score_sum)
        VALUES
          (OLD.domain, OLD.difficulty, OLD.state, CASE WHEN old_bucket >= 0 THEN OLD.rubric_major ELSE -1 END,
           old_bucket, -1, CASE WHEN old_bucket >= 0 THEN -OLD.overall_score::numeric ELSE 0 END),
          (NEW.domain, NEW.difficulty, NEW.state, CASE WHEN new_bucket >= 0 THEN NEW.rubric_major ELSE -1 END,
           new_bucket, 1, CASE WHEN new_bucket >= 0 THEN NEW.overall_score::numeric ELSE 0 END);
      END IF;
      IF (OLD.user_id, old_week) IS DISTINCT FROM (NEW.user_id, new_week) THEN
        IF old_week IS NOT NULL THEN
          PERFORM analytics_remove_starts(OLD.user_id, old_week, 1);
        END IF;
        IF new_week IS NOT NULL THEN
          PERFORM analytics_add_starts(NEW.user_id, new_week, 1);
        END IF;
      END IF;
      RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION analytics_users_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      INSERT INTO analytics_week_changes (week, new_users, active_users)
      SELECT analytics_week(created_at), CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END * count(*), 0
      FROM changed GROUP BY 1;
      RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION analytics_user_updated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      INSERT INTO analytics_week_changes (week, new_users, active_users)
      VALUES (analytics_week(OLD.created_at), -1, 0), (analytics_week(NEW.created_at), 1, 0);
      RETURN NULL;
    END
    $$
    """,
    # Changes before totals: a fold that is under way holds the changes, and its totals are seen once it has ended.
    """
    CREATE FUNCTION analytics_interviews_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      DELETE FROM analytics_interview_changes;
      DELETE FROM analytics_interviews;
      DELETE FROM analytics_user_weeks;
      UPDATE analytics_week_changes SET active_users = 0 WHERE active_users <> 0;
      UPDATE analytics_weeks SET active_users = 0 WHERE active_users <> 0;
      RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION analytics_users_truncated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
      UPDATE analytics_week_changes SET new_users = 0 WHERE new_users <> 0;
      UPDATE analytics_weeks SET new_users = 0 WHERE new_users <> 0;
      RETURN NULL;
    END
    $$
    """,
)

# An update that changes none of these columns, such as that of an answer, ends at the WHEN clause. It needs a trigger
# for each row: one for a statement has no such clause, and would keep a copy of every changed row.
_TRIGGERS = (
    """
    CREATE TRIGGER analytics_inserted AFTER INSERT ON interviews REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_interviews_changed()
    """,
    """
    CREATE TRIGGER analytics_deleted AFTER DELETE ON interviews REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_interviews_changed()
    """,
    """
    CREATE TRIGGER analytics_updated AFTER UPDATE ON interviews FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state
          OR OLD.overall_score IS DISTINCT FROM NEW.overall_score
          OR OLD.rubric_major IS DISTINCT FROM NEW.rubric_major
          OR OLD.started_at IS DISTINCT FROM NEW.started_at
          OR OLD.domain IS DISTINCT FROM NEW.domain
          OR OLD.difficulty IS DISTINCT FROM NEW.difficulty
          OR OLD.user_id IS DISTINCT FROM NEW.user_id)
    EXECUTE FUNCTION analytics_interview_updated()
    """,
    """
    CREATE TRIGGER analytics_truncated AFTER TRUNCATE ON interviews
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_interviews_truncated()
    """,
    """
    CREATE TRIGGER analytics_inserted AFTER INSERT ON users REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_users_changed()
    """,
    """
    CREATE TRIGGER analytics_deleted AFTER DELETE ON users REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_users_changed()
    """,
    """
    CREATE TRIGGER analytics_updated AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.created_at IS DISTINCT FROM NEW.created_at)
    EXECUTE FUNCTION analytics_user_updated()
    """,
    """
    CREATE TRIGGER analytics_truncated AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION analytics_users_truncated()
    """,
)

# What was there before the triggers.
_FIRST_CHANGES = (
    """
    INSERT INTO analytics_interview_changes (domain, difficulty, state, rubric_major, bucket, interviews, score_sum)
    SELECT domain, difficulty, state, CASE WHEN bucket >= 0 THEN rubric_major ELSE -1 END, bucket,
           count(*), coalesce(sum(overall_score::numeric) FILTER (WHERE bucket >= 0), 0)
    FROM (SELECT *, analytics_bucket(state, overall_score, rubric_major) AS bucket FROM interviews) AS rows
    GROUP BY 1, 2, 3, 4, 5
    """,
    """
    INSERT INTO analytics_user_weeks (user_id, week, starts)
    SELECT user_id, analytics_week(started_at), count(*) FROM interviews WHERE started_at IS NOT NULL GROUP BY 1, 2
    """,
    """
    INSERT INTO analytics_week_changes (week, new_users, active_users)
    SELECT week, 0, count(*) FROM analytics_user_weeks GROUP BY 1
    UNION ALL SELECT analytics_week(created_at), count(*), 0 FROM users GROUP BY 1
    """,
)


def upgrade() -> None:
    """Creates the tables and triggers, and counts what is there."""
    op.create_table(
        "analytics_interviews",
        sa.Column("domain", sa.String(length=20), nullable=False),
        sa.Column("difficulty", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rubric_major", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("interviews", sa.BigInteger(), nullable=False),
        sa.Column("score_sum", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint(
            "domain", "difficulty", "state", "rubric_major", "bucket", name=op.f("pk_analytics_interviews")
        ),
    )
    op.create_table(
        "analytics_interview_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("domain", sa.String(length=20), nullable=False),
        sa.Column("difficulty", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rubric_major", sa.SmallInteger(), nullable=False),
        sa.Column("bucket", sa.SmallInteger(), nullable=False),
        sa.Column("interviews", sa.Integer(), nullable=False),
        sa.Column("score_sum", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_interview_changes")),
    )
    op.create_table(
        "analytics_weeks",
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("new_users", sa.BigInteger(), nullable=False),
        sa.Column("active_users", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("week", name=op.f("pk_analytics_weeks")),
    )
    op.create_table(
        "analytics_week_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("new_users", sa.Integer(), nullable=False),
        sa.Column("active_users", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analytics_week_changes")),
    )
    op.create_table(
        "analytics_user_weeks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "week", name=op.f("pk_analytics_user_weeks")),
    )
    # Folding empties these over and over; what it leaves behind is cleared away soon, however large the table was.
    for table in ("analytics_interview_changes", "analytics_week_changes"):
        op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)")
    # Nothing may be written between the first count and the triggers that carry it on.
    op.execute("LOCK TABLE users, interviews IN SHARE ROW EXCLUSIVE MODE")
    for statement in (*_FUNCTIONS, *_TRIGGERS, *_FIRST_CHANGES):
        op.execute(statement)


def downgrade() -> None:
    """Drops the triggers and tables."""
    for table in ("users", "interviews"):
        for trigger in ("analytics_inserted", "analytics_deleted", "analytics_updated", "analytics_truncated"):
            op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in (
        "analytics_interviews_truncated()",
        "analytics_users_truncated()",
        "analytics_user_updated()",
        "analytics_users_changed()",
        "analytics_interview_updated()",
        "analytics_interviews_changed()",
        "analytics_remove_starts(uuid, date, integer)",
        "analytics_add_starts(uuid, date, integer)",
        "analytics_bucket(text, double precision, smallint)",
        "analytics_week(timestamptz)",
    ):
        op.execute(f"DROP FUNCTION {function}")
    for table in (
        "analytics_user_weeks",
        "analytics_week_changes",
        "analytics_weeks",
        "analytics_interview_changes",
        "analytics_interviews",
    ):
        op.drop_table(table)
