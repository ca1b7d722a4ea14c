"""Follow-ups: whether the last answer is worth probing, and at which point."""

from collections.abc import Sequence

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.asked import Asked
from ai_service.interviewing.bank import BankQuestion
from ai_service.interviewing.interview import EvaluationStatus, PointResult, Question, QuestionKind, Turn

MOST_PER_QUESTION = 2
# An interview of few questions would otherwise never leave its first subject.
MOST_SHARE_OF_INTERVIEW = 0.4


def choose_follow_up(
    entry: BankQuestion, turns: Sequence[Turn], asked: Asked, *, question_limit: int, fresh_count: int
) -> Question | None:
    """The follow-up to ask after the last of `turns`, whose main question is `entry`; None to move on.

    It probes a point that the answer to the main question contradicted, missed or said in part: a contradiction
    first, then what cost most. At most two follow-ups a question, none after an answer without a score, none on a
    point that was probed already, and none that was asked more often than `fresh_count` (how often the least asked
    main question of the domain was). Follow-ups take at most 40 % of the interview's questions.
    """
    last = turns[-1]
    if last.evaluation is None or last.evaluation.status is not EvaluationStatus.SCORED:
        return None
    follow_ups = [turn.question for turn in turns if turn.question.kind is QuestionKind.FOLLOW_UP]
    here = [question for question in follow_ups if question.parent_key == entry.question.key]
    if len(here) >= MOST_PER_QUESTION or len(follow_ups) >= round(MOST_SHARE_OF_INTERVIEW * question_limit):
        return None
    main = next((turn for turn in reversed(turns) if turn.question.key == entry.question.key), None)
    if main is None or main.evaluation is None:
        return None
    weights = {point.id: point.weight for point in entry.question.points}
    probed = {question.probed_point_id for question in here}
    costs = {
        point.id: (point.status is PointStatus.CONTRADICTED, weights.get(point.id, 1) * (1 - _credit(point)))
        for point in main.evaluation.points
        if point.status is not PointStatus.COVERED and point.id not in probed
    }
    open_follow_ups = [
        follow_up
        for follow_up in entry.follow_ups
        if follow_up.probed_point_id in costs and asked.count(follow_up.key) <= fresh_count
    ]
    return max(open_follow_ups, key=lambda follow_up: costs[follow_up.probed_point_id], default=None)


def _credit(point: PointResult) -> float:
    """The point's credit; a past turn may come with the status alone, and then a part is taken for a half."""
    return point.credit or (0.5 if point.status is PointStatus.PARTIAL else 0.0)
