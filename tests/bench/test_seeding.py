"""What benchmarks are run on is a database as the product would have made it."""

from typing import Any

import asyncpg
import pytest

from chat_service.analytics.analytics import Analytics
from chat_service.storage.database import Database
from tests.bench import seeding
from tests.chat_service.analytics import recount

_SCHEMA = """
SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT tgname || tgrelid::regclass, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2
"""


@pytest.mark.parametrize("counted_by_triggers", [0, 1_000_000])
async def test_a_seeded_database_has_right_figures_and_an_unchanged_schema(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch, counted_by_triggers: int
) -> None:
    monkeypatch.setattr(seeding, "_COUNTED_BY_TRIGGERS", counted_by_triggers)
    connection: Any = await asyncpg.connect(fresh_database_url)
    database = Database(fresh_database_url, pool=2)
    await database.connect()
    try:
        schema = await connection.fetch(_SCHEMA)
        users = await seeding.seed(fresh_database_url, 600)
        assert await connection.fetch(_SCHEMA) == schema
        interviews = await connection.fetch("SELECT * FROM interviews")
        assert len(interviews) == 600
        accounts = await connection.fetch("SELECT * FROM users")
        assert {one["id"] for one in accounts} == {*users.everyone, users.admin}
        assert await Analytics(database).platform() == recount.platform(accounts, interviews)
        answered = await connection.fetch(
            "SELECT count(*) FROM answers JOIN questions ON questions.id = question_id GROUP BY answers.interview_id"
        )
        assert {one["count"] for one in answered} == {seeding.ANSWERS_EACH}
        assert (await Analytics(database).mine(users.typical)).interviews == 20
        assert (await Analytics(database).mine(users.busy)).interviews == 200
    finally:
        await connection.close()
        await database.close()
