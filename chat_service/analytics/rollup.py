"""Keeping the totals behind the platform's figures small and right."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.storage.database import Database

# Any number; the same for all, so that one fold or rebuild runs at a time.
_LOCK = 7_311_947_203

# A longer backlog is folded in several transactions, each well within the time that a statement has.
_BATCH = 20_000
_REBUILD_TIMEOUT_SECONDS = 3600.0

_FOLD_INTERVIEWS = """
WITH folded AS (
  DELETE FROM analytics_interview_changes
  WHERE id = ANY (ARRAY(SELECT id FROM analytics_interview_changes ORDER BY id LIMIT :batch))
  RETURNING *
), merged AS (
  INSERT INTO analytics_interviews AS kept
    (domain, difficulty, state, rubric_major, bucket, interviews, score_sum)
  SELECT domain, difficulty, state, rubric_major, bucket, sum(interviews), sum(score_sum)
  FROM folded GROUP BY 1, 2, 3, 4, 5
  ON CONFLICT (domain, difficulty, state, rubric_major, bucket) DO UPDATE
  SET interviews = kept.interviews + EXCLUDED.interviews, score_sum = kept.score_sum + EXCLUDED.score_sum
)
SELECT count(*) FROM folded
"""

_FOLD_WEEKS = """
WITH folded AS (
  DELETE FROM analytics_week_changes
  WHERE id = ANY (ARRAY(SELECT id FROM analytics_week_changes ORDER BY id LIMIT :batch))
  RETURNING *
), merged AS (
  INSERT INTO analytics_weeks AS kept (week, new_users, active_users)
  SELECT week, sum(new_users), sum(active_users) FROM folded GROUP BY 1
  ON CONFLICT (week) DO UPDATE
  SET new_users = kept.new_users + EXCLUDED.new_users, active_users = kept.active_users + EXCLUDED.active_users
)
SELECT count(*) FROM folded
"""

# Writers of users and interviews wait until this has committed; readers go on reading the old figures.
_REBUILD = """
LOCK TABLE users, interviews IN SHARE MODE;
DELETE FROM analytics_interview_changes;
DELETE FROM analytics_week_changes;
DELETE FROM analytics_interviews;
DELETE FROM analytics_weeks;
TRUNCATE analytics_user_weeks;
INSERT INTO analytics_interviews (domain, difficulty, state, rubric_major, bucket, interviews, score_sum)
SELECT domain, difficulty, state, CASE WHEN bucket >= 0 THEN rubric_major ELSE -1 END, bucket,
       count(*), coalesce(sum(overall_score::numeric) FILTER (WHERE bucket >= 0), 0)
FROM (SELECT *, analytics_bucket(state, overall_score, rubric_major) AS bucket FROM interviews) AS rows
GROUP BY 1, 2, 3, 4, 5;
INSERT INTO analytics_user_weeks (user_id, week, starts)
SELECT user_id, analytics_week(started_at), count(*) FROM interviews WHERE started_at IS NOT NULL GROUP BY 1, 2;
INSERT INTO analytics_weeks (week, new_users, active_users)
SELECT week, sum(new_users), sum(active_users)
FROM (
  SELECT week, 0 AS new_users, count(*) AS active_users FROM analytics_user_weeks GROUP BY 1
  UNION ALL SELECT analytics_week(created_at), count(*), 0 FROM users GROUP BY 1
) AS weeks
GROUP BY 1
"""


async def fold(database: Database) -> int:
    """Merges the changes into the totals and gives how many there were.

    Safe at any moment and from any number of processes: it moves rows from one table to another in one transaction,
    so no reader sees a change twice or not at all. While another fold or a rebuild runs, it does nothing.
    """
    total = 0
    while True:
        async with database.transaction() as session:
            if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}):
                return total
            interviews = await _fold(session, _FOLD_INTERVIEWS)
            weeks = await _fold(session, _FOLD_WEEKS)
        total += interviews + weeks
        if max(interviews, weeks) < _BATCH:
            return total


async def rebuild(database: Database) -> None:
    """Counts everything anew, for an operator who has loaded rows with the triggers off.

    Exact, and safe while the platform is in use: requests that create or change interviews or accounts wait for it,
    a few seconds for a million interviews.
    """
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        connection = await (await session.connection()).get_raw_connection()
        if connection.driver_connection is None:
            raise RuntimeError("the session has lost its connection")
        await connection.driver_connection.execute(_REBUILD, timeout=_REBUILD_TIMEOUT_SECONDS)


async def _fold(session: AsyncSession, statement: str) -> int:
    return int(await session.scalar(text(statement), {"batch": _BATCH}) or 0)
