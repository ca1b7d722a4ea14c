"""The platform's figures are right to the number, whatever happens to interviews and accounts."""

import asyncio
import random
from collections.abc import Sequence
from typing import cast

import asyncpg
import pytest

from chat_service.analytics import platform
from chat_service.analytics.analytics import Analytics
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.engine.models import Domain
from chat_service.storage.database import Database
from tests.chat_service.analytics import recount
from tests.chat_service.analytics.history import Writer
from tests.chat_service.analytics.rows import Connection, InterviewRow, add_interview, add_interviews, add_user

_WRITERS = 5
_STEPS = 80
_WAITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class _Snapshot:
    """A connection in one transaction, in place of the database that `platform.load` reads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def fetch(self, statement: str, *arguments: object) -> Sequence[asyncpg.Record]:
        rows: Sequence[asyncpg.Record] = await self.connection.fetch(statement, *arguments)
        return rows


async def _compare(connection: Connection) -> PlatformAnalytics:
    """Checks the figures against a recount of the same moment."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        figures = await platform.load(cast("Database", _Snapshot(connection)))
        users = await connection.fetch("SELECT id, created_at FROM users")
        interviews = await connection.fetch("SELECT * FROM interviews")
    assert figures == recount.platform(users, interviews)
    return figures


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_figures_equal_a_recount_at_every_moment_of_a_random_history(
    seed: int, database: Database, analytics: Analytics, fresh_database_url: str
) -> None:
    folded = scored = 0
    async with (
        asyncpg.create_pool(fresh_database_url, min_size=1, max_size=_WRITERS + 1) as pool,
        pool.acquire() as reader,
    ):
        for _ in range(6):
            await add_user(reader)

        async def write(number: int) -> None:
            async with pool.acquire() as connection:
                await Writer(connection, random.Random(f"{seed}/{number}")).write(_STEPS)

        async with asyncio.TaskGroup() as writers:
            writing = [writers.create_task(write(number)) for number in range(_WRITERS)]
            while not all(one.done() for one in writing):
                scored = max(scored, (await _compare(reader)).scores.scored)
                folded += sum(await asyncio.gather(analytics.fold(), analytics.fold()))
        figures = await _compare(reader)
        folded += await analytics.fold()
        assert await reader.fetchval("SELECT count(*) FROM analytics_interview_changes") == 0
        assert await _compare(reader) == figures
        await analytics.rebuild()
        assert await _compare(reader) == figures
    assert figures == await analytics.platform()
    assert folded > 0
    assert scored > 0


@pytest.mark.parametrize("added_first", [True, False])
async def test_an_active_user_is_counted_once_when_a_start_comes_as_another_goes(
    database: Database, connection: Connection, fresh_database_url: str, *, added_first: bool
) -> None:
    user_id = await add_user(connection)
    going = await add_interview(connection, user_id, state="in_progress")
    coming = await add_interview(connection, user_id)
    started = "UPDATE interviews SET state = 'in_progress', started_at = $2 WHERE id = $1", coming.id, going.started_at
    deleted = "DELETE FROM interviews WHERE id = $1", going.id
    first, second = (started, deleted) if added_first else (deleted, started)
    other = await asyncpg.connect(fresh_database_url)
    try:
        async with connection.transaction():
            await connection.execute(*first)
            waiting = asyncio.create_task(other.execute(*second))
            while not await database.fetch(_WAITING):
                assert not waiting.done()
        await waiting
    finally:
        await other.close()
    await _compare(connection)


async def test_nothing_is_left_when_everything_is_deleted(
    analytics: Analytics, connection: Connection, fresh_database_url: str
) -> None:
    for _ in range(3):
        user_id = await add_user(connection)
        await add_interviews(
            connection,
            *(InterviewRow(user_id, state="completed", score=71.3, domain=domain.value) for domain in Domain),
            InterviewRow(user_id, state="in_progress"),
        )
    await analytics.fold()
    await connection.execute("DELETE FROM users")
    await analytics.fold()
    assert await connection.fetchval("SELECT count(*) FROM analytics_user_weeks") == 0
    assert await connection.fetchval("SELECT bool_and(interviews = 0 AND score_sum = 0) FROM analytics_interviews")
    assert await connection.fetchval("SELECT bool_and(new_users = 0 AND active_users = 0) FROM analytics_weeks")


async def test_truncated_tables_count_nothing(analytics: Analytics, connection: Connection) -> None:
    await add_interview(connection, await add_user(connection), state="completed", score=50.0)
    await analytics.fold()
    await add_interview(connection, await add_user(connection), state="in_progress")
    await connection.execute("TRUNCATE users CASCADE")
    figures = await _compare(connection)
    assert figures.users == figures.interviews == 0
    await analytics.fold()
    assert await _compare(connection) == figures


async def test_an_answer_of_an_interview_adds_nothing_to_be_folded(
    analytics: Analytics, connection: Connection
) -> None:
    interview = await add_interview(connection, await add_user(connection), state="in_progress")
    await analytics.fold()
    await connection.execute(
        "UPDATE interviews SET answers_recorded = answers_recorded + 1, lease_token = NULL WHERE id = $1", interview.id
    )
    assert await analytics.fold() == 0


async def test_a_fold_that_fails_halfway_changes_nothing(analytics: Analytics, connection: Connection) -> None:
    await add_interview(connection, await add_user(connection), state="completed", score=50.0)
    await connection.execute("ALTER TABLE analytics_weeks ADD CONSTRAINT broken CHECK (new_users = 0)")
    with pytest.raises(Exception, match="broken"):
        await analytics.fold()
    await _compare(connection)
    await connection.execute("ALTER TABLE analytics_weeks DROP CONSTRAINT broken")
    assert await analytics.fold() > 0
    await _compare(connection)


async def test_a_backlog_larger_than_a_batch_is_folded_to_its_end(
    analytics: Analytics, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_service.analytics.rollup._BATCH", 7)
    user_id = await add_user(connection)
    for _ in range(23):
        await add_interview(connection, user_id)
    assert await analytics.fold() == 24
    await _compare(connection)


async def test_rebuilding_counts_rows_that_were_loaded_without_triggers(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    for table in ("users", "interviews"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await add_interview(connection, user_id, state="completed", score=64.5)
    await add_user(connection)
    for table in ("users", "interviews"):
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert (await analytics.platform()).interviews == 0
    await analytics.rebuild()
    figures = await _compare(connection)
    assert (figures.users, figures.interviews, figures.scores.average) == (2, 1, 64.5)


async def test_the_distribution_never_mixes_major_versions_of_the_rubrics(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    await add_interview(connection, user_id, state="completed", score=20.0, rubric_major=1, domain="hld")
    await add_interview(connection, user_id, state="completed", score=90.0, rubric_major=1, domain="dsa")
    await add_interview(connection, user_id, state="completed", score=100.0, rubric_major=2, domain="dsa")
    figures = await analytics.platform()
    assert (figures.scores.rubric_major, figures.scores.average, figures.scores.scored) == (2, 100.0, 1)
    assert figures.scores.buckets == (0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
    hld = next(one for one in figures.by_domain if one.domain is Domain.HLD)
    assert (hld.scores.rubric_major, hld.scores.average) == (1, 20.0)
