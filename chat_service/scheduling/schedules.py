"""Schedules: what is planned, planning it anew, and calling it off."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.holding import owned
from chat_service.interviews.interview import InterviewDetails, details
from chat_service.interviews.lifecycle import require_ahead
from chat_service.interviews.states import InterviewState, require_transition
from chat_service.interviews.tables import Interview
from chat_service.storage.database import Database


class Schedules:
    """The planned interviews of users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def upcoming(self, user_id: UUID) -> tuple[InterviewDetails, ...]:
        """The user's scheduled interviews, earliest first; those whose time has passed say `overdue`."""
        query = (
            select(Interview)
            .where(Interview.user_id == user_id, Interview.state == InterviewState.SCHEDULED.value)
            .order_by(Interview.scheduled_at, Interview.id)
        )
        async with self._database.transaction() as session:
            return tuple(details(row) for row in await session.scalars(query))

    async def reschedule(self, user_id: UUID, interview_id: UUID, scheduled_at: datetime) -> InterviewDetails:
        """Sets the time of a draft, which becomes scheduled by it, or of a scheduled interview.

        Raises INVALID for a time without an offset or not ahead, NOT_FOUND, CONFLICT for an interview in another
        state and for one that is just being started.
        """
        require_ahead(scheduled_at)
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            if interview.state != InterviewState.SCHEDULED:
                require_transition(InterviewState(interview.state), InterviewState.SCHEDULED)
            await _take_from_start(session, interview)
            interview.state = InterviewState.SCHEDULED.value
            interview.scheduled_at = scheduled_at.astimezone(UTC)
            return details(interview)

    async def cancel(self, user_id: UUID, interview_id: UUID) -> InterviewDetails:
        """Calls off a draft or a scheduled interview.

        Raises NOT_FOUND, CONFLICT for an interview in another state and for one that is just being started.
        """
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            require_transition(InterviewState(interview.state), InterviewState.CANCELLED)
            await _take_from_start(session, interview)
            interview.state = InterviewState.CANCELLED.value
            interview.cancelled_at = datetime.now(UTC)
            return details(interview)


async def _take_from_start(session: AsyncSession, interview: Interview) -> None:
    """Raises CONFLICT while the first question is being chosen; a start that has died must not come back later."""
    now = await session.scalar(select(func.clock_timestamp()))
    if interview.lease_until is not None and now is not None and interview.lease_until > now:
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_busy",
            "This interview is being started. Try again in a moment.",
            retry_after=1,
        )
    interview.lease_token = interview.lease_until = None
