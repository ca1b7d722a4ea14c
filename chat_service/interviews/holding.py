"""Taking hold of an interview for a piece of engine work."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.leases import LEASE_SECONDS
from chat_service.interviews.tables import Interview
from chat_service.storage.database import Database

_POLL_SECONDS = 0.05


async def owned(session: AsyncSession, user_id: UUID, interview_id: UUID, *, lock: bool = False) -> Interview:
    """The user's interview, on demand locked until the transaction ends. Raises NOT_FOUND."""
    query = select(Interview).where(Interview.id == interview_id, Interview.user_id == user_id)
    interview = await session.scalar(query.with_for_update() if lock else query)
    if interview is None:
        raise not_found("interview")
    return interview


async def take_over(session: AsyncSession, interview: Interview) -> None:
    """Ends the lease of a locked interview, so that work whose process has died cannot come back later.

    Raises CONFLICT while the work is under way.
    """
    now = await session.scalar(select(func.clock_timestamp()))
    if interview.lease_until is not None and now is not None and interview.lease_until > now:
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_busy",
            "Another request is working on this interview. Try again in a moment.",
            retry_after=1,
        )
    interview.lease_token = interview.lease_until = None


async def hold(
    database: Database,
    user_id: UUID,
    interview_id: UUID,
    *,
    admit: Callable[[Interview], bool],
    patience_seconds: float,
) -> tuple[Interview, UUID | None]:
    """The interview and a lease on it, once no other work is under way.

    `admit` looks at the locked interview: it raises when the work must not be done and gives False when there is
    nothing left to do; then there is no lease. Raises NOT_FOUND, and CONFLICT when the other work takes too long.
    """
    give_up = time.monotonic() + patience_seconds
    while True:
        async with database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            if not admit(interview):
                return interview, None
            now = await session.scalar(select(func.now()))
            if interview.lease_until is None or now is None or interview.lease_until <= now:
                interview.lease_token = uuid4()
                interview.lease_until = func.now() + timedelta(seconds=LEASE_SECONDS)
                return interview, interview.lease_token
        if time.monotonic() > give_up:
            raise AppError(
                ErrorKind.CONFLICT,
                "interview_busy",
                "Another request is working on this interview. Try again in a moment.",
                retry_after=1,
            )
        await asyncio.sleep(_POLL_SECONDS)
