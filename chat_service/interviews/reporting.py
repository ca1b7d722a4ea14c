"""Ending interviews, and their reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.client import BUDGET_SPENT, InterviewEngine
from chat_service.engine.models import Question, Turn
from chat_service.engine.report import REPORT, Report
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews import feedback as feedbacks
from chat_service.interviews.answering import Answering
from chat_service.interviews.feedback import FeedbackDetails
from chat_service.interviews.holding import hold, owned
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import (
    FINISHED,
    FinishedInterview,
    context,
    details,
    engine_question,
    given_answer,
)
from chat_service.interviews.leases import Lease
from chat_service.interviews.round_scores import close_rounds
from chat_service.interviews.states import InterviewState, require_transition
from chat_service.interviews.tables import Answer, AskedQuestion, Interview, StoredReport
from chat_service.interviews.unanswered import unanswered_report
from chat_service.storage.database import Database
from chat_service.storage.jobs import Jobs

FEEDBACK_JOB = "feedback"

# How long reading a report leaves its missing words alone after they were asked for: each time may cost a model's call.
_PAUSE_FOR_WORDS = timedelta(minutes=1)
_log = structlog.get_logger()


class Reporting:
    """Completes interviews, each exactly once."""

    def __init__(
        self,
        database: Database,
        engine: InterviewEngine,
        idempotency: Idempotency,
        answering: Answering,
        jobs: Jobs,
        *,
        patience_seconds: float,
    ) -> None:
        self._database = database
        self._engine = engine
        self._idempotency = idempotency
        self._answering = answering
        self._jobs = jobs
        self._patience = patience_seconds

    async def end(self, user_id: UUID, interview_id: UUID, *, request: RequestKey | None = None) -> FinishedInterview:
        """Completes an interview in progress; one that is completed already gives its report again.

        A report whose words are missing is asked for them anew, and given as it is when they are still missing.
        An accepted answer that still waits for its grade is graded first, or left without one when the interview's
        budget is spent. Raises NOT_FOUND, CONFLICT for an illegal transition, UNAVAILABLE: the interview goes on then,
        and ending it can be tried again.
        """
        return await self._idempotency.run(
            user_id, request, FINISHED, lambda: self._end(user_id, interview_id, request)
        )

    async def complete(self, user_id: UUID, interview_id: UUID) -> FeedbackDetails:
        """Completes an interview in progress at once and has its report made by a durable job.

        Asked again it says how far that has come, and begins anew when it had been given up. Raises NOT_FOUND, and
        CONFLICT for an illegal transition and while an answer is being graded for too long.
        """
        interview, lease = await hold(
            self._database, user_id, interview_id, admit=_may_end, patience_seconds=self._patience
        )
        async with self._database.transaction() as session:
            if lease is not None:
                row = await _still_held(session, interview, lease)
                row.state = InterviewState.COMPLETED.value
                row.completed_at = row.last_activity_at = datetime.now(UTC)
                row.lease_token = row.lease_until = row.current_question_id = None
            asked = await feedbacks.ask(session, interview)
            if asked.status == feedbacks.FeedbackStatus.GENERATING:
                payload = {"user_id": str(user_id), "interview_id": str(interview_id)}
                await self._jobs.enqueue(session, FEEDBACK_JOB, payload, key=str(asked.id))
            return await feedbacks.details(session, asked)

    async def feedback(self, user_id: UUID, interview_id: UUID) -> FeedbackDetails:
        """How far the report of a completed interview has come, and the report. Raises NOT_FOUND, CONFLICT."""
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id)
            if interview.state != InterviewState.COMPLETED:
                raise _no_report(interview, None)
            return await feedbacks.details(session, await feedbacks.of(session, interview))

    async def generate(self, payload: Mapping[str, str]) -> None:
        """Does the job of `complete`: grades what waits for its grade and makes the report, once.

        Raises what stood in the way, for another attempt.
        """
        user_id, interview_id = UUID(payload["user_id"]), UUID(payload["interview_id"])
        try:
            await self._finish(user_id, interview_id, None, admit=_is_completed)
        except AppError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise

    async def give_up(self, payload: Mapping[str, str], reason: str) -> None:
        """Records that the job of `complete` came to nothing, and why."""
        async with self._database.transaction() as session:
            await feedbacks.fail(session, UUID(payload["interview_id"]), reason)

    async def result(self, user_id: UUID, interview_id: UUID) -> FinishedInterview:
        """The report of a completed interview. Raises NOT_FOUND, and CONFLICT before there is one.

        Words that are missing are asked for as `end` does, unless that was tried within the last minute or is being
        tried.
        """
        finished, tried_at = await self._stored(user_id, interview_id)
        if finished.report.words_missing and datetime.now(UTC) - tried_at > _PAUSE_FOR_WORDS:
            return await self._with_words(user_id, finished, patience_seconds=0)
        return finished

    async def _stored(self, user_id: UUID, interview_id: UUID) -> tuple[FinishedInterview, datetime]:
        """The stored report, and when it was last asked for."""
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id)
            stored = await session.get(StoredReport, interview_id)
            if stored is None:
                raise _no_report(interview, await session.scalar(feedbacks.status_of(interview_id)))
            report = REPORT.validate_python(stored.report, strict=False)
            return FinishedInterview(details(interview), report), interview.last_activity_at

    async def _end(self, user_id: UUID, interview_id: UUID, request: RequestKey | None) -> FinishedInterview:
        return await self._finish(user_id, interview_id, request, admit=_may_end)

    async def _finish(
        self, user_id: UUID, interview_id: UUID, request: RequestKey | None, *, admit: Callable[[Interview], bool]
    ) -> FinishedInterview:
        key = request.key if request else None
        gradable = True
        while True:
            interview, lease = await hold(
                self._database, user_id, interview_id, admit=admit, patience_seconds=self._patience
            )
            if lease is None:
                return await self._repeat(user_id, interview_id, request)
            try:
                async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id, key=key):
                    if interview.state == InterviewState.COMPLETED and await self._has_report(interview_id):
                        return await self._let_go(interview, lease)
                    pending = await self._pending(interview) if gradable else None
                    if pending is None:
                        return await self._complete(interview, lease, request)
                    await self._answering.grade_pending(user_id, interview_id, lease, pending)
            except AppError as error:
                if error.reason != BUDGET_SPENT:
                    raise
                gradable = False

    async def _complete(self, interview: Interview, lease: UUID, request: RequestKey | None) -> FinishedInterview:
        report = await self._report(interview)
        async with self._database.transaction() as session:
            row = await _still_held(session, interview, lease)
            row.last_activity_at = datetime.now(UTC)
            row.state = InterviewState.COMPLETED.value
            row.completed_at = row.completed_at or row.last_activity_at
            row.lease_token = row.lease_until = row.current_question_id = None
            await close_rounds(session, row.id, row.completed_at)
            row.overall_score = report.overall_score
            row.rubric_major = report.provenance.rubric_major if report.provenance else None
            session.add(
                StoredReport(interview_id=row.id, user_id=row.user_id, report=REPORT.dump_python(report, mode="json"))
            )
            await feedbacks.finish(session, row)
            finished = FinishedInterview(details(row), report)
            await self._save(session, row.user_id, request, finished)
        return finished

    async def _has_report(self, interview_id: UUID) -> bool:
        async with self._database.transaction() as session:
            return await session.get(StoredReport, interview_id) is not None

    async def _let_go(self, interview: Interview, lease: UUID) -> FinishedInterview:
        async with self._database.transaction() as session:
            row = await _still_held(session, interview, lease)
            row.lease_token = row.lease_until = None
        return (await self._stored(interview.user_id, interview.id))[0]

    async def _repeat(self, user_id: UUID, interview_id: UUID, request: RequestKey | None) -> FinishedInterview:
        if not await self._has_report(interview_id):
            return await self._finish(user_id, interview_id, request, admit=_is_completed)
        finished, _ = await self._stored(user_id, interview_id)
        if finished.report.words_missing:
            finished = await self._with_words(user_id, finished, patience_seconds=self._patience)
        async with self._database.transaction() as session:
            await self._save(session, user_id, request, finished)
        return finished

    async def _with_words(
        self, user_id: UUID, finished: FinishedInterview, *, patience_seconds: float
    ) -> FinishedInterview:
        """The interview with the words of its report, or as it is while they cannot be had. Raises NOT_FOUND."""
        interview_id = finished.interview.id
        try:
            interview, lease = await hold(
                self._database, user_id, interview_id, admit=_is_completed, patience_seconds=patience_seconds
            )
            if lease is None:
                return finished
            async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id):
                return await self._add_words(interview, lease)
        except AppError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                raise
            _log.warning("report_words_still_missing", interview=str(interview_id), reason=error.reason)
        except Exception:  # noqa: BLE001 - the report stands without its words, whatever went wrong with them
            _log.exception("report_words_still_missing", interview=str(interview_id), reason="defect")
        return finished

    async def _add_words(self, interview: Interview, lease: UUID) -> FinishedInterview:
        finished, _ = await self._stored(interview.user_id, interview.id)
        worded = await self._report(interview) if finished.report.words_missing else None
        if worded is not None and not worded.words_missing:
            finished = replace(finished, report=finished.report.with_words_of(worded))
        async with self._database.transaction() as session:
            row = await _still_held(session, interview, lease)
            row.lease_token = row.lease_until = None
            row.last_activity_at = datetime.now(UTC)
            stored = await session.get_one(StoredReport, interview.id)
            stored.report = REPORT.dump_python(finished.report, mode="json")
        return finished

    async def _report(self, interview: Interview) -> Report:
        answered = await self._answered(interview)
        if not answered:
            return unanswered_report(await self._asked(interview))
        report = await self._engine.report(context(interview), [one.turn for one in answered])
        by_key = {one.turn.question.key: one for one in answered}
        reviews = tuple(
            replace(
                one,
                question_id=by_key[one.question_key].question_id,
                seconds_taken=by_key[one.question_key].seconds_taken,
                late=by_key[one.question_key].late,
            )
            if one.question_key in by_key
            else one
            for one in report.question_reviews
        )
        return replace(report, question_reviews=reviews)

    async def _save(
        self, session: AsyncSession, user_id: UUID, request: RequestKey | None, finished: FinishedInterview
    ) -> None:
        if request is not None:
            await self._idempotency.save(session, user_id, request, FINISHED.dump_json(finished))

    async def _pending(self, interview: Interview) -> UUID | None:
        async with self._database.transaction() as session:
            return await session.scalar(
                select(Answer.id).where(Answer.interview_id == interview.id, Answer.evaluation.is_(None))
            )

    async def _asked(self, interview: Interview) -> Sequence[Question]:
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(AskedQuestion).where(AskedQuestion.interview_id == interview.id).order_by(AskedQuestion.number)
            )
            return [engine_question(row) for row in rows]

    async def _answered(self, interview: Interview) -> Sequence["_Answered"]:
        """The questions with a graded answer, oldest first."""
        async with self._database.transaction() as session:
            rows = await session.execute(
                select(AskedQuestion, Answer)
                .join(Answer, Answer.question_id == AskedQuestion.id)
                .where(AskedQuestion.interview_id == interview.id, Answer.evaluation.is_not(None))
                .order_by(AskedQuestion.number)
            )
            return [_answered(question, answer) for question, answer in rows]


@dataclass(frozen=True, slots=True)
class _Answered:
    """A question with its graded answer."""

    question_id: UUID
    turn: Turn
    seconds_taken: float | None
    late: bool


def _answered(question: AskedQuestion, row: Answer) -> _Answered:
    given = given_answer(row, question.time_limit_seconds)
    turn = Turn(engine_question(question), given.content, given.evaluation)
    return _Answered(question.id, turn, given.seconds_taken, given.late)


def _may_end(interview: Interview) -> bool:
    if interview.state == InterviewState.COMPLETED:
        return False
    require_transition(InterviewState(interview.state), InterviewState.COMPLETED)
    return True


def _is_completed(interview: Interview) -> bool:
    return interview.state == InterviewState.COMPLETED


def _no_report(interview: Interview, status: str | None) -> AppError:
    """Why there is no report: the interview goes on, or the report is being made, or was given up."""
    if status == feedbacks.FeedbackStatus.GENERATING:
        message = "The report is being made. Ask again in a moment."
        return AppError(ErrorKind.CONFLICT, "report_generating", message, retry_after=2)
    if status == feedbacks.FeedbackStatus.FAILED:
        message = "The report could not be made. End the interview again to have it tried anew."
        return AppError(ErrorKind.CONFLICT, "report_failed", message)
    return AppError(
        ErrorKind.CONFLICT,
        "interview_not_completed",
        f"This interview is {interview.state}; only a completed one has a result.",
        details={"state": interview.state},
    )


async def _still_held(session: AsyncSession, interview: Interview, lease: UUID) -> Interview:
    """The locked interview. Raises CONFLICT when another request has taken over its lease."""
    row = await owned(session, interview.user_id, interview.id, lock=True)
    if row.lease_token != lease:
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_busy",
            "Another request has taken over this interview. Try again in a moment.",
            retry_after=1,
        )
    return row
