"""Completing interviews that were left behind, and dropping what has expired."""

from datetime import timedelta

import structlog

from chat_service.errors import AppError
from chat_service.interviews.idempotency import Idempotency
from chat_service.interviews.reporting import Reporting
from chat_service.storage.database import Database

_BATCH = 100
_IDLE = """
SELECT id, user_id FROM interviews
WHERE state = 'in_progress' AND last_activity_at < now() - $1::interval
  AND (lease_until IS NULL OR lease_until <= now())
ORDER BY last_activity_at LIMIT $2
"""
_log = structlog.get_logger()


class Sweeping:
    """Housekeeping that every worker does from time to time; several at once do no harm."""

    def __init__(
        self, database: Database, reporting: Reporting, idempotency: Idempotency, *, idle_limit: timedelta
    ) -> None:
        self._database = database
        self._reporting = reporting
        self._idempotency = idempotency
        self._idle_limit = idle_limit

    async def sweep(self) -> int:
        """Completes interviews that have idled past the limit. Gives their number.

        One that cannot be completed now (the engine is down) stays as it is for the next sweep.
        """
        completed = 0
        for row in await self._database.fetch(_IDLE, self._idle_limit, _BATCH):
            try:
                await self._reporting.end(row["user_id"], row["id"])
                completed += 1
            except AppError as error:
                _log.warning("idle_interview_kept", interview=str(row["id"]), reason=error.reason)
        await self._idempotency.sweep()
        return completed
