"""Schedules: what is planned, planning it anew, and calling it off."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import defer

from chat_service.interviews.editing import revised
from chat_service.interviews.holding import owned, take_over
from chat_service.interviews.interview import InterviewDetails, details
from chat_service.interviews.lifecycle import require_ahead
from chat_service.interviews.states import InterviewState, require_transition
from chat_service.interviews.tables import Interview
from chat_service.scheduling.calendar import document, planned
from chat_service.scheduling.reminders import Reminders
from chat_service.storage.database import Database


class Schedules:
    """The planned interviews of users."""

    def __init__(self, database: Database, reminders: Reminders) -> None:
        self._database = database
        self._reminders = reminders

    async def upcoming(self, user_id: UUID) -> tuple[InterviewDetails, ...]:
        """The user's scheduled interviews, earliest first; those whose time has passed say `overdue`."""
        query = (
            select(Interview)
            .where(Interview.user_id == user_id, Interview.state == InterviewState.SCHEDULED.value)
            .order_by(Interview.scheduled_at, Interview.id)
        )
        async with self._database.transaction() as session:
            return tuple(details(row) for row in await session.scalars(query))

    async def feed(self, user_id: UUID) -> bytes:
        """The user's scheduled interviews as an iCalendar document (RFC 5545) that a calendar can subscribe to.

        Interviews that were called off stay in it as cancelled until their time has passed, so that the calendar
        learns of it.
        """
        now = func.now()
        query = (
            select(Interview)
            .options(defer(Interview.resume))
            .where(
                Interview.user_id == user_id,
                or_(
                    Interview.state == InterviewState.SCHEDULED.value,
                    and_(Interview.state == InterviewState.CANCELLED.value, Interview.scheduled_at > now),
                ),
            )
            .order_by(Interview.scheduled_at, Interview.id)
        )
        async with self._database.transaction() as session:
            rows = list(await session.scalars(query))
        return document(user_id, [planned(row) for row in rows if row.scheduled_at is not None])

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
            await take_over(session, interview)
            interview.state = InterviewState.SCHEDULED.value
            interview.scheduled_at = scheduled_at.astimezone(UTC)
            revised(interview)
            await self._reminders.plan(session, interview)
            return details(interview)

    async def cancel(self, user_id: UUID, interview_id: UUID) -> InterviewDetails:
        """Calls off a draft or a scheduled interview.

        Raises NOT_FOUND, CONFLICT for an interview in another state and for one that is just being started.
        """
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            require_transition(InterviewState(interview.state), InterviewState.CANCELLED)
            await take_over(session, interview)
            interview.state = InterviewState.CANCELLED.value
            interview.cancelled_at = datetime.now(UTC)
            revised(interview)
            await self._reminders.plan(session, interview)
            return details(interview)
