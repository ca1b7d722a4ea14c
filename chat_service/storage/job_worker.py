"""Doing the jobs of the queue: a part of every process that serves."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context, Job, TracebackRecord
from pgqueuer.domain.types import JOB_STATUS
from prometheus_client import Counter
from pydantic_core import from_json

from chat_service.errors import AppError
from chat_service.storage.jobs import BUILDERS, NAMES

# A killed process's job is taken over after the first, and looked for as often as the second.
_DEAD_AFTER = timedelta(seconds=6)
_POLL = timedelta(seconds=2)
_LONGEST_DELAY_SECONDS = 300.0
_AGAIN_SECONDS = 1.0
_HANDING_BACK_SECONDS = 2.0
# One listens, the others ask; nothing here is large.
_CONNECTIONS = 4
_COMMAND_TIMEOUT_SECONDS = 15

# PgQueuer counts the attempts that ended. This counts those that began, so that a job that kills its process each time
# comes to an end too.
_BEGIN = """
UPDATE pgqueuer SET headers = jsonb_set(headers, '{begun}', to_jsonb((headers->>'begun')::int + 1))
WHERE id = $1 RETURNING (headers->>'begun')::int
"""
_NOT_BEGUN = """
UPDATE pgqueuer SET headers = jsonb_set(headers, '{begun}', to_jsonb((headers->>'begun')::int - 1)) WHERE id = $1
"""

_ATTEMPTS = Counter(
    "jobs", "Attempts at jobs by how they ended: done, retried, failed, handed_back", ("kind", "outcome")
)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Work:
    """How jobs of a kind are done, and what is recorded when one is given up (with the last error's reason).

    `do` gets the job's payload and raises when it has to be tried again.
    """

    do: Callable[[Mapping[str, str]], Awaitable[None]]
    give_up: Callable[[Mapping[str, str], str], Awaitable[None]]


class JobFailedError(Exception):
    """A job was given up."""


class JobWorker:
    """Does jobs, `at_once` of them at the same time (0, or 2 and more), each `attempts` times at most.

    `on_begin` is told the name of each job in the task that does it.
    """

    def __init__(
        self,
        url: str,
        work: Mapping[str, Work],
        *,
        at_once: int,
        attempts: int,
        on_begin: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._url = url
        self._work = work
        self._at_once = at_once
        self._attempts = attempts
        self.on_begin = on_begin
        self._stopping = asyncio.Event()
        self._hand_back = asyncio.Event()
        self._manager: QueueManager | None = None

    async def run(self) -> None:
        """Works until `stop`; begins anew when the database was away. Does nothing when no job is to be done here."""
        if not self._at_once:
            return
        while not self._stopping.is_set():
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001 - whatever it was, the queue is still there
                _log.warning("job_worker_interrupted", error=repr(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _AGAIN_SECONDS)

    async def stop(self, running: asyncio.Task[None], *, grace_seconds: float) -> None:
        """Takes no more jobs, waits for those under way, and puts back those that take longer than the grace."""
        self._stopping.set()
        if self._manager is not None:
            self._manager.shutdown.set()
        await asyncio.wait({running}, timeout=grace_seconds)
        self._hand_back.set()
        await asyncio.wait({running}, timeout=_HANDING_BACK_SECONDS)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    async def _serve(self) -> None:
        pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=_CONNECTIONS,
            command_timeout=_COMMAND_TIMEOUT_SECONDS,
            server_settings={"timezone": "UTC", "application_name": "jobs"},
        )
        try:
            self._manager = QueueManager(_Queue(AsyncpgPoolDriver(pool), **BUILDERS), NAMES.channel)
            for kind, work in self._work.items():
                self._manager.register_executor(kind, _Attempt(_held_when_given_up(), kind, work, pool, self))
            if not self._stopping.is_set():
                await self._manager.run(
                    dequeue_timeout=_POLL,
                    batch_size=self._at_once // 2,
                    max_concurrent_tasks=self._at_once,
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=_DEAD_AFTER,
                    log_aggregation_interval=timedelta(0),
                )
        finally:
            self._manager = None
            pool.terminate()

    @property
    def work(self) -> Mapping[str, Work]:
        """How each kind of job is done."""
        return self._work

    @property
    def attempts(self) -> int:
        """How often a job is tried."""
        return self._attempts

    async def until_handed_back(self) -> None:
        """Ends when a process that stops will not wait any longer."""
        await self._hand_back.wait()


class _Queue(Queries):
    """PgQueuer's queries, save that what was not settled is never lost: it is taken over as from a killed process."""

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """Puts a job back. PgQueuer would call it failed for good when the database is away at this moment."""
        try:
            await super().retry_job(job, delay, traceback_record)
        except Exception as error:  # noqa: BLE001 - a driver whose connection is cut raises whatever comes to it
            _log.warning("job_not_put_back", kind=job.entrypoint, job=job.id, error=repr(error))

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        """Settles jobs. PgQueuer would delete those whose task was cancelled; only a dying process cancels here."""
        settled = [one for one in job_status if one[1] != "canceled"]
        if settled:
            await super().log_jobs(settled)


@dataclass
class _Attempt(AbstractEntrypointExecutor):
    """One kind of job: counts its attempts, sets the time of the next one, and gives up after the last."""

    kind: str
    work: Work
    pool: "asyncpg.Pool[asyncpg.Record]"
    worker: JobWorker

    async def execute(self, job: Job, context: Context) -> None:
        """Does the job. Raises what PgQueuer is to do with it."""
        try:
            await self._execute(job)
        except (RetryRequested, JobFailedError):
            raise
        except Exception as error:  # noqa: BLE001 - the queue could not be written to; the job has not failed
            _log.warning("job_put_back", kind=self.kind, job=job.id, error=repr(error))
            raise RetryRequested(timedelta(seconds=_AGAIN_SECONDS), type(error).__name__) from None

    async def _execute(self, job: Job) -> None:
        payload: dict[str, str] = from_json(job.payload or b"{}")
        begun = await self.pool.fetchval(_BEGIN, job.id)
        if begun is None:
            return
        if begun > self.worker.attempts:
            await self._give_up(payload, "process_died", begun)
        self.worker.on_begin(f"job-{job.id}-{begun}")
        doing = asyncio.ensure_future(self.work.do(payload))
        leaving = asyncio.ensure_future(self.worker.until_handed_back())
        try:
            await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            given_back = doing.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await doing
        if given_back:
            await self.pool.execute(_NOT_BEGUN, job.id)
            self._count("handed_back")
            raise RetryRequested(timedelta(0), "the process stops")
        error = doing.exception()
        if error is None:
            self._count("done")
            return
        reason = error.reason if isinstance(error, AppError) else type(error).__name__
        if not isinstance(error, AppError):
            _log.error("job_defect", kind=self.kind, job=job.id, exc_info=error)
        if begun >= self.worker.attempts:
            await self._give_up(payload, reason, begun)
        self._count("retried")
        raise RetryRequested(timedelta(seconds=_delay(begun, error)), reason)

    async def _give_up(self, payload: Mapping[str, str], reason: str, begun: int) -> None:
        try:
            await self.work.give_up(payload, reason)
        except Exception as error:  # noqa: BLE001 - it stays in the queue until that is recorded
            _log.warning("job_not_given_up", kind=self.kind, error=repr(error))
            raise RetryRequested(timedelta(seconds=_delay(begun, error)), reason) from None
        self._count("failed")
        _log.error("job_failed", kind=self.kind, payload=payload, reason=reason, attempts=begun)
        raise JobFailedError(reason)

    def _count(self, outcome: str) -> None:
        _ATTEMPTS.labels(self.kind, outcome).inc()


def _delay(begun: int, error: BaseException) -> float:
    """Seconds until the next attempt: 1, 2, 4 and so on to five minutes, less up to a fifth; what an error asks for."""
    doubled: float = min(2.0 ** min(begun - 1, 20), _LONGEST_DELAY_SECONDS) * random.uniform(0.8, 1)  # noqa: S311
    asked = error.retry_after if isinstance(error, AppError) else None
    return max(doubled, asked or 0.0)


def _held_when_given_up() -> EntrypointExecutorParameters:
    async def unused(_: Job) -> None:
        """`_Attempt` does the work."""

    return EntrypointExecutorParameters(concurrency_limit=0, func=unused, on_failure="hold")
