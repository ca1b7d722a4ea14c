"""Idempotency keys: the same request, sent again, gets the same reply (after the IETF draft of that name).

A key belongs to a user and lives for 24 hours. Its reply is stored in the transaction that does the work, so that a
crash leaves either both or neither.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.accounts.access_tokens import refused
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.leases import LEASE_SECONDS
from chat_service.interviews.tables import IdempotencyKey
from chat_service.storage.database import Database

KEY_LIFE_HOURS = 24

_BEGIN = """
INSERT INTO idempotency_keys (user_id, key, fingerprint, held_until)
VALUES ($1, $2, $3, now() + make_interval(secs => $4))
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint, held_until = excluded.held_until, reply = NULL, created_at = now()
WHERE idempotency_keys.created_at < now() - make_interval(hours => $5)
   OR (idempotency_keys.reply IS NULL AND idempotency_keys.held_until <= now()
       AND idempotency_keys.fingerprint = excluded.fingerprint)
RETURNING true
"""
_LOOK_UP = """
SELECT fingerprint, reply, greatest(0, extract(epoch FROM held_until - now()))::float AS held_seconds
FROM idempotency_keys WHERE user_id = $1 AND key = $2
"""
_LET_GO = "UPDATE idempotency_keys SET held_until = now() WHERE user_id = $1 AND key = $2 AND reply IS NULL"
_FORGET = "DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND reply IS NULL"
_SWEEP = "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1)"

_ReplyT = TypeVar("_ReplyT")


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's key and the digest of what it was sent with."""

    key: str
    fingerprint: bytes


class Idempotency:
    """Keeps replies by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, user_id: UUID, request: RequestKey, reply: TypeAdapter[_ReplyT]) -> _ReplyT | None:
        """The stored reply, or None when the caller is to do the work.

        Raises INVALID when the key came with another request, CONFLICT while that request is being worked on.
        """
        while True:
            if await self._claim(user_id, request):
                return None
            row = await self._database.fetch_row(_LOOK_UP, user_id, request.key)
            if row is None:
                continue
            if row["fingerprint"] != request.fingerprint:
                raise AppError(
                    ErrorKind.INVALID,
                    "idempotency_key_reused",
                    "This Idempotency-Key was used for a different request. Use a new key for a new request.",
                )
            if row["reply"] is not None:
                return reply.validate_json(row["reply"])
            if row["held_seconds"] > 0:
                raise AppError(
                    ErrorKind.CONFLICT,
                    "idempotency_key_in_flight",
                    "A request with this Idempotency-Key is being worked on. Send it again in a moment.",
                    retry_after=row["held_seconds"],
                )

    async def run(
        self,
        user_id: UUID,
        request: RequestKey | None,
        reply: TypeAdapter[_ReplyT],
        work: Callable[[], Awaitable[_ReplyT]],
    ) -> _ReplyT:
        """The stored reply, or what `work` gives. `work` stores its reply itself, with its result."""
        if request is None:
            return await work()
        stored = await self.begin(user_id, request, reply)
        if stored is not None:
            return stored
        try:
            return await work()
        except BaseException as error:
            await asyncio.shield(self.abandon(user_id, request, error))
            raise

    async def _claim(self, user_id: UUID, request: RequestKey) -> bool:
        try:
            return bool(
                await self._database.fetch(
                    _BEGIN, user_id, request.key, request.fingerprint, LEASE_SECONDS, KEY_LIFE_HOURS
                )
            )
        except asyncpg.ForeignKeyViolationError:
            raise refused("account_gone", "This account no longer exists.") from None

    async def save(self, session: AsyncSession, user_id: UUID, request: RequestKey, reply: bytes) -> None:
        """Stores the reply within the caller's transaction."""
        await session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == request.key)
            .values(reply=reply)
        )

    async def abandon(self, user_id: UUID, request: RequestKey, error: BaseException) -> None:
        """After a failure: a request that may be repeated keeps its key, a refused one gives it back."""
        repeatable = not isinstance(error, AppError) or error.kind is ErrorKind.UNAVAILABLE
        await self._database.fetch(_LET_GO if repeatable else _FORGET, user_id, request.key)

    async def sweep(self) -> None:
        """Drops keys past their life."""
        await self._database.fetch(_SWEEP, KEY_LIFE_HOURS)
