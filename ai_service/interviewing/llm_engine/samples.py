"""Several gradings of one answer as one: medians, the words of the most typical grading, and how far they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

from ai_service.grading.grade import PointStatus
from ai_service.interviewing.interview import (
    CriterionScore,
    GradeConfidence,
    PointResult,
    Question,
)
from ai_service.interviewing.llm_engine.evidence import Found, Judged, Sample
from ai_service.interviewing.rubric import Rubric, RubricCriterion

LEAST_SUPPORTED_WEIGHT = 0.5
"""A score stands for the whole rubric, so at least half of its weight has to be judged with support."""
_WIDEST_SPREAD = 1
_TOP_LEVEL = 4
_CREDIT = {PointStatus.COVERED: 1.0, PointStatus.PARTIAL: 0.5, PointStatus.MISSED: 0.0, PointStatus.CONTRADICTED: 0.0}
# From worst to best, for medians.
_ORDER = (PointStatus.CONTRADICTED, PointStatus.MISSED, PointStatus.PARTIAL, PointStatus.COVERED)


@dataclass(frozen=True, slots=True)
class Consensus:
    """What several gradings come to. `score` is None when too little of the rubric has support."""

    score: float | None
    criteria: tuple[CriterionScore, ...]
    points: tuple[PointResult, ...]
    confidence: GradeConfidence | None
    typical: Sample


def consensus(rubric: Rubric, question: Question, samples: Sequence[Sample]) -> Consensus:
    """The median grading. Of an even number the lower of the two middle levels counts.

    A criterion is judged when more than half of the gradings judge it with support. The score is the mean of the
    judged criteria by weight, each 25 points a level.
    """
    criteria = tuple(_criterion(criterion, samples) for criterion in rubric.criteria)
    points = tuple(
        _point(point.id, point.text, [sample.points[point.id] for sample in samples]) for point in question.points
    )
    return Consensus(
        _score(criteria), criteria, points, _confidence(criteria, samples), _most_typical(criteria, samples)
    )


def level_score(level: int) -> float:
    """0, 25, 50, 75 or 100 for the levels 0 to 4; each lies within the rubric's scores of its level."""
    return 100.0 * level / _TOP_LEVEL


def _criterion(criterion: RubricCriterion, samples: Sequence[Sample]) -> CriterionScore:
    judged = [(one.level, one) for sample in samples if (one := sample.criteria[criterion.id]).level is not None]
    levels = [level for level, _ in judged if level is not None]
    if 2 * len(levels) <= len(samples):
        return criterion.unjudged()
    level = median_low(levels)
    chosen: Judged = next(one for own, one in judged if own == level)
    return CriterionScore(
        criterion.id,
        criterion.title,
        criterion.weight,
        level,
        level_score(level),
        chosen.comment or criterion.levels[level].description,
        chosen.evidence,
        max(levels) - min(levels) if len(samples) > 1 else None,
    )


def _point(name: str, text: str, found: Sequence[Found]) -> PointResult:
    status = _ORDER[median_low(_ORDER.index(one.status) for one in found)]
    quote = next(one.quote for one in found if one.status is status)
    return PointResult(name, text, status, _CREDIT[status], quote)


def _score(criteria: Sequence[CriterionScore]) -> float | None:
    judged = [(criterion.weight, criterion.score) for criterion in criteria if criterion.score is not None]
    weight = sum(one for one, _ in judged)
    if weight < LEAST_SUPPORTED_WEIGHT - 1e-9:
        return None
    return round(sum(one * score for one, score in judged) / weight, 1)


def _confidence(criteria: Sequence[CriterionScore], samples: Sequence[Sample]) -> GradeConfidence | None:
    if len(samples) < 2:
        return None
    divided = any(
        0 < sum(sample.criteria[criterion.id].level is None for sample in samples) < len(samples)
        for criterion in criteria
    )
    wide = any((criterion.level_spread or 0) > _WIDEST_SPREAD for criterion in criteria)
    return GradeConfidence.LOW if wide or divided else GradeConfidence.NORMAL


def _most_typical(criteria: Sequence[CriterionScore], samples: Sequence[Sample]) -> Sample:
    """The grading whose levels lie nearest to the medians; the first among equals."""

    def distance(sample: Sample) -> int:
        return sum(
            _TOP_LEVEL if (level := sample.criteria[one.id].level) is None else abs(level - one.level)
            for one in criteria
            if one.level is not None
        )

    return min(samples, key=distance)
