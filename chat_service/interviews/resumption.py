"""An answer that could not simply be accepted: go on with it, repeat its reply, or say what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.models import QuestionKind, SpokenTiming
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.holding import owned
from chat_service.interviews.interview import (
    AnsweredTurn,
    PosedQuestion,
    posed_rows,
    progress,
    stored_timing,
    transcript_turn,
)
from chat_service.interviews.leases import LEASE_SECONDS
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview
from chat_service.storage.database import Database


@dataclass(frozen=True, slots=True)
class Resend:
    """A text that was sent: `question_id` when the client named a question, `digest` as `interviews` keeps it."""

    content: str
    question_id: UUID | None
    digest: bytes | None
    time_spent_seconds: int | None = None
    spoken: SpokenTiming | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """An accepted answer whose grading the caller has taken over."""

    lease: UUID
    answer_id: UUID


class Resumption:
    """Decides, with the interview locked, what a resent or misplaced answer means."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def resume(
        self, user_id: UUID, interview_id: UUID, resend: Resend, *, may_wait: bool = False
    ) -> Resumed | AnsweredTurn | None:
        """The pending answer to go on with, or the reply that the same answer has had.

        None, if the caller may wait, while an answer to another question of the same set is being graded. Raises
        NOT_FOUND or CONFLICT; a conflict's details hold the current question, if there is one.
        """
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            questions = list(
                await session.scalars(
                    select(AskedQuestion)
                    .where(AskedQuestion.interview_id == interview_id)
                    .order_by(AskedQuestion.number)
                )
            )
            now = await session.scalar(select(func.now()))
            if now is None:
                raise RuntimeError("the database has no clock")
            return await self._decide(session, interview, questions, now, resend, may_wait=may_wait)

    async def _decide(
        self,
        session: AsyncSession,
        interview: Interview,
        questions: list[AskedQuestion],
        now: datetime,
        resend: Resend,
        *,
        may_wait: bool,
    ) -> Resumed | AnsweredTurn | None:
        earlier = await self._repeated(session, interview, questions, resend)
        if earlier is not None:
            return earlier
        if interview.state != InterviewState.IN_PROGRESS:
            raise not_in_progress(interview)
        meant = _meant(interview, questions, resend)
        pending = await session.scalar(select(Answer).where(Answer.question_id == meant.id))
        if interview.lease_until is not None and interview.lease_until > now:
            if interview.prepared and pending is None and may_wait:
                return None
            raise _conflict(
                "answer_in_flight",
                "An answer to this question is being graded. Send it again in a moment to see its grade.",
                _current(interview, questions),
                retry_after=(interview.lease_until - now).total_seconds(),
            )
        if pending is not None and pending.content != resend.content:
            raise _conflict(
                "answer_pending",
                "A different answer to this question was accepted and waits to be graded. Send that text again.",
                _current(interview, questions),
            )
        if pending is None:
            pending = Answer(
                user_id=interview.user_id,
                interview_id=interview.id,
                question_id=meant.id,
                content=resend.content,
                time_spent_seconds=resend.time_spent_seconds,
                spoken=stored_timing(resend.spoken),
                shown_at=max(filter(None, (meant.asked_at, interview.turn_began_at))),
            )
            session.add(pending)
            await session.flush()
        interview.lease_token = uuid4()
        interview.lease_until = now + timedelta(seconds=LEASE_SECONDS)
        interview.last_activity_at = now
        return Resumed(interview.lease_token, pending.id)

    async def _repeated(
        self,
        session: AsyncSession,
        interview: Interview,
        questions: list[AskedQuestion],
        resend: Resend,
    ) -> AnsweredTurn | None:
        """The reply of an answer that is sent again after it was recorded."""
        wanted = select(Answer).where(Answer.interview_id == interview.id, Answer.evaluated_at.is_not(None))
        if resend.question_id is not None and resend.question_id != interview.current_question_id:
            wanted = wanted.where(Answer.question_id == resend.question_id)
        elif resend.question_id is not None or resend.digest is None or interview.last_answer_digest != resend.digest:
            return None
        answer = await session.scalar(wanted.order_by(Answer.evaluated_at.desc()).limit(1))
        answered = next((one for one in questions if answer is not None and one.id == answer.question_id), None)
        if answer is None or answered is None:
            return None
        if answer.content != resend.content:
            raise _conflict(
                "question_answered",
                "That question has an answer already; each question takes one.",
                _current(interview, questions),
            )
        return recorded_turn(interview, questions, answered, answer)


def not_in_progress(interview: Interview) -> AppError:
    """The interview's state does not admit what was asked."""
    hints = {
        InterviewState.DRAFT: "Start it first.",
        InterviewState.SCHEDULED: "Start it first.",
        InterviewState.COMPLETED: "It is finished; its result can be read.",
        InterviewState.CANCELLED: "Create a new one.",
    }
    state = InterviewState(interview.state)
    return AppError(
        ErrorKind.CONFLICT,
        "interview_not_in_progress",
        f"This interview is {state.value}. {hints.get(state, '')}".strip(),
        details={"state": state.value},
    )


def nothing_to_answer(interview: Interview) -> AppError:
    """No question waits for an answer."""
    if interview.prepared and interview.questions_asked < interview.question_limit:
        return _conflict("round_not_started", "No round is under way. Start the next one to get its questions.", None)
    if interview.questions_asked >= interview.question_limit:
        return _conflict(
            "questions_finished", "All questions of this interview are answered. End it to get its report.", None
        )
    return _conflict("question_missing", "The next question is not there yet. Ask for it at /questions/next.", None)


def _conflict(
    reason: str, message: str, current: PosedQuestion | None, *, retry_after: float | None = None
) -> AppError:
    return AppError(ErrorKind.CONFLICT, reason, message, details={"current_question": current}, retry_after=retry_after)


def _current(interview: Interview, questions: list[AskedQuestion]) -> PosedQuestion | None:
    return next((one for one in posed_rows(questions) if one.id == interview.current_question_id), None)


def _meant(interview: Interview, questions: list[AskedQuestion], resend: Resend) -> AskedQuestion:
    """The question that the text answers. Raises CONFLICT when there is none, or it takes no answer now."""
    current = next((one for one in questions if one.id == interview.current_question_id), None)
    if resend.question_id is None or (current is not None and resend.question_id == current.id):
        if current is None:
            raise nothing_to_answer(interview)
        return current
    named = next((one for one in questions if one.id == resend.question_id), None)
    if interview.prepared and named is not None:
        if named.closed:
            raise _conflict("question_closed", "The round of that question is over.", _current(interview, questions))
        return named
    if current is None:
        raise nothing_to_answer(interview)
    raise _conflict("question_not_current", "That question is not the current one.", _current(interview, questions))


def recorded_turn(
    interview: Interview, questions: list[AskedQuestion], answered: AskedQuestion, answer: Answer
) -> AnsweredTurn:
    """The reply that the answer had, from what was recorded then; of a prepared set as it stands now."""
    shown = posed_rows(questions)
    following = next((one for one in shown if one.number == answered.number + 1), None)
    asked, recorded = answered.number + (following is not None), answered.number
    if interview.prepared:
        following = _current(interview, questions)
        asked, recorded = interview.questions_asked, interview.answers_recorded
        prompted = next((row.number for row in questions if row.prompted_by == answered.id), None)
        follow_up = None if prompted is None else shown[prompted - 1]
    else:
        follow_up = following if following and following.kind is QuestionKind.FOLLOW_UP else None
    told = progress(state=InterviewState.IN_PROGRESS, asked=asked, recorded=recorded, limit=interview.question_limit)
    told.open_questions -= sum(row.closed for row in questions)
    return AnsweredTurn(
        interview_id=interview.id,
        turn=transcript_turn(answered, shown[answered.number - 1], answer),
        next_question=following,
        follow_up=follow_up,
        progress=told,
    )
