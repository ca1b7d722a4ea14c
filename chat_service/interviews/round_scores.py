"""Closing rounds: the score of each, and the end of its open questions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.models import EVALUATION, Evaluation, QuestionKind
from chat_service.interviews.facets import comparable
from chat_service.interviews.round_types import RoundState
from chat_service.interviews.tables import Answer, AskedQuestion, Round

# As in a report's overall score: a follow-up is a part of its question.
FOLLOW_UP_WEIGHT = 0.5


async def close_round(session: AsyncSession, row: Round, now: datetime) -> None:
    """Completes a round in the caller's transaction. Its questions without an answer take none any more."""
    row.state = RoundState.COMPLETED.value
    row.score = round_score(await _graded(session, row.id))
    row.completed_at = now
    answered = select(Answer.question_id).where(Answer.interview_id == row.interview_id)
    await session.execute(
        update(AskedQuestion)
        .where(AskedQuestion.interview_id == row.interview_id, AskedQuestion.round_id == row.id)
        .where(AskedQuestion.id.not_in(answered))
        .values(closed=True)
    )


async def close_rounds(session: AsyncSession, interview_id: UUID, now: datetime) -> None:
    """Completes the round under way, and skips those that were not started, when their interview ends."""
    for row in await session.scalars(select(Round).where(Round.interview_id == interview_id)):
        if row.state == RoundState.IN_PROGRESS:
            await close_round(session, row, now)
        elif row.state == RoundState.PENDING:
            row.state = RoundState.SKIPPED.value


def round_score(graded: Sequence[tuple[QuestionKind, Evaluation]]) -> float | None:
    """The mean score (one decimal) of a round's answers, in which a follow-up counts half; None without a score."""
    counted = {id(one) for one in comparable(evaluation for _, evaluation in graded)}
    weighted = [
        (FOLLOW_UP_WEIGHT if kind is QuestionKind.FOLLOW_UP else 1.0, evaluation.score)
        for kind, evaluation in graded
        if evaluation.score is not None and id(evaluation) in counted
    ]
    total = sum(weight for weight, _ in weighted)
    return round(sum(weight * score for weight, score in weighted) / total, 1) if total else None


async def _graded(session: AsyncSession, round_id: UUID) -> list[tuple[QuestionKind, Evaluation]]:
    rows = await session.execute(
        select(AskedQuestion.kind, Answer.evaluation)
        .join(Answer, Answer.question_id == AskedQuestion.id)
        .join(Round, Round.interview_id == AskedQuestion.interview_id)
        .where(Round.id == round_id, AskedQuestion.round_id == round_id, Answer.evaluation.is_not(None))
    )
    return [(QuestionKind(kind), EVALUATION.validate_python(one, strict=False)) for kind, one in rows]
