"""The numbers of a report, computed from recorded evaluations and from nothing else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.interview import (
    CriterionSummary,
    Domain,
    Evaluation,
    EvaluationStatus,
    Question,
    QuestionKind,
    TopicSummary,
    Turn,
)

FOLLOW_UP_WEIGHT = 0.5
# A topic with a lower mean is weak.
WEAK_TOPIC = 70.0


@dataclass(frozen=True, slots=True)
class GradedTurn:
    """A turn that has its evaluation."""

    question: Question
    evaluation: Evaluation

    @property
    def score(self) -> float | None:
        """The answer's score; None when it has none."""
        return self.evaluation.score if self.evaluation.status is EvaluationStatus.SCORED else None

    @property
    def passed(self) -> bool:
        """Whether the candidate declined to answer or left the answer empty."""
        reason = self.evaluation.not_assessable_reason
        return reason is not None and reason.is_pass


def graded_turns(turns: Iterable[Turn]) -> list[GradedTurn]:
    """The turns that have an evaluation, in order."""
    return [GradedTurn(turn.question, turn.evaluation) for turn in turns if turn.evaluation is not None]


def comparable(turns: Sequence[GradedTurn]) -> list[GradedTurn]:
    """The scored turns whose numbers may be averaged: of each rubric, those of its latest major version."""
    latest: dict[str, int] = {}
    scored = [turn for turn in turns if turn.score is not None]
    for turn in scored:
        rubric = turn.evaluation.provenance.rubric
        latest[rubric] = max(latest.get(rubric, 0), _major(turn))
    return [turn for turn in scored if _major(turn) == latest[turn.evaluation.provenance.rubric]]


def turn_weight(turn: GradedTurn) -> float:
    """How much a turn counts beside the others: a follow-up half as much as a main question."""
    return FOLLOW_UP_WEIGHT if turn.question.kind is QuestionKind.FOLLOW_UP else 1.0


def overall_score(turns: Sequence[GradedTurn]) -> float | None:
    """Mean score with one decimal, in which a follow-up counts half; None without any score."""
    weighted = [(turn_weight(turn), turn.score) for turn in turns if turn.score is not None]
    total = sum(weight for weight, _ in weighted)
    return round(sum(weight * score for weight, score in weighted) / total, 1) if total else None


def criterion_summaries(turns: Sequence[GradedTurn]) -> tuple[CriterionSummary, ...]:
    """Mean by criterion, in the order of the rubrics as they were applied."""
    order: dict[str, tuple[str, float]] = {}
    scores: dict[str, list[float]] = {}
    for turn in turns:
        for criterion in turn.evaluation.criteria:
            order.setdefault(criterion.id, (criterion.title, criterion.weight))
            if criterion.score is not None:
                scores.setdefault(criterion.id, []).append(criterion.score)
    return tuple(
        CriterionSummary(name, title, weight, _mean(scores.get(name, [])), len(scores.get(name, [])))
        for name, (title, weight) in order.items()
    )


def topic_summaries(turns: Sequence[GradedTurn], averaged: Sequence[GradedTurn]) -> tuple[TopicSummary, ...]:
    """Mean by topic, weakest first; topics without a score come after them.

    `averaged` are the turns that count in means; the missed points are those of every scored or passed turn.
    """
    titles: dict[tuple[Domain, str], str] = {}
    scores: dict[tuple[Domain, str], list[float]] = {}
    missed: dict[tuple[Domain, str], dict[str, None]] = {}
    for turn in turns:
        topic = (turn.question.domain, turn.question.topic)
        titles.setdefault(topic, turn.question.topic_title or turn.question.topic)
        if turn.score is not None or turn.passed:
            points = missed.setdefault(topic, {})
            points.update(
                (point.text, None) for point in turn.evaluation.points if point.status is not PointStatus.COVERED
            )
    for turn in averaged:
        if turn.score is not None:
            scores.setdefault((turn.question.domain, turn.question.topic), []).append(turn.score)
    summaries = [
        TopicSummary(
            topic=topic[1],
            title=title,
            score=_mean(scores.get(topic, [])),
            assessed_answers=len(scores.get(topic, [])),
            missed_points=tuple(missed.get(topic, ())),
            domain=topic[0],
        )
        for topic, title in titles.items()
    ]
    return tuple(sorted(summaries, key=lambda topic: (topic.score is None, topic.score or 0.0)))


def weak_topics(topics: Sequence[TopicSummary]) -> Sequence[TopicSummary]:
    """The topics on which something was missed, with a mean below `WEAK_TOPIC` or none at all, in their order."""
    return [topic for topic in topics if topic.missed_points and (topic.score or 0.0) < WEAK_TOPIC]


def _mean(scores: Sequence[float]) -> float | None:
    return round(sum(scores) / len(scores), 1) if scores else None


def _major(turn: GradedTurn) -> int:
    major = turn.evaluation.provenance.rubric_version.partition(".")[0]
    return int(major) if major.isdecimal() else 0
