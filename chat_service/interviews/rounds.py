"""Rounds: the parts of an interview, held one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.client import BUDGET_SPENT
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.answering import Answering
from chat_service.interviews.holding import hold, owned
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import InterviewDetails, details
from chat_service.interviews.leases import Lease
from chat_service.interviews.question_sets import (
    PreparedSet,
    QuestionSets,
    SetQuestion,
    WantedSet,
    may_take_questions,
    questions_of,
)
from chat_service.interviews.resumption import not_in_progress
from chat_service.interviews.round_scores import close_round
from chat_service.interviews.round_types import QuestionCategory, RoundState, RoundType
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion, Interview, Round
from chat_service.storage.database import Database


@dataclass(slots=True)
class RoundDetails:
    """A round. `score` is 0 to 100, None until it is completed and when none of its answers has a score."""

    id: UUID
    interview_id: UUID
    number: int
    name: str
    type: RoundType
    description: str | None
    focus_areas: tuple[str, ...]
    duration_minutes: int | None
    question_count: int
    state: RoundState
    score: float | None
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(slots=True)
class StartedRound:
    """A round under way and its questions."""

    interview: InterviewDetails
    round: RoundDetails
    questions: tuple[SetQuestion, ...]


@dataclass(slots=True)
class CompletedRound:
    """A round that is over, and the one that can be started now."""

    round: RoundDetails
    next_round: RoundDetails | None


STARTED_ROUND = TypeAdapter(StartedRound)


class Rounds:
    """Holds interviews in rounds."""

    def __init__(
        self,
        database: Database,
        sets: QuestionSets,
        answering: Answering,
        idempotency: Idempotency,
        *,
        patience_seconds: float,
    ) -> None:
        self._database = database
        self._sets = sets
        self._answering = answering
        self._idempotency = idempotency
        self._patience = patience_seconds

    async def list(self, user_id: UUID, interview_id: UUID) -> tuple[RoundDetails, ...]:
        """The rounds of an interview in order; none when it is not held in rounds. Raises NOT_FOUND."""
        async with self._database.reading() as session:
            await owned(session, user_id, interview_id)
            return tuple(round_details(row) for row in await _rows(session, interview_id))

    async def find(self, user_id: UUID, round_id: UUID) -> RoundDetails:
        """A round of any of the user's interviews. Raises NOT_FOUND."""
        async with self._database.reading() as session:
            row = await session.scalar(select(Round).where(Round.id == round_id, Round.user_id == user_id))
            if row is None:
                raise not_found("round")
            return round_details(row)

    async def start(
        self,
        user_id: UUID,
        interview_id: UUID,
        round_id: UUID,
        *,
        follow_ups: bool = True,
        request: RequestKey | None = None,
    ) -> StartedRound:
        """Gives a round its questions; the first one starts the interview. Under way already, it gives them again.

        Raises NOT_FOUND, CONFLICT `round_out_of_order` while an earlier round is not completed, `round_completed`, or
        when the interview is over, UNAVAILABLE.
        """
        return await self._idempotency.run(
            user_id,
            request,
            STARTED_ROUND,
            lambda: self._start(user_id, interview_id, round_id, request, follow_ups=follow_ups),
        )

    async def _start(
        self, user_id: UUID, interview_id: UUID, round_id: UUID, request: RequestKey | None, *, follow_ups: bool
    ) -> StartedRound:
        interview, lease = await self._hold(user_id, interview_id, may_take_questions)
        key = request.key if request else None
        async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id, key=key) as held:
            row = await self._startable(interview_id, round_id)
            if row.state == RoundState.IN_PROGRESS:
                return await self._under_way(user_id, interview_id, round_id, held.token, request)
            wanted = WantedSet(
                count=row.question_count,
                categories=(QuestionCategory(row.type),),
                topics=tuple(row.focus_areas),
                follow_ups=follow_ups,
            )
            started: list[StartedRound] = []

            async def finish(session: AsyncSession, of: Interview, prepared: PreparedSet) -> None:
                begun = await session.get_one(Round, round_id)
                begun.state = RoundState.IN_PROGRESS.value
                begun.started_at = of.turn_began_at
                started.append(StartedRound(details(of), round_details(begun), prepared.questions))
                if request is not None:
                    await self._idempotency.save(session, user_id, request, STARTED_ROUND.dump_json(started[-1]))

            await self._sets.place(interview, lease, wanted, finish, round_id=round_id)
            return started[-1]

    async def complete(self, user_id: UUID, interview_id: UUID, round_id: UUID) -> CompletedRound:
        """Ends a round and computes its score; one that is over already gives it again.

        Accepted answers that wait for their grade are graded first. The interview goes on until it is ended, even after
        its last round. Raises NOT_FOUND, CONFLICT `round_not_started`, UNAVAILABLE.
        """
        gradable = True
        while True:
            completed = await self._completed(user_id, interview_id, round_id)
            if completed is not None:
                return completed
            try:
                _, lease = await self._hold(user_id, interview_id, _in_progress)
            except AppError as error:
                # An interview that has ended meanwhile has completed the round that was under way.
                if error.reason == "interview_not_in_progress":
                    completed = await self._completed(user_id, interview_id, round_id)
                if completed is None:
                    raise
                return completed
            try:
                async with Lease(self._database, interview_id=interview_id, token=lease, user_id=user_id):
                    pending = await self._pending(interview_id, round_id) if gradable else None
                    if pending is None:
                        return await self._close(user_id, interview_id, round_id, lease)
                    await self._answering.grade_pending(user_id, interview_id, lease, pending)
            except AppError as error:
                if error.reason != BUDGET_SPENT:
                    raise
                gradable = False

    async def _hold(
        self, user_id: UUID, interview_id: UUID, admit: Callable[[Interview], bool]
    ) -> tuple[Interview, UUID]:
        interview, lease = await hold(
            self._database, user_id, interview_id, admit=admit, patience_seconds=self._patience
        )
        if lease is None:
            raise RuntimeError("an interview that was admitted was not held")
        return interview, lease

    async def _startable(self, interview_id: UUID, round_id: UUID) -> Round:
        async with self._database.transaction() as session:
            rows = await _rows(session, interview_id)
        row = _named(rows, round_id)
        if row.state in {RoundState.COMPLETED, RoundState.SKIPPED}:
            raise AppError(ErrorKind.CONFLICT, "round_completed", "This round is over.")
        earlier = next((one for one in rows if one.number < row.number and one.state != RoundState.COMPLETED), None)
        if earlier is not None:
            raise AppError(
                ErrorKind.CONFLICT,
                "round_out_of_order",
                f"Rounds are held in order: complete round {earlier.number} ({earlier.name}) first.",
                details={"round_id": str(earlier.id)},
            )
        return row

    async def _under_way(
        self, user_id: UUID, interview_id: UUID, round_id: UUID, lease: UUID, request: RequestKey | None
    ) -> StartedRound:
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            if interview.lease_token == lease:
                interview.lease_token = interview.lease_until = None
            questions = [
                one for one in await questions_of(session, interview_id) if one.turn.question.round_id == round_id
            ]
            row = await session.get_one(Round, round_id)
            started = StartedRound(details(interview), round_details(row), tuple(questions))
            if request is not None:
                await self._idempotency.save(session, user_id, request, STARTED_ROUND.dump_json(started))
        return started

    async def _completed(self, user_id: UUID, interview_id: UUID, round_id: UUID) -> CompletedRound | None:
        async with self._database.reading() as session:
            await owned(session, user_id, interview_id)
            rows = await _rows(session, interview_id)
        row = _named(rows, round_id)
        if row.state in {RoundState.PENDING, RoundState.SKIPPED}:
            raise AppError(ErrorKind.CONFLICT, "round_not_started", "This round was not started.")
        return _outcome(rows, row) if row.state == RoundState.COMPLETED else None

    async def _close(self, user_id: UUID, interview_id: UUID, round_id: UUID, lease: UUID) -> CompletedRound:
        async with self._database.transaction() as session:
            interview = await owned(session, user_id, interview_id, lock=True)
            if interview.lease_token != lease:
                raise AppError(
                    ErrorKind.CONFLICT,
                    "interview_busy",
                    "Another request has taken over this interview. Try again in a moment.",
                    retry_after=1,
                )
            now = datetime.now(UTC)
            rows = await _rows(session, interview_id)
            row = _named(rows, round_id)
            if row.state == RoundState.IN_PROGRESS:
                await close_round(session, row, now)
            interview.lease_token = interview.lease_until = interview.current_question_id = None
            interview.last_activity_at = now
            return _outcome(rows, row)

    async def _pending(self, interview_id: UUID, round_id: UUID) -> UUID | None:
        async with self._database.transaction() as session:
            return await session.scalar(
                select(Answer.id)
                .join(AskedQuestion, AskedQuestion.id == Answer.question_id)
                .where(Answer.interview_id == interview_id, Answer.evaluated_at.is_(None))
                .where(AskedQuestion.round_id == round_id)
                .order_by(AskedQuestion.number)
                .limit(1)
            )


def round_details(row: Round) -> RoundDetails:
    """The round of a row."""
    return RoundDetails(
        id=row.id,
        interview_id=row.interview_id,
        number=row.number,
        name=row.name,
        type=RoundType(row.type),
        description=row.description,
        focus_areas=tuple(row.focus_areas),
        duration_minutes=row.duration_minutes,
        question_count=row.question_count,
        state=RoundState(row.state),
        score=row.score,
        started_at=row.started_at,
        completed_at=row.completed_at,
    )


async def _rows(session: AsyncSession, interview_id: UUID) -> list[Round]:
    return [*await session.scalars(select(Round).where(Round.interview_id == interview_id).order_by(Round.number))]


def _named(rows: list[Round], round_id: UUID) -> Round:
    for row in rows:
        if row.id == round_id:
            return row
    raise not_found("round")


def _outcome(rows: list[Round], row: Round) -> CompletedRound:
    # One that has begun since counts: whoever asks again did not get the reply that named it.
    following = next(
        (one for one in rows if one.number > row.number and one.state in {RoundState.PENDING, RoundState.IN_PROGRESS}),
        None,
    )
    return CompletedRound(round_details(row), round_details(following) if following else None)


def _in_progress(interview: Interview) -> bool:
    if interview.state != InterviewState.IN_PROGRESS:
        raise not_in_progress(interview)
    return True
