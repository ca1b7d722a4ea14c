"""The migration counts what was there before it."""

import pytest
from alembic import command
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine

from chat_service.analytics.analytics import Analytics
from chat_service.storage.database import Database
from chat_service.storage.migration import configuration, migrate
from tests.chat_service.analytics import recount
from tests.chat_service.analytics.rows import Connection, InterviewRow, add_interviews, add_user


@pytest.fixture
async def before_analytics(fresh_database_url: str) -> str:
    """A database as it was before there were figures."""

    def downgrade(connection: SyncConnection) -> None:
        config = configuration()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")

    engine = create_async_engine(fresh_database_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
    await engine.dispose()
    return fresh_database_url


async def test_an_older_database_is_counted_when_it_is_migrated(
    before_analytics: str, connection: Connection, database: Database
) -> None:
    for _ in range(2):
        user_id = await add_user(connection)
        await add_interviews(
            connection,
            InterviewRow(user_id, state="completed", score=33.5),
            InterviewRow(user_id, state="completed", score=99.0, domain="hld", rubric_major=2),
            InterviewRow(user_id, state="in_progress"),
            InterviewRow(user_id),
        )
    await migrate(before_analytics)
    figures = await Analytics(database).platform()
    users, interviews = [await connection.fetch(f"SELECT * FROM {table}") for table in ("users", "interviews")]
    assert figures == recount.platform(users, interviews)
    assert figures.interviews == 8
