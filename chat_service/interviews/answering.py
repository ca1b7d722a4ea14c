"""Answering: claim, engine, record.

An answer is accepted in one transaction, graded with none open, and recorded in another. Whatever dies in between, the
accepted answer stays; sending it again takes the work up where it was left.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chat_service.engine.client import BUDGET_SPENT, InterviewEngine, QuestionsExhaustedError
from chat_service.engine.models import (
    EVALUATION,
    Domain,
    Evaluation,
    GradedTurn,
    History,
    Question,
    QuestionKind,
    SpokenTiming,
    Turn,
)
from chat_service.errors import AppError, ErrorKind, invalid, not_found
from chat_service.interviews import history as histories
from chat_service.interviews.answer_statements import CHOSEN_COLUMNS, CLAIM, LOAD, NEXT_OPEN, RECORD
from chat_service.interviews.asking import ASKED_AS_NEW, MAX_CHOICES, NextQuestion
from chat_service.interviews.claims import MAX_QUESTIONS, Claim, claim_of, question_of, reply_to
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.interviews.interview import ANSWERED, AnsweredTurn, posed, stored_timing, timing_of
from chat_service.interviews.leases import Lease
from chat_service.interviews.resumption import Resend, Resumption
from chat_service.storage.database import Database
from chat_service.storage.ids import new_id

MAX_ANSWER_CHARACTERS = 20_000

_POLL_SECONDS = 0.05

# A shorter text may well be the answer to two questions in a row ("I don't know"); a longer one is a resend.
_RESEND_MIN_CHARACTERS = 20


class Answering:
    """Takes answers."""

    def __init__(
        self,
        database: Database,
        engine: InterviewEngine,
        idempotency: Idempotency,
        *,
        patience_seconds: float = 0.0,
    ) -> None:
        """`patience_seconds` is how long an answer waits for the grading of another one in the same set."""
        self._database = database
        self._engine = engine
        self._idempotency = idempotency
        self._patience = patience_seconds
        self._resumption = Resumption(database)

    async def answer(
        self,
        user_id: UUID,
        interview_id: UUID,
        content: str,
        *,
        question_id: UUID | None = None,
        time_spent_seconds: int | None = None,
        spoken: SpokenTiming | None = None,
        request: RequestKey | None = None,
        accepted: Callable[[UUID], Awaitable[None]] | None = None,
    ) -> AnsweredTurn:
        """Grades the answer to the current question and asks the next one.

        `question_id` names the question that is meant and refuses the answer when it is not the current one; of a
        prepared interview any open question can be named, and the current one is the first of them. What the client
        tells of the time that he spent is kept and decides nothing. `spoken` is when the words of a spoken answer were
        said, whatever has been edited since; it is kept with the answer and never touches the score.
        `accepted` is called with the answer's id once it is kept, before it is graded.
        Raises INVALID for an unusable text, NOT_FOUND, CONFLICT (with the current question in its details) when
        there is nothing to answer, an answer is being graded or the interview's budget is spent, UNAVAILABLE when the
        engine does not answer: the answer is kept then, and the same text or the same key goes on with it.
        """
        require_answer(content)
        return await self._idempotency.run(
            user_id,
            request,
            ANSWERED,
            lambda: self._take(
                user_id, interview_id, _Sent(content, question_id, time_spent_seconds, spoken), request, accepted
            ),
        )

    async def _take(
        self,
        user_id: UUID,
        interview_id: UUID,
        sent: "_Sent",
        request: RequestKey | None,
        accepted: Callable[[UUID], Awaitable[None]] | None,
    ) -> AnsweredTurn:
        give_up = time.monotonic() + self._patience
        while True:
            claim = await self._claim(user_id, interview_id, sent)
            if claim is not None:
                break
            resumed = await self._resumption.resume(
                user_id,
                interview_id,
                Resend(sent.content, sent.question_id, digest(sent.content), sent.time_spent_seconds, sent.spoken),
                may_wait=time.monotonic() < give_up,
            )
            if isinstance(resumed, AnsweredTurn):
                return resumed
            if resumed is not None:
                claim = await self._load(resumed.lease, user_id, interview_id, resumed.answer_id)
                break
            await asyncio.sleep(_POLL_SECONDS)
        if accepted is not None:
            await accepted(claim.answer_id)
        return await self._grade(claim, request, ask=True)

    async def _grade(self, claim: Claim, request: RequestKey | None, *, ask: bool) -> AnsweredTurn:
        async with Lease(
            self._database,
            interview_id=claim.interview_id,
            token=claim.lease,
            user_id=claim.user_id,
            key=request.key if request else None,
        ):
            if claim.prepared:
                return await self._grade_of_set(claim, request, follow_up=ask and claim.may_be_followed_up)
            last = not ask or claim.questions_asked >= claim.question_limit
            graded = await self._engine.evaluate(claim.context, _turn(claim), then_ask=None if last else claim.history)
            return await self._record(claim, graded, request, last=last)

    async def _grade_of_set(self, claim: Claim, request: RequestKey | None, *, follow_up: bool) -> AnsweredTurn:
        # Follow-ups come beside a set's questions, so they are no share of them.
        told = replace(claim.context, domain=claim.question.domain, question_limit=MAX_QUESTIONS)
        graded = await self._engine.evaluate(
            told,
            _turn(claim),
            then_ask=claim.history if follow_up else None,
            follow_up_only=True,
        )
        probe = graded.next_question
        if probe is not None and (probe.kind is not QuestionKind.FOLLOW_UP or probe.parent_key != claim.main_key):
            graded = replace(graded, next_question=None)
        return await self._record(claim, graded, request, last=True)

    async def grade_pending(self, user_id: UUID, interview_id: UUID, lease: UUID, answer_id: UUID) -> None:
        """Grades an accepted answer under a lease that the caller has taken, asks nothing, and ends the lease.

        Raises UNAVAILABLE, and CONFLICT `interview_budget_spent` when no waiting will get it graded.
        """
        await self._grade(await self._load(lease, user_id, interview_id, answer_id), None, ask=False)

    async def _claim(self, user_id: UUID, interview_id: UUID, sent: "_Sent") -> Claim | None:
        lease, answer_id = uuid4(), new_id()
        row = await self._database.fetch_row(
            CLAIM,
            interview_id,
            user_id,
            lease,
            answer_id,
            digest(sent.content),
            sent.question_id,
            sent.content,
            sent.time_spent_seconds,
            stored_timing(sent.spoken),
        )
        if row is None:
            return None
        if row["key"] is None:
            return await self._load(lease, user_id, interview_id, answer_id)
        return claim_of(
            row, user_id=user_id, lease=lease, answer_id=answer_id, content=sent.content, spoken=sent.spoken
        )

    async def _load(self, lease: UUID, user_id: UUID, interview_id: UUID, answer_id: UUID) -> Claim:
        row = await self._database.fetch_row(LOAD, interview_id, user_id, answer_id)
        if row is None:
            raise not_found("interview")
        return claim_of(
            row,
            user_id=user_id,
            lease=lease,
            answer_id=answer_id,
            content=row["content"],
            spoken=timing_of(row["spoken"]),
        )

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
                chosen = NextQuestion.place(
                    following,
                    number=claim.questions_asked + 1,
                    history=history,
                    asked=claim.asked,
                    category=claim.category,
                    round_id=claim.round_id,
                    prompted_by=claim.question_id if claim.prepared else None,
                )
            try:
                return await self._write(claim, evaluation, chosen, request, limit=limit)
            except asyncpg.UniqueViolationError as error:
                if error.constraint_name != ASKED_AS_NEW:
                    raise
            # Another interview of the same candidate has asked it meanwhile: choose anew, knowing that. A follow-up of
            # a set has no other in its place and is asked once more.
            following = following if claim.prepared else None
            history = await histories.load(
                self._database,
                interview_id=claim.interview_id,
                current=claim.question_id,
                user_id=claim.user_id,
                domain=Domain.ROLE if claim.prepared else claim.context.domain,
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
        if claim.prepared:
            limit += chosen is not None
        reply = reply_to(claim, evaluation, chosen, limit=limit)
        if claim.prepared:
            await self._tell_of_open(claim, reply)
        columns: Sequence[Any] = (None,) * len(CHOSEN_COLUMNS)
        if chosen is not None:
            placed = chosen.columns(user_id=claim.user_id, interview_id=claim.interview_id)
            columns = [placed[name] for name in CHOSEN_COLUMNS]
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
            if await self._database.fetch_row(LOAD, claim.interview_id, claim.user_id, claim.answer_id) is None:
                raise not_found("interview")
            raise AppError(
                ErrorKind.CONFLICT,
                "answer_in_flight",
                "This answer is being graded by another request. Send it again in a moment to see its grade.",
                retry_after=1,
            )
        return reply

    async def _tell_of_open(self, claim: Claim, reply: AnsweredTurn) -> None:
        """Puts into the reply which questions of the set are open beside the one that is answered."""
        row = await self._database.fetch_row(NEXT_OPEN, claim.interview_id, claim.question_id)
        reply.progress.open_questions = int(reply.follow_up is not None) + (row["open_questions"] if row else 0)
        if row is None:
            return
        reply.next_question = posed(
            question_of(row, domain=row["domain"], difficulty=row["difficulty"]),
            question_id=row["id"],
            number=row["number"],
            asked_at=row["asked_at"],
            main=row["main"],
            category=row["category"],
            round_id=row["round_id"],
        )


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a candidate sent."""

    content: str
    question_id: UUID | None
    time_spent_seconds: int | None
    spoken: SpokenTiming | None


def _turn(claim: Claim) -> Turn:
    return Turn(claim.question, claim.content, spoken=claim.spoken)


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
