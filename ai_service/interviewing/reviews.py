"""Looking back on each question: what was said of it, and what a full answer would have said."""

from collections.abc import Sequence

from ai_service.interviewing.averages import GradedTurn
from ai_service.interviewing.delivery_notes import delivery_notes
from ai_service.interviewing.interview import Question, QuestionReview
from ai_service.interviewing.wording import Wording


def question_reviews(turns: Sequence[GradedTurn], wording: Wording) -> tuple[QuestionReview, ...]:
    """A review of each turn, in order."""
    return tuple(
        QuestionReview(
            question=turn.question,
            score=turn.score,
            not_assessable_reason=turn.evaluation.not_assessable_reason,
            points=turn.evaluation.points,
            full_answer=_full_answer(turn.question),
            delivery_notes=delivery_notes(turn.evaluation.delivery, wording, turn.question.key),
            confidence=turn.evaluation.confidence,
        )
        for turn in turns
    )


def _full_answer(question: Question) -> str:
    """The reference answer; where there is none, the expected points in their order."""
    reference = " ".join(question.reference_answer.split())
    return reference or " ".join(" ".join(point.text.split()) for point in question.points)
