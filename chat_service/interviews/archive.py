"""Reading interviews."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from chat_service.engine.models import Difficulty, Domain
from chat_service.errors import invalid
from chat_service.interviews.holding import owned
from chat_service.interviews.interview import (
    InterviewDetails,
    InterviewTranscript,
    TranscriptTurn,
    details,
    posed_rows,
    transcript_turn,
)
from chat_service.interviews.live.events import Subject
from chat_service.interviews.live.tables import UtteranceRow
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview
from chat_service.storage.database import Database

MAX_PAGE = 100
MAX_OFFSET = 1_000_000


@dataclass(frozen=True, slots=True)
class InterviewFilter:
    """Which interviews are wanted; None means any.

    `text` is looked for in the title and the role, without regard to case. `since` and `until` bound the time of
    creation, `since` included and `until` not. `min_score` (0 to 100) leaves out those without a score.
    """

    state: InterviewState | None = None
    domain: Domain | None = None
    difficulty: Difficulty | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_score: float | None = None


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """Some interviews, newest first, the cursor of the next page if there is one, and how many there are in all."""

    interviews: tuple[InterviewDetails, ...]
    next_cursor: str | None
    total: int


class Archive:
    """Gives a user's interviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, user_id: UUID, wanted: InterviewFilter, *, limit: int, cursor: str | None = None, offset: int = 0
    ) -> InterviewPage:
        """At most `limit` (1 to 100) interviews behind the cursor, or behind the first `offset` of them.

        Pages by cursor stay whole while interviews are created; pages by offset move with them. Raises INVALID for a
        foreign cursor, and for a cursor and an offset at once.
        """
        if cursor is not None and offset:
            raise invalid("offset", "cannot be combined with a cursor")
        chosen = _chosen(user_id, wanted)
        query = select(Interview).options(defer(Interview.resume)).where(*chosen)
        if cursor is not None:
            query = query.where(tuple_(Interview.created_at, Interview.id) < _read(cursor))
        query = query.order_by(Interview.created_at.desc(), Interview.id.desc()).offset(offset).limit(limit + 1)
        async with self._database.reading() as session:
            rows = list(await session.scalars(query))
            total = await session.scalar(select(func.count()).select_from(Interview).where(*chosen))
        shown = rows[:limit]
        following = _cursor(shown[-1]) if len(rows) > limit else None
        return InterviewPage(tuple(details(row) for row in shown), following, total or 0)

    async def interview(self, user_id: UUID, interview_id: UUID) -> InterviewDetails:
        """An interview without its turns. Raises NOT_FOUND."""
        async with self._database.transaction() as session:
            return details(await owned(session, user_id, interview_id))

    async def transcript(self, user_id: UUID, interview_id: UUID) -> InterviewTranscript:
        """An interview with its turns. Raises NOT_FOUND."""
        async with self._database.reading() as session:
            interview = await owned(session, user_id, interview_id)
            turns = await self._turns(session, interview_id)
        current = next((one.question for one in turns if one.question.id == interview.current_question_id), None)
        return InterviewTranscript(details(interview), interview.resume, turns, current)

    async def _turns(self, session: AsyncSession, interview_id: UUID) -> tuple[TranscriptTurn, ...]:
        rows = await session.execute(
            select(AskedQuestion, Answer, UtteranceRow.heard)
            .outerjoin(Answer, Answer.question_id == AskedQuestion.id)
            .outerjoin(
                UtteranceRow,
                and_(
                    UtteranceRow.interview_id == AskedQuestion.interview_id,
                    UtteranceRow.subject == Subject.QUESTION.value,
                    UtteranceRow.subject_id == AskedQuestion.id,
                    UtteranceRow.interrupted,
                ),
            )
            .where(AskedQuestion.interview_id == interview_id)
            .order_by(AskedQuestion.number)
        )
        turns = list(rows)
        shown = posed_rows([question for question, _, _ in turns])
        return tuple(
            transcript_turn(question, posed, answer, heard=heard)
            for (question, answer, heard), posed in zip(turns, shown, strict=True)
        )


def _chosen(user_id: UUID, wanted: InterviewFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Interview.user_id == user_id]
    if wanted.state is not None:
        conditions.append(Interview.state == wanted.state.value)
    if wanted.domain is not None:
        conditions.append(Interview.domain == wanted.domain.value)
    if wanted.difficulty is not None:
        conditions.append(Interview.difficulty == wanted.difficulty.value)
    if wanted.text is not None:
        conditions.append(
            or_(*(column.icontains(wanted.text, autoescape=True) for column in (Interview.title, Interview.job_role)))
        )
    if wanted.since is not None:
        conditions.append(Interview.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Interview.created_at < wanted.until)
    if wanted.min_score is not None:
        conditions.append(Interview.overall_score >= wanted.min_score)
    return conditions


def _cursor(row: Interview) -> str:
    text = f"{row.created_at.isoformat()}|{row.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, identifier = text.split("|")
        created_at = datetime.fromisoformat(moment)
        if created_at.tzinfo is None:
            raise ValueError(moment)
        return created_at.astimezone(UTC), UUID(identifier)
    except (ValueError, OverflowError, binascii.Error):
        raise invalid("cursor", "is not one of ours; use next_cursor of the page before") from None
