"""Jobs: kept with the state that they follow from, done by some process, tried again, and given up in the end."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter

from chat_service.errors import AppError, ErrorKind
from chat_service.storage.database import Database
from chat_service.storage.job_worker import JobWorker, Work, _Queue
from chat_service.storage.jobs import BUILDERS, Jobs
from tests.waiting import until

KIND = "knock"


class Door:
    """Notes what was done with which job."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.given_up: list[tuple[str, str]] = []
        self.changed = asyncio.Event()

    async def knock(self, payload: Mapping[str, str]) -> None:
        self.done[payload["name"]] += 1
        self.changed.set()

    async def give_up(self, payload: Mapping[str, str], reason: str) -> None:
        self.given_up.append((payload["name"], reason))
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    database = Database(fresh_database_url, pool=2)
    await database.connect()
    yield database
    await database.close()


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database)


async def add(database: Database, jobs: Jobs, *names: str, delay: float = 0) -> None:
    async with database.transaction() as session:
        for name in names:
            await jobs.enqueue(session, KIND, {"name": name}, key=name, delay=timedelta(seconds=delay))


@asynccontextmanager
async def working(
    url: str,
    door: Door,
    *,
    do: Callable[[Mapping[str, str]], Awaitable[None]] | None = None,
    attempts: int = 5,
) -> AsyncIterator[JobWorker]:
    worker = JobWorker(url, {KIND: Work(do or door.knock, door.give_up)}, at_once=4, attempts=attempts)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.stop(running, grace_seconds=2)


async def queued(database: Database) -> dict[str, int]:
    rows = await database.fetch("SELECT status::text, count(*) FROM pgqueuer GROUP BY 1")
    return {row[0]: row[1] for row in rows}


async def settled(database: Database, expected: dict[str, int]) -> None:
    async def so() -> bool:
        return await queued(database) == expected

    await until(so)


async def test_the_migration_makes_what_pgqueuer_wants(fresh_database_url: str) -> None:
    connection = await asyncpg.connect(fresh_database_url)
    try:
        plan = await Queries(AsyncpgDriver(connection), **BUILDERS).plan_upgrade()
    finally:
        await connection.close()
    assert not plan.statements


async def test_a_job_shares_the_fate_of_its_transaction(database: Database, jobs: Jobs) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with database.transaction() as session:
            await jobs.enqueue(session, KIND, {"name": "lost"}, key="lost")
            raise ZeroDivisionError
    assert await queued(database) == {}
    await add(database, jobs, "kept", "kept", "100 % sure")
    assert await queued(database) == {"queued": 2}
    async with database.transaction() as session:
        await jobs.withdraw(session, KIND, ["kept"])
    assert await queued(database) == {"queued": 1}


async def test_two_workers_do_every_job_once(fresh_database_url: str, database: Database, jobs: Jobs) -> None:
    door = Door()
    names = [f"job {number}" for number in range(60)]
    async with working(fresh_database_url, door), working(fresh_database_url, door):
        await add(database, jobs, *names)
        await door.until(lambda: len(door.done) == len(names))
        await settled(database, {})
    assert set(door.done.values()) == {1}


async def test_a_delayed_job_waits_for_its_time(fresh_database_url: str, database: Database, jobs: Jobs) -> None:
    door = Door()
    await add(database, jobs, "later", delay=3600)
    await add(database, jobs, "now")
    async with working(fresh_database_url, door):
        await door.until(lambda: bool(door.done))
        await settled(database, {"queued": 1})
    assert door.done == {"now": 1}


async def test_a_failing_job_is_tried_again_then_given_up_and_kept_for_all_to_see(
    fresh_database_url: str, database: Database, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_service.storage.job_worker._LONGEST_DELAY_SECONDS", 0.01)
    door = Door()

    async def fail(payload: Mapping[str, str]) -> None:
        await door.knock(payload)
        raise AppError(ErrorKind.UNAVAILABLE, "nobody_home", "Nobody opens.")

    await add(database, jobs, "hopeless")
    async with working(fresh_database_url, door, do=fail, attempts=3):
        await door.until(lambda: bool(door.given_up))
        await settled(database, {"failed": 1})
    assert door.done == {"hopeless": 3}
    assert door.given_up == [("hopeless", "nobody_home")]
    await jobs.observe()
    await add(database, jobs, "hopeless")
    assert await queued(database) == {"failed": 1, "queued": 1}


async def test_a_job_whose_processes_die_is_given_up_too(
    fresh_database_url: str, database: Database, jobs: Jobs
) -> None:
    door = Door()
    await add(database, jobs, "deadly")
    await database.fetch("UPDATE pgqueuer SET headers = jsonb_set(headers, '{begun}', '5')")
    async with working(fresh_database_url, door, attempts=5):
        await door.until(lambda: bool(door.given_up))
        await settled(database, {"failed": 1})
    assert door.done == {}
    assert door.given_up == [("deadly", "process_died")]


async def test_a_process_that_stops_puts_its_job_back_for_another(
    fresh_database_url: str, database: Database, jobs: Jobs
) -> None:
    door = Door()

    async def forever(payload: Mapping[str, str]) -> None:
        await door.knock(payload)
        await asyncio.Event().wait()

    worker = JobWorker(fresh_database_url, {KIND: Work(forever, door.give_up)}, at_once=4, attempts=1)
    running = asyncio.create_task(worker.run())
    await add(database, jobs, "long")
    await door.until(lambda: bool(door.done))
    await worker.stop(running, grace_seconds=0.01)
    assert await queued(database) == {"queued": 1}
    async with working(fresh_database_url, door, attempts=1):
        await door.until(lambda: door.done["long"] == 2)
        await settled(database, {})
    assert door.given_up == []


async def test_a_lost_connection_loses_no_job(fresh_database_url: str, database: Database, jobs: Jobs) -> None:
    door = Door()
    cut = asyncio.Event()

    async def slowly(payload: Mapping[str, str]) -> None:
        await door.knock(payload)
        await cut.wait()

    async with working(fresh_database_url, door, do=slowly):
        await add(database, jobs, "first")
        await door.until(lambda: bool(door.done))
        await database.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'jobs' AND datname = current_database()"
        )
        cut.set()
        await add(database, jobs, "second")
        await door.until(lambda: door.done["second"] > 0)
        await settled(database, {})
    assert door.given_up == []


async def test_a_job_that_fails_while_the_database_is_away_is_tried_again_afterwards(
    fresh_database_url: str, database: Database, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_service.storage.job_worker._DEAD_AFTER", timedelta(seconds=1))
    door = Door()
    away = asyncio.Event()

    async def fail_first(payload: Mapping[str, str]) -> None:
        await door.knock(payload)
        if door.done["unlucky"] == 1:
            await away.wait()
            raise AppError(ErrorKind.UNAVAILABLE, "database_unavailable", "The database is away.")

    tried = asyncio.Event()
    put_back = _Queue.retry_job

    async def noted(self: _Queue, job: Job, delay: timedelta, record: TracebackRecord | None) -> None:
        await put_back(self, job, delay, record)
        tried.set()

    monkeypatch.setattr(_Queue, "retry_job", noted)
    name = urlsplit(fresh_database_url).path.removeprefix("/")
    async with working(fresh_database_url, door, do=fail_first, attempts=3):
        await add(database, jobs, "unlucky")
        await door.until(lambda: bool(door.done))
        await database.fetch(f'ALTER DATABASE "{name}" CONNECTION LIMIT 0')
        await database.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'jobs' AND datname = current_database()"
        )
        away.set()
        await tried.wait()
        await database.fetch(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
        await door.until(lambda: door.done["unlucky"] == 2)
        await settled(database, {})
    assert door.given_up == []


async def test_a_cancelled_task_does_not_end_its_job(fresh_database_url: str, database: Database, jobs: Jobs) -> None:
    await add(database, jobs, "cut off")
    connection = await asyncpg.connect(fresh_database_url)
    try:
        queue = _Queue(AsyncpgDriver(connection), **BUILDERS)
        (job,) = await queue.dequeue(
            batch_size=1,
            entrypoints={QueueEntrypoint(KIND): EntrypointExecutionParameter(concurrency_limit=0)},
            queue_manager_id=QueueManagerId(uuid4()),
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=6),
        )
        await queue.log_jobs([(job, "canceled", None)])
        assert await queued(database) == {"picked": 1}
        await queue.log_jobs([(job, "successful", None)])
        assert await queued(database) == {}
    finally:
        await connection.close()
