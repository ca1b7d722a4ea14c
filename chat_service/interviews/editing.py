"""Changing and deleting interviews."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from sqlalchemy import Select, delete, func, select

from chat_service.engine.models import Difficulty, Domain
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.holding import owned, take_over
from chat_service.interviews.interview import InterviewDetails, details
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import AskedQuestion, IdempotencyKey, Interview
from chat_service.storage.database import Database

_BEFORE_START = {InterviewState.DRAFT, InterviewState.SCHEDULED}
_BEFORE_QUESTIONS = {"domain", "difficulty", "question_limit"}
_SECOND = timedelta(seconds=1)


class InterviewChanges(TypedDict, total=False):
    """What is to change; a name that is missing stays as it is, and None clears.

    The title can change at any time, all else only until the interview is started.
    """

    title: str | None
    domain: Domain
    difficulty: Difficulty
    job_role: str | None
    job_description: str | None
    resume: str | None
    focus_areas: Sequence[str]
    skills: Sequence[str]
    experience_level: str | None
    target_company: str | None
    duration_minutes: int | None
    question_limit: int


class Editing:
    """Changes and deletes a user's interviews."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, user_id: UUID, interview_id: UUID, changes: InterviewChanges) -> InterviewDetails:
        """Makes all of the changes or none.

        Raises NOT_FOUND; CONFLICT `interview_started` for what cannot change any more (`details.fields` names it),
        `questions_chosen` for what its rounds or the questions that are there already depend on, and `interview_busy`
        while the interview is being started.
        """
        wanted = dict(changes)
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            early = InterviewState(interview.state) in _BEFORE_START
            bound = sorted(wanted.keys() - {"title"})
            if bound and not early:
                raise _fixed("interview_started", "The interview has been started or called off", bound)
            if bound:
                await take_over(session, interview)
            questions = sorted(wanted.keys() & _BEFORE_QUESTIONS)
            if questions and (interview.prepared or await session.scalar(_has_questions(interview_id))):
                raise _fixed("questions_chosen", "The questions of this interview are settled", questions)
            for name, value in wanted.items():
                setattr(interview, name, list(value) if isinstance(value, tuple) else value)
            if early:
                revised(interview)
            await session.flush()
            return details(interview)

    async def delete(self, user_id: UUID, interview_id: UUID) -> None:
        """Deletes an interview with its questions, answers, report and all else that is of it.

        Raises NOT_FOUND, and CONFLICT `interview_busy` while the engine works on it.
        """
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            await take_over(session, interview)
            names_it = func.pg_catalog.position(IdempotencyKey.reply, str(interview_id).encode()) > 0
            await session.execute(delete(IdempotencyKey).where(IdempotencyKey.user_id == user_id, names_it))
            await session.execute(delete(Interview).where(Interview.id == interview_id))


def revised(interview: Interview) -> None:
    """Marks an interview that has not begun as changed. Every change has a later whole second than the one before."""
    now = datetime.now(UTC)
    interview.last_activity_at = max(now, interview.last_activity_at + _SECOND)


def _has_questions(interview_id: UUID) -> Select[tuple[bool]]:
    return select(select(AskedQuestion.id).where(AskedQuestion.interview_id == interview_id).exists())


def _fixed(reason: str, why: str, fields: list[str]) -> AppError:
    return AppError(
        ErrorKind.CONFLICT,
        reason,
        f"{why}: {', '.join(fields)} cannot change any more.",
        details={"fields": [{"field": name, "message": "cannot change any more"} for name in fields]},
    )
