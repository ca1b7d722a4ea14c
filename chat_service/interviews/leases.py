"""Leases: at most one piece of engine work is under way for an interview, on any worker.

A lease is held only between two short transactions, while the engine works. It lasts a few seconds and is renewed as
long as its holder lives, so that the work of a killed process can be taken over soon.
"""

import asyncio
from types import TracebackType
from typing import Self
from uuid import UUID

from chat_service.storage.database import Database

LEASE_SECONDS = 6
_RENEWAL_SECONDS = 2.0

_RENEW = """
WITH interview AS (
  UPDATE interviews SET lease_until = now() + make_interval(secs => $3)
  WHERE id = $1 AND lease_token = $2
)
UPDATE idempotency_keys SET held_until = now() + make_interval(secs => $3)
WHERE user_id = $4 AND key = $5 AND reply IS NULL
"""

_RELEASE = "UPDATE interviews SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2"


class Lease:
    """A taken lease, renewed within `async with` and given up when the block raises.

    A block that succeeds has ended the lease itself, in the transaction that recorded its result.
    """

    def __init__(
        self, database: Database, *, interview_id: UUID, token: UUID, user_id: UUID, key: str | None = None
    ) -> None:
        self._database = database
        self._interview_id = interview_id
        self.token = token
        self._user_id = user_id
        self._key = key
        self._timer: asyncio.TimerHandle | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._over = False

    async def __aenter__(self) -> Self:
        self._schedule()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._renewal is not None:
            self._renewal.cancel()
        if kind is not None:
            await asyncio.shield(self._database.fetch(_RELEASE, self._interview_id, self.token))

    def _schedule(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_RENEWAL_SECONDS, self._start_renewal)

    def _start_renewal(self) -> None:
        self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        try:
            await self._database.fetch(_RENEW, self._interview_id, self.token, LEASE_SECONDS, self._user_id, self._key)
        finally:
            if not self._over:
                self._schedule()
