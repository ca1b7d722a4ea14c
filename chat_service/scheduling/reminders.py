"""Reminders of scheduled interviews, by an outbox.

A reminder and its job are written in the transaction that schedules the interview. The message goes out at least once,
always under the same Message-ID, so that a reader's mail program can tell a repeated one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.accounts.tables import User
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Interview
from chat_service.scheduling.calendar import PlannedInterview, document, planned
from chat_service.scheduling.mailing import Mailer
from chat_service.scheduling.tables import Reminder
from chat_service.storage.database import Database
from chat_service.storage.ids import new_id
from chat_service.storage.jobs import Jobs

REMINDER_JOB = "reminder"

# Longer than a mail server may take for one message.
_CLAIM = timedelta(seconds=60)
_TEXT = """Your mock interview "{summary}" is planned for {moment} UTC, in {minutes} minutes.

{description}

It can be started, moved or called off in Mock Interview; the attached file puts it into your calendar.
"""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Due:
    """A reminder that this process is to send."""

    id: UUID
    user_id: UUID
    email: str
    interview: PlannedInterview


class Reminders:
    """Plans and sends reminders, `minutes` before an interview (none: no reminders)."""

    def __init__(self, database: Database, jobs: Jobs, mailer: Mailer, *, minutes: Sequence[int], sender: str) -> None:
        self._database = database
        self._jobs = jobs
        self._mailer = mailer
        self._minutes = minutes
        self._sender = sender

    async def plan(self, session: AsyncSession, interview: Interview) -> None:
        """Plans the reminders of an interview as it is now, in the place of those before.

        To be called within the transaction that schedules, moves or cancels it. One that would be due in the past is
        left out.
        """
        dropped = await session.scalars(
            delete(Reminder)
            .where(Reminder.interview_id == interview.id, Reminder.sent_at.is_(None))
            .returning(Reminder.id)
        )
        keys = [str(one) for one in dropped]
        if keys:
            await self._jobs.withdraw(session, REMINDER_JOB, keys)
        if interview.state != InterviewState.SCHEDULED or interview.scheduled_at is None:
            return
        for minutes in self._minutes:
            delay = interview.scheduled_at - timedelta(minutes=minutes) - datetime.now(UTC)
            if delay < timedelta(0):
                continue
            reminder = Reminder(
                id=new_id(),
                user_id=interview.user_id,
                interview_id=interview.id,
                minutes_before=minutes,
                scheduled_at=interview.scheduled_at,
            )
            session.add(reminder)
            await self._jobs.enqueue(
                session, REMINDER_JOB, {"reminder_id": str(reminder.id)}, key=str(reminder.id), delay=delay
            )

    async def send(self, payload: Mapping[str, str]) -> None:
        """Does a reminder's job: sends it if the interview is still planned for that time.

        Raises UNAVAILABLE when it has to be tried again.
        """
        reminder_id = UUID(payload["reminder_id"])
        due = await self._claim(reminder_id)
        if due is None:
            return
        try:
            await self._mailer.send(self._message(due))
        except AppError as error:
            await self._settle(reminder_id, sent=False)
            if error.kind is not ErrorKind.INVALID:
                raise
            _log.warning("reminder_refused", reminder=str(reminder_id), reason=error.reason)
            return
        await self._settle(reminder_id, sent=True)

    async def give_up(self, payload: Mapping[str, str], reason: str) -> None:
        """A reminder that could not be sent stays in the outbox, unsent."""
        _log.warning("reminder_not_sent", reminder=payload["reminder_id"], reason=reason)

    async def _claim(self, reminder_id: UUID) -> _Due | None:
        """The reminder, claimed; None when there is nothing left to send. Raises UNAVAILABLE while another sends it."""
        async with self._database.transaction() as session:
            row = await session.execute(
                select(Reminder, Interview, User)
                .join(Interview, Interview.id == Reminder.interview_id)
                .join(User, User.id == Interview.user_id)
                .where(Reminder.id == reminder_id)
                .with_for_update(of=Reminder)
            )
            found = row.one_or_none()
            if found is None:
                return None
            reminder, interview, user = found
            outdated = interview.state != InterviewState.SCHEDULED or interview.scheduled_at != reminder.scheduled_at
            now = datetime.now(UTC)
            if outdated or not user.reminders or reminder.sent_at is not None or reminder.scheduled_at <= now:
                return None
            if reminder.claimed_until is not None and reminder.claimed_until > now:
                raise AppError(
                    ErrorKind.UNAVAILABLE,
                    "reminder_in_flight",
                    "Another process is sending this reminder.",
                    retry_after=(reminder.claimed_until - now).total_seconds(),
                )
            reminder.claimed_until = now + _CLAIM
            return _Due(reminder.id, user.id, user.email, planned(interview))

    async def _settle(self, reminder_id: UUID, *, sent: bool) -> None:
        values = {"claimed_until": None, "sent_at": func.now() if sent else None}
        async with self._database.transaction() as session:
            await session.execute(update(Reminder).where(Reminder.id == reminder_id).values(values))

    def _message(self, due: _Due) -> EmailMessage:
        one = due.interview
        minutes = round((one.starts_at - datetime.now(UTC)).total_seconds() / 60)
        message = EmailMessage()
        message["Message-ID"] = f"<{due.id}@{Address(addr_spec=self._sender).domain}>"
        message["Date"] = format_datetime(datetime.now(UTC))
        message["From"] = Address("Mock Interview", addr_spec=self._sender)
        message["To"] = due.email
        message["Subject"] = f"In {minutes} minutes: {' '.join(one.summary.split())}"
        # RFC 3834: so that nobody's holiday note answers.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            _TEXT.format(
                summary=one.summary,
                moment=f"{one.starts_at.astimezone(UTC):%Y-%m-%d %H:%M}",
                minutes=minutes,
                description=one.description,
            )
        )
        message.add_attachment(
            document(due.user_id, [one]), maintype="text", subtype="calendar", filename="interview.ics"
        )
        return message
