"""Answering: claim, engine, record.

An answer is accepted in one transaction, graded with none open, and recorded in another. Whatever dies in between, the
accepted answer stays; sending it again takes the work up where it was left.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chat_service.engine.client import BUDGET_SPENT, InterviewEngine, QuestionsExhaustedError
from chat_service.engine.models import (
    EVALUATION,
    Difficulty,
    Domain,
    Evaluation,
    GradedTurn,
    History,
    InterviewContext,
    Question,
    QuestionKind,
    QuestionSource,
    Turn,
)
from chat_service.errors import AppError, ErrorKind, invalid
from chat_service.interviews import history as histories
from chat_service.interviews.answer_statements import CLAIM, LOAD, RECORD
from chat_service.interviews.asking import ASKED_AS_NEW, MAX_CHOICES, NextQuestion
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import (
    ANSWERED,
    AnsweredTurn,
    GivenAnswer,
    TranscriptTurn,
    context,
    expected_points,
    posed,
    progress,
)
from chat_service.interviews.leases import Lease
from chat_service.interviews.resumption import Resend, Resumption
from chat_service.interviews.states import InterviewState
from chat_service.storage.database import Database
from chat_service.storage.ids import new_id

MAX_ANSWER_CHARACTERS = 20_000

# A shorter text may well be the answer to two questions in a row ("I don't know"); a longer one is a resend.
_RESEND_MIN_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """An accepted answer that is being graded, with all that grading it takes."""

    interview_id: UUID
    user_id: UUID
    lease: UUID
    answer_id: UUID
    content: str
    submitted_at: datetime
    context: InterviewContext
    question_id: UUID
    number: int
    asked_at: datetime
    question: Question
    history: History
    asked: Mapping[str, UUID]
    questions_asked: int
    answers_recorded: int
    question_limit: int


class Answering:
    """Takes answers."""

    def __init__(self, database: Database, engine: InterviewEngine, idempotency: Idempotency) -> None:
        self._database = database
        self._engine = engine
        self._idempotency = idempotency
        self._resumption = Resumption(database)

    async def answer(
        self,
        user_id: UUID,
        interview_id: UUID,
        content: str,
        *,
        question_id: UUID | None = None,
        request: RequestKey | None = None,
    ) -> AnsweredTurn:
        """Grades the answer to the current question and asks the next one.

        `question_id` names the question that is meant and refuses the answer when it is not the current one.
        Raises INVALID for an unusable text, NOT_FOUND, CONFLICT (with the current question in its details) when
        there is nothing to answer, an answer is being graded or the interview's budget is spent, UNAVAILABLE when the
        engine does not answer: the answer is kept then, and the same text or the same key goes on with it.
        """
        require_answer(content)
        return await self._idempotency.run(
            user_id, request, ANSWERED, lambda: self._take(user_id, interview_id, content, question_id, request)
        )

    async def _take(
        self, user_id: UUID, interview_id: UUID, content: str, question_id: UUID | None, request: RequestKey | None
    ) -> AnsweredTurn:
        claim = await self._claim(user_id, interview_id, content, question_id)
        if claim is None:
            resumed = await self._resumption.resume(
                user_id, interview_id, Resend(content, question_id, digest(content))
            )
            if isinstance(resumed, AnsweredTurn):
                return resumed
            claim = await self._load(resumed.lease, user_id, interview_id, resumed.answer_id)
        return await self._grade(claim, request, ask=True)

    async def _grade(self, claim: Claim, request: RequestKey | None, *, ask: bool) -> AnsweredTurn:
        async with Lease(
            self._database,
            interview_id=claim.interview_id,
            token=claim.lease,
            user_id=claim.user_id,
            key=request.key if request else None,
        ):
            last = not ask or claim.questions_asked >= claim.question_limit
            graded = await self._engine.evaluate(
                claim.context, Turn(claim.question, claim.content), then_ask=None if last else claim.history
            )
            return await self._record(claim, graded, request, last=last)

    async def grade_pending(self, user_id: UUID, interview_id: UUID, lease: UUID, answer_id: UUID) -> None:
        """Grades an accepted answer under a lease that the caller has taken, asks nothing, and ends the lease.

        Raises UNAVAILABLE, and CONFLICT `interview_budget_spent` when no waiting will get it graded.
        """
        await self._grade(await self._load(lease, user_id, interview_id, answer_id), None, ask=False)

    async def _claim(self, user_id: UUID, interview_id: UUID, content: str, question_id: UUID | None) -> Claim | None:
        lease, answer_id = uuid4(), new_id()
        row = await self._database.fetch_row(
            CLAIM, interview_id, user_id, lease, answer_id, digest(content), question_id, content
        )
        if row is None:
            return None
        if row["key"] is None:
            return await self._load(lease, user_id, interview_id, answer_id)
        return _claim(row, user_id=user_id, lease=lease, answer_id=answer_id, content=content)

    async def _load(self, lease: UUID, user_id: UUID, interview_id: UUID, answer_id: UUID) -> Claim:
        row = await self._database.fetch_row(LOAD, interview_id, user_id, answer_id)
        if row is None:
            raise RuntimeError("the claimed answer has vanished")
        return _claim(row, user_id=user_id, lease=lease, answer_id=answer_id, content=row["content"])

    async def _record(
        self, claim: Claim, graded: GradedTurn, request: RequestKey | None, *, last: bool
    ) -> AnsweredTurn:
        evaluation, following, limit = graded.evaluation, graded.next_question, claim.question_limit
        history = claim.history
        for _ in range(MAX_CHOICES):
            if following is None and not last:
                following, limit = await self._choose(claim, evaluation, history)
            chosen = None
            if following is not None:
                chosen = NextQuestion.place(following, number=claim.number + 1, history=history, asked=claim.asked)
            try:
                return await self._write(claim, evaluation, chosen, request, limit=limit)
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != ASKED_AS_NEW:
                    raise
            # Another interview of the same candidate has asked it meanwhile: choose anew, knowing that.
            following = None
            history = await histories.load(
                self._database,
                interview_id=claim.interview_id,
                current=claim.question_id,
                user_id=claim.user_id,
                domain=claim.context.domain,
            )
        return await self._write(claim, evaluation, None, request, limit=limit)

    async def _choose(self, claim: Claim, evaluation: Evaluation, history: History) -> tuple[Question | None, int]:
        """The next question and how many the interview will have; None when it has to be asked for later."""
        turns = [*history.turns, histories.past_turn(claim.question, evaluation)]
        try:
            return (
                await self._engine.next_question(claim.context, History(turns, history.seen_keys, history.seen_texts)),
                claim.question_limit,
            )
        except QuestionsExhaustedError:
            return None, claim.questions_asked
        except AppError as error:
            return None, claim.questions_asked if error.reason == BUDGET_SPENT else claim.question_limit

    async def _write(
        self,
        claim: Claim,
        evaluation: Evaluation,
        chosen: NextQuestion | None,
        request: RequestKey | None,
        *,
        limit: int,
    ) -> AnsweredTurn:
        reply = _reply(claim, evaluation, chosen, limit=limit)
        columns: Sequence[Any] = (None,) * 17
        if chosen is not None:
            placed = chosen.columns(user_id=claim.user_id, interview_id=claim.interview_id)
            columns = [placed[name] for name in _CHOSEN_COLUMNS]
        written = await self._database.fetch_row(
            RECORD,
            claim.interview_id,
            claim.user_id,
            claim.lease,
            claim.answer_id,
            evaluation.score,
            EVALUATION.dump_json(evaluation).decode(),
            {point.id: point.status.value for point in evaluation.points},
            digest(claim.content),
            limit,
            *columns,
            request.key if request else None,
            ANSWERED.dump_json(reply) if request else None,
        )
        if written is None:
            raise AppError(
                ErrorKind.CONFLICT,
                "answer_in_flight",
                "This answer is being graded by another request. Send it again in a moment to see its grade.",
                retry_after=1,
            )
        return reply


_CHOSEN_COLUMNS = (
    "id",
    "number",
    "key",
    "repeat",
    "text",
    "kind",
    "parent_key",
    "probed_point_id",
    "domain",
    "difficulty",
    "topic",
    "topic_title",
    "points",
    "reference_answer",
    "time_limit_seconds",
    "source",
    "asked_at",
)


def _claim(row: asyncpg.Record, *, user_id: UUID, lease: UUID, answer_id: UUID, content: str) -> Claim:
    question = Question(
        key=row["key"],
        text=row["text"],
        kind=QuestionKind(row["kind"]),
        parent_key=row["parent_key"],
        probed_point_id=row["probed_point_id"],
        domain=Domain(row["question_domain"]),
        difficulty=Difficulty(row["question_difficulty"]),
        topic=row["topic"],
        topic_title=row["topic_title"],
        points=expected_points(row["points"]),
        reference_answer=row["reference_answer"],
        time_limit_seconds=row["time_limit_seconds"],
        source=QuestionSource(row["source"]),
    )
    return Claim(
        interview_id=row["id"],
        user_id=user_id,
        lease=lease,
        answer_id=answer_id,
        content=content,
        submitted_at=row["submitted_at"],
        context=context(dict(row)),
        question_id=row["current_question_id"],
        number=row["number"],
        asked_at=row["asked_at"],
        question=question,
        history=histories.history(row["turns"], row["seen"], row["seen_texts"]),
        asked={**histories.question_ids(row["turns"]), question.key: row["current_question_id"]},
        questions_asked=row["questions_asked"],
        answers_recorded=row["answers_recorded"],
        question_limit=row["question_limit"],
    )


def _reply(claim: Claim, evaluation: Evaluation, chosen: NextQuestion | None, *, limit: int) -> AnsweredTurn:
    question = claim.question
    return AnsweredTurn(
        interview_id=claim.interview_id,
        turn=TranscriptTurn(
            question=posed(
                question,
                question_id=claim.question_id,
                number=claim.number,
                asked_at=claim.asked_at,
                main=claim.asked.get(question.parent_key),
            ),
            answer=GivenAnswer(claim.answer_id, claim.content, claim.submitted_at, datetime.now(UTC), evaluation),
            expected_points=question.points,
            reference_answer=question.reference_answer,
        ),
        next_question=chosen.shown if chosen else None,
        progress=progress(
            state=InterviewState.IN_PROGRESS,
            asked=claim.questions_asked + (chosen is not None),
            recorded=claim.answers_recorded + 1,
            limit=limit,
        ),
    )


def require_answer(content: str) -> None:
    """Raises INVALID for a text that cannot be an answer."""
    if not content.strip():
        raise invalid("content", "is empty; write an answer, or say that you want to skip the question")
    if len(content) > MAX_ANSWER_CHARACTERS:
        raise invalid("content", f"has {len(content)} characters; at most {MAX_ANSWER_CHARACTERS} are read")


def digest(content: str) -> bytes | None:
    """What a resent answer is recognised by; None for a text too short to be told from a new answer."""
    if len(content.strip()) < _RESEND_MIN_CHARACTERS:
        return None
    return hashlib.sha256(content.encode()).digest()
