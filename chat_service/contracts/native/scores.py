"""Weighted scores: shapes of the native API."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from chat_service.interviews.scoring import WEIGHTS, InterviewScores, WeightedScore


@dataclass(slots=True)
class QuestionScoreOut:
    """The score of one answer. `score` is the rubric's, which judges what was said."""

    question_id: UUID
    number: int
    score: float | None
    weighted: WeightedScore


@dataclass(slots=True)
class ScoresOut:
    """Scores out of how answers were said, beside the rubric's.

    `weights` are the shares of the parts, which add up to 1. `overall_score` is the rubric's, None before the end.
    """

    interview_id: UUID
    overall_score: float | None
    weights: Mapping[str, float]
    weighted: WeightedScore
    questions: tuple[QuestionScoreOut, ...]
    summary: str


def scores_out(scores: InterviewScores) -> ScoresOut:
    """The scores of an interview."""
    return ScoresOut(
        interview_id=scores.interview.id,
        overall_score=scores.interview.overall_score,
        weights=WEIGHTS,
        weighted=scores.weighted,
        questions=tuple(
            QuestionScoreOut(one.question.turn.question.id, one.question.turn.question.number, one.score, one.weighted)
            for one in scores.questions
        ),
        summary=scores.summary,
    )
