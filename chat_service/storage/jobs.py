"""Durable jobs: put into PostgreSQL with the state that they follow from, done by some process soon after.

The queue is PgQueuer's; migration 0007 made its tables. A job is done at least once, so what it does must bear being
done again.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver
from prometheus_client import Gauge
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.storage.database import Database

# Everything is named here: what is not, PgQueuer would read from the environment, under names as plain as CHANNEL.
NAMES = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
    widen_id=True,
)
BUILDERS: Mapping[str, Any] = {
    "qbe": QueryBuilderEnvironment(NAMES),
    "qbq": QueryQueueBuilder(NAMES),
    "qbs": QuerySchedulerBuilder(NAMES),
}

_WITHDRAW = "DELETE FROM pgqueuer WHERE status = 'queued' AND dedupe_key = ANY($1::text[])"
_WAITING = "SELECT entrypoint, status::text, count(*) FROM pgqueuer GROUP BY 1, 2"
_TIDY = (
    "DELETE FROM pgqueuer_log WHERE created < now() - make_interval(days => $1)",
    "DELETE FROM pgqueuer WHERE status = 'failed' AND updated < now() - make_interval(days => $1)",
)
_KEPT_DAYS = 14

_IN_QUEUE = Gauge(
    "jobs_in_queue",
    "Jobs that wait (queued), are worked on (picked) or were given up (failed)",
    ("kind", "status"),
    multiprocess_mode="mostrecent",
)


class Jobs:
    """Puts jobs into the queue, and looks after it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: set[tuple[str, str]] = set()

    async def enqueue(
        self,
        session: AsyncSession,
        kind: str,
        payload: Mapping[str, str],
        *,
        key: str,
        delay: timedelta = timedelta(0),
    ) -> None:
        """Adds a job within the caller's transaction, to be done after `delay` at the earliest.

        While a job with the same `key` waits or is worked on, nothing is added.
        """
        queries = Queries(cast("Driver", _OfSession(session)), **BUILDERS)
        await queries.enqueue(
            kind,
            to_json(payload),
            execute_after=delay,
            dedupe_key=f"{kind}:{key}",
            headers={"begun": "0"},
            on_conflict="skip",
        )

    async def withdraw(self, session: AsyncSession, kind: str, keys: Sequence[str]) -> None:
        """Takes back jobs that nobody works on yet, within the caller's transaction."""
        await _OfSession(session).fetch(_WITHDRAW, [f"{kind}:{key}" for key in keys])

    async def observe(self) -> None:
        """Counts the queue for the metrics."""
        counts = {(row[0], row[1]): row[2] for row in await self._database.fetch(_WAITING)}
        self._seen |= counts.keys()
        for kind, status in self._seen:
            _IN_QUEUE.labels(kind, status).set(counts.get((kind, status), 0))

    async def tidy(self) -> None:
        """Drops records of jobs done and jobs given up that are two weeks old."""
        for statement in _TIDY:
            await self._database.fetch(statement, _KEPT_DAYS)


class _OfSession:
    """As much of PgQueuer's driver as adding jobs takes, on the connection and in the transaction of a session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def fetch(self, query: str, *arguments: object) -> list[dict[str, object]]:
        connection = await self._session.connection()
        # The dialect formats its statements with %, and its parameters are numbered as PgQueuer's are.
        result = await connection.exec_driver_sql(re.sub("%", "%%", query), tuple(arguments))
        return [dict(row) for row in result.mappings()] if result.returns_rows else []
