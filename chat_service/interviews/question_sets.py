"""Question sets: questions chosen up front, which can be answered in any order."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.accounts.credits import require_credit
from chat_service.engine.client import InterviewEngine, QuestionsExhaustedError
from chat_service.engine.models import (
    Difficulty,
    Domain,
    ExpectedPoint,
    History,
    InterviewContext,
    PastTurn,
    Question,
)
from chat_service.errors import AppError, ErrorKind, invalid, not_found
from chat_service.interviews import history as histories
from chat_service.interviews.asking import ASKED_AS_NEW, MAX_CHOICES, NextQuestion
from chat_service.interviews.claims import MAX_QUESTIONS
from chat_service.interviews.holding import hold, owned
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import (
    InterviewDetails,
    TranscriptTurn,
    context,
    details,
    expected_points,
    posed_rows,
    transcript_turn,
)
from chat_service.interviews.leases import Lease
from chat_service.interviews.lifecycle import begin
from chat_service.interviews.resumption import not_in_progress
from chat_service.interviews.round_types import QuestionCategory, domain_of, is_technical
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview, Round
from chat_service.storage.database import Database

MAX_SET = 20
# A role's questions are a mix of which a part is about behaviour; so many of those are passed over for one on skill.
_MOST_PASSED_OVER = 4
_MANAGER = "Engineering manager"


class QuestionStatus(StrEnum):
    """Where a question stands: open, pending (its answer waits for a grade), answered, or closed without an answer."""

    OPEN = "open"
    PENDING = "pending"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WantedSet:
    """What questions are wanted: `count` (1 to 20) of them, in turn of each category.

    What is left out is as in the interview: its domain, skills, focus areas and difficulty. With `follow_ups` an
    answer that misses a point adds a question that probes it, at most two for each main question.
    """

    count: int
    categories: Sequence[QuestionCategory] = ()
    skills: Sequence[str] = ()
    topics: Sequence[str] = ()
    difficulty: Difficulty | None = None
    follow_ups: bool = False


@dataclass(slots=True)
class SetQuestion:
    """A question of an interview with its answer.

    `expected_points` and `reference_answer` are what a full answer says, even before there is an answer: a door that
    does not publish them takes those of `turn`, which has them once there is a grade.
    """

    turn: TranscriptTurn
    status: QuestionStatus
    expected_points: tuple[ExpectedPoint, ...]
    reference_answer: str


@dataclass(slots=True)
class PreparedSet:
    """An interview in progress, and the questions that were just added to it."""

    interview: InterviewDetails
    questions: tuple[SetQuestion, ...]


PREPARED = TypeAdapter(PreparedSet)


class QuestionSets:
    """Prepares questions, and gives those of an interview."""

    def __init__(
        self, database: Database, engine: InterviewEngine, idempotency: Idempotency, *, patience_seconds: float
    ) -> None:
        self._database = database
        self._engine = engine
        self._idempotency = idempotency
        self._patience = patience_seconds

    async def prepare(
        self, user_id: UUID, interview_id: UUID, wanted: WantedSet, *, request: RequestKey | None = None
    ) -> PreparedSet:
        """Adds a set to an interview in progress, or starts a draft or scheduled one with it.

        From then on the interview asks nothing by itself. Raises NOT_FOUND, INVALID for a set that is too large,
        CONFLICT for an interview that is over or held in rounds, UNAVAILABLE.
        """
        return await self._idempotency.run(
            user_id, request, PREPARED, lambda: self._prepare(user_id, interview_id, wanted, request)
        )

    async def _prepare(
        self, user_id: UUID, interview_id: UUID, wanted: WantedSet, request: RequestKey | None
    ) -> PreparedSet:
        interview, lease = await hold(
            self._database, user_id, interview_id, admit=may_take_questions, patience_seconds=self._patience
        )
        if lease is None:
            raise RuntimeError("an interview that may take questions was not held")
        key = request.key if request else None
        async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id, key=key):
            if await self._has_rounds(interview_id):
                raise AppError(
                    ErrorKind.CONFLICT,
                    "interview_has_rounds",
                    "This interview is held in rounds; each brings its questions when it is started.",
                )

            async def finish(session: AsyncSession, row: Interview, prepared: PreparedSet) -> None:
                row.question_limit = row.questions_asked
                prepared.interview = details(row)
                if request is not None:
                    await self._idempotency.save(session, user_id, request, PREPARED.dump_json(prepared))

            return await self.place(interview, lease, wanted, finish)

    async def place(
        self,
        interview: Interview,
        lease: UUID,
        wanted: WantedSet,
        finish: Callable[[AsyncSession, Interview, PreparedSet], Awaitable[None]],
        *,
        round_id: UUID | None = None,
    ) -> PreparedSet:
        """Chooses the questions and records them, under the caller's lease, which that ends.

        `finish` does the rest in the same transaction. Raises as `prepare` does.
        """
        if not 1 <= wanted.count <= MAX_SET:
            raise invalid("count", f"must be from 1 to {MAX_SET}")
        if interview.questions_asked + wanted.count > MAX_QUESTIONS:
            raise invalid(
                "count",
                f"would bring the interview to {interview.questions_asked + wanted.count} questions; it takes at most "
                f"{MAX_QUESTIONS}",
            )
        if interview.state != InterviewState.IN_PROGRESS:
            await require_credit(self._database, interview.user_id)
        for _ in range(MAX_CHOICES):
            chosen = await self._choose(interview, wanted, round_id)
            try:
                return await self._record(interview, lease, chosen, wanted, finish)
            except IntegrityError as error:
                if ASKED_AS_NEW not in str(error.orig):
                    raise
        raise AppError(
            ErrorKind.CONFLICT,
            "interview_busy",
            "Other interviews of yours keep taking the questions meant for this one. Try again in a moment.",
            retry_after=1,
        )

    async def _choose(self, interview: Interview, wanted: WantedSet, round_id: UUID | None) -> list[NextQuestion]:
        history = await histories.load(
            self._database, interview_id=interview.id, current=None, user_id=interview.user_id, domain=Domain.ROLE
        )
        # Without its grade the last answer asks for no follow-up: a set opens subjects.
        turns = [*history.turns[:-1], *(_ungraded(one) for one in history.turns[-1:])]
        placed = list(history.seen_keys)
        chosen: list[NextQuestion] = []
        while len(chosen) < wanted.count:
            category = wanted.categories[len(chosen) % len(wanted.categories)] if wanted.categories else None
            question = await self._next(_context(interview, wanted, category), category, turns, placed, history)
            chosen.append(
                NextQuestion.place(
                    question,
                    number=interview.questions_asked + len(chosen) + 1,
                    history=History((), placed),
                    asked={},
                    category=category.value if category else None,
                    round_id=round_id,
                )
            )
            placed.append(question.key)
        return chosen

    async def _next(
        self,
        told: InterviewContext,
        category: QuestionCategory | None,
        turns: list[PastTurn],
        placed: Sequence[str],
        history: History,
    ) -> Question:
        passed_over: list[str] = []
        while True:
            try:
                question = await self._engine.next_question(
                    told, History(turns, [*placed, *passed_over], history.seen_texts)
                )
            except QuestionsExhaustedError:
                raise AppError(
                    ErrorKind.CONFLICT, "questions_exhausted", "There are not enough questions for such a set."
                ) from None
            turns.append(_past(question))
            off = category is QuestionCategory.TECHNICAL and not is_technical(question.domain)
            if not off or len(passed_over) == _MOST_PASSED_OVER:
                return question
            passed_over.append(question.key)

    async def _record(
        self,
        interview: Interview,
        lease: UUID,
        chosen: Sequence[NextQuestion],
        wanted: WantedSet,
        finish: Callable[[AsyncSession, Interview, PreparedSet], Awaitable[None]],
    ) -> PreparedSet:
        async with self._database.transaction() as session:
            row = await owned(session, interview.user_id, interview.id, lock=True)
            if row.lease_token != lease:
                raise AppError(
                    ErrorKind.CONFLICT,
                    "interview_busy",
                    "Another request has taken over this interview. Try again in a moment.",
                    retry_after=1,
                )
            now = datetime.now(UTC)
            await begin(session, row, now)
            row.lease_token = row.lease_until = None
            row.prepared, row.follow_ups = True, wanted.follow_ups
            row.current_question_id = row.current_question_id or chosen[0].id
            row.questions_asked += len(chosen)
            row.last_activity_at = row.turn_began_at = now
            rows = [one.row(user_id=row.user_id, interview_id=row.id) for one in chosen]
            session.add_all(rows)
            await session.flush()
            prepared = PreparedSet(details(row), set_questions([(one, None) for one in rows]))
            await finish(session, row, prepared)
        return prepared

    async def _has_rounds(self, interview_id: UUID) -> bool:
        async with self._database.transaction() as session:
            return await session.scalar(select(Round.id).where(Round.interview_id == interview_id).limit(1)) is not None

    async def questions(self, user_id: UUID, interview_id: UUID) -> tuple[SetQuestion, ...]:
        """The questions of an interview in order, whether prepared or asked one by one. Raises NOT_FOUND."""
        async with self._database.reading() as session:
            await owned(session, user_id, interview_id)
            return await questions_of(session, interview_id)

    async def question(self, user_id: UUID, interview_id: UUID, question_id: UUID) -> SetQuestion:
        """One question of an interview. Raises NOT_FOUND for the interview, and for the question."""
        for one in await self.questions(user_id, interview_id):
            if one.turn.question.id == question_id:
                return one
        raise not_found("question")


async def questions_of(session: AsyncSession, interview_id: UUID) -> tuple[SetQuestion, ...]:
    """The questions of an interview, in order, within the caller's transaction."""
    rows = await session.execute(
        select(AskedQuestion, Answer)
        .outerjoin(Answer, Answer.question_id == AskedQuestion.id)
        .where(AskedQuestion.interview_id == interview_id)
        .order_by(AskedQuestion.number)
    )
    return set_questions([(question, answer) for question, answer in rows])


def set_questions(rows: Sequence[tuple[AskedQuestion, Answer | None]]) -> tuple[SetQuestion, ...]:
    """The questions of rows, which are all of one interview or all new."""
    shown = posed_rows([question for question, _ in rows])
    return tuple(
        SetQuestion(
            turn=transcript_turn(question, posed, answer),
            status=_status(question, answer),
            expected_points=expected_points(question.points),
            reference_answer=question.reference_answer,
        )
        for (question, answer), posed in zip(rows, shown, strict=True)
    )


def may_take_questions(interview: Interview) -> bool:
    """Whether an interview can get more questions. Raises CONFLICT."""
    if interview.state not in {InterviewState.DRAFT, InterviewState.SCHEDULED, InterviewState.IN_PROGRESS}:
        raise not_in_progress(interview)
    return True


def _status(question: AskedQuestion, answer: Answer | None) -> QuestionStatus:
    if answer is not None:
        return QuestionStatus.PENDING if answer.evaluation is None else QuestionStatus.ANSWERED
    return QuestionStatus.CLOSED if question.closed else QuestionStatus.OPEN


def _context(interview: Interview, wanted: WantedSet, category: QuestionCategory | None) -> InterviewContext:
    told = context(interview)
    told.question_limit = min(interview.questions_asked + wanted.count, MAX_QUESTIONS)
    if category is not None:
        told.domain = domain_of(category, told.domain)
    if wanted.difficulty is not None:
        told.difficulty = wanted.difficulty
    told.skills = wanted.skills or told.skills
    told.focus_areas = wanted.topics or told.focus_areas
    if category is QuestionCategory.MANAGERIAL:
        told.job_role, told.skills = _MANAGER, ()
    return told


def _past(question: Question) -> PastTurn:
    """A question that has no answer yet, as the choice of the next one reads it."""
    return PastTurn(
        key=question.key,
        text=question.text,
        kind=question.kind,
        parent_key=question.parent_key,
        probed_point_id=question.probed_point_id,
        domain=question.domain,
        difficulty=question.difficulty,
        topic=question.topic,
        topic_title=question.topic_title,
        status=None,
        score=None,
        declined=False,
        points={},
    )


def _ungraded(turn: PastTurn) -> PastTurn:
    return replace(turn, status=None, score=None, declined=False, points={})
