"""What the answers of an interview show: strengths with the words that show them, and gaps by their cost."""

from collections.abc import Mapping, Sequence

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.averages import GradedTurn
from ai_service.interviewing.feedback import whole_point
from ai_service.interviewing.interview import Finding, PointResult, QuestionKind
from ai_service.interviewing.wording import Wording

MOST_STRENGTHS = 5
MOST_GAPS = 8
_MOST_PER_QUESTION = 2


def strengths(turns: Sequence[GradedTurn], wording: Wording) -> tuple[Finding, ...]:
    """The points that were said in full, with their quotes: the heaviest points of the best answers first."""
    found = [
        (_weight(turn, point) * point.credit * (turn.score or 0.0), turn, point)
        for turn in turns
        if turn.score is not None
        for point in turn.evaluation.points
        if point.status is PointStatus.COVERED and point.quote is not None
    ]
    chosen = _spread(found, MOST_STRENGTHS)
    return tuple(
        Finding(
            wording.say("report_strength", turn.question.key, place, topic=_topic(turn), point=whole_point(point.text)),
            turn.question.topic,
            turn.question.key,
            point.quote.text if point.quote else "",
            point.status,
        )
        for place, (turn, point) in enumerate(chosen)
    )


def gaps(turns: Sequence[GradedTurn], wording: Wording) -> tuple[Finding, ...]:
    """The points that were missed, contradicted or said in part, most costly first, with what was said of them."""
    return tuple(
        Finding(
            wording.say(
                f"report_gap_{point.status.value}",
                turn.question.key,
                place,
                topic=_topic(turn),
                point=whole_point(point.text),
            ),
            turn.question.topic,
            turn.question.key,
            point.quote.text if point.quote else "",
            point.status,
        )
        for place, (turn, point) in enumerate(_spread(costs(turns), MOST_GAPS))
    )


def costs(turns: Sequence[GradedTurn]) -> list[tuple[float, GradedTurn, PointResult]]:
    """Every point that was missed, contradicted or said in part, with what it cost, in the order of the turns.

    A point's cost is the share of its question's weight that was not earned, half of that for a follow-up's point
    and one and a half times for a contradiction. What a later follow-up on the point earned is taken off.
    """
    recovered = _recovered(turns)
    found = []
    for turn in turns:
        if turn.score is None and not turn.passed:
            continue
        total = sum(_weight(turn, point) for point in turn.evaluation.points) or 1
        for point in turn.evaluation.points:
            if point.status is PointStatus.COVERED:
                continue
            cost = _weight(turn, point) * (1 - point.credit) / total
            cost *= 0.5 if turn.question.kind is QuestionKind.FOLLOW_UP else 1.0
            cost *= 1.5 if point.status is PointStatus.CONTRADICTED else 1.0
            cost *= 1 - recovered.get((turn.question.key, point.id), 0.0)
            if cost > 0:
                found.append((cost, turn, point))
    return found


def _recovered(turns: Sequence[GradedTurn]) -> Mapping[tuple[str, str], float]:
    return {
        (turn.question.parent_key, turn.question.probed_point_id): turn.score / 100
        for turn in turns
        if turn.question.kind is QuestionKind.FOLLOW_UP and turn.score is not None
    }


def _spread(found: list[tuple[float, GradedTurn, PointResult]], most: int) -> list[tuple[GradedTurn, PointResult]]:
    """The best `most`, at most two of one question, so that one answer does not fill the list."""
    chosen: list[tuple[GradedTurn, PointResult]] = []
    taken: dict[str, int] = {}
    for _, turn, point in sorted(found, key=lambda entry: -entry[0]):
        key = turn.question.key
        if taken.get(key, 0) < _MOST_PER_QUESTION and len(chosen) < most:
            taken[key] = taken.get(key, 0) + 1
            chosen.append((turn, point))
    return chosen


def _weight(turn: GradedTurn, point: PointResult) -> int:
    return next((max(1, known.weight) for known in turn.question.points if known.id == point.id), 1)


def _topic(turn: GradedTurn) -> str:
    return turn.question.topic_title or turn.question.topic or "General"
