"""How far the report of a completed interview has come."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.report import REPORT, Report
from chat_service.interviews.tables import Feedback, Interview, StoredReport
from chat_service.storage.ids import new_id


class FeedbackStatus(StrEnum):
    """Whether there is a report: not yet, now, or not until it is asked for again."""

    GENERATING = "generating"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class FeedbackDetails:
    """A report on its way, or there. `failure` is a reason code, set when it was given up."""

    id: UUID
    interview_id: UUID
    status: FeedbackStatus
    failure: str | None
    requested_at: datetime
    generated_at: datetime | None
    report: Report | None


def status_of(interview_id: UUID) -> Select[str]:
    """The query for its status."""
    return select(Feedback.status).where(Feedback.interview_id == interview_id)


async def of(session: AsyncSession, interview: Interview) -> Feedback:
    """The feedback of a completed interview."""
    row = await session.scalar(_row(interview.id))
    # A process of the release before may have completed it, without this row.
    return row or await _add(session, interview, FeedbackStatus.READY)


async def ask(session: AsyncSession, interview: Interview) -> Feedback:
    """The feedback of an interview that the caller has locked and completed; asked for anew when it was given up."""
    row = await session.scalar(_row(interview.id).with_for_update())
    if row is None:
        reported = await session.get(StoredReport, interview.id) is not None
        return await _add(session, interview, FeedbackStatus.READY if reported else FeedbackStatus.GENERATING)
    if row.status == FeedbackStatus.FAILED:
        row.status, row.failure, row.requested_at = FeedbackStatus.GENERATING.value, None, datetime.now(UTC)
    return row


async def finish(session: AsyncSession, interview: Interview) -> None:
    """Records that the report is there."""
    row = await session.scalar(_row(interview.id).with_for_update())
    if row is None:
        await _add(session, interview, FeedbackStatus.READY)
        return
    row.status, row.failure, row.generated_at = FeedbackStatus.READY.value, None, datetime.now(UTC)


async def fail(session: AsyncSession, interview_id: UUID, reason: str) -> None:
    """Records that the report was given up, unless it is there."""
    await session.execute(
        update(Feedback)
        .where(Feedback.interview_id == interview_id, Feedback.status == FeedbackStatus.GENERATING)
        .values(status=FeedbackStatus.FAILED.value, failure=reason[:60])
    )


async def details(session: AsyncSession, row: Feedback) -> FeedbackDetails:
    """What its owner sees."""
    stored = await session.get(StoredReport, row.interview_id) if row.status == FeedbackStatus.READY else None
    return FeedbackDetails(
        id=row.id,
        interview_id=row.interview_id,
        status=FeedbackStatus(row.status),
        failure=row.failure,
        requested_at=row.requested_at,
        generated_at=row.generated_at,
        report=REPORT.validate_python(stored.report, strict=False) if stored else None,
    )


def _row(interview_id: UUID) -> Select[Feedback]:
    return select(Feedback).where(Feedback.interview_id == interview_id)


async def _add(session: AsyncSession, interview: Interview, status: FeedbackStatus) -> Feedback:
    row = Feedback(
        id=new_id(),
        user_id=interview.user_id,
        interview_id=interview.id,
        status=status.value,
        generated_at=func.now() if status is FeedbackStatus.READY else None,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row
