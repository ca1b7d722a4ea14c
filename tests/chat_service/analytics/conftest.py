from collections.abc import AsyncIterator

import asyncpg
import pytest

from chat_service.analytics.analytics import Analytics
from chat_service.storage.database import Database


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A database of the test's own: the platform's figures are about everything in it."""
    opened = Database(fresh_database_url, pool=8)
    await opened.connect()
    yield opened
    await opened.close()


@pytest.fixture
async def connection(fresh_database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A connection beside the product's own."""
    opened = await asyncpg.connect(fresh_database_url)
    yield opened
    await opened.close()


@pytest.fixture
def analytics(database: Database) -> Analytics:
    return Analytics(database)
