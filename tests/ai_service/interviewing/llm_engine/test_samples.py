import pytest

from ai_service.grading.grade import PointStatus, Quote
from ai_service.interviewing.interview import Domain, GradeConfidence
from ai_service.interviewing.llm_engine.evidence import Found, Judged, Sample
from ai_service.interviewing.llm_engine.samples import Consensus, consensus, level_score
from ai_service.interviewing.rubric import load_rubrics
from tests.ai_service.interviewing.llm_engine.playing import CRITERIA, QUESTION

RUBRIC = load_rubrics()[Domain.DSA]
QUOTE = Quote("a quote", 0, 7)


def sample(*levels: int | None, status: PointStatus = PointStatus.COVERED, feedback: str = "") -> Sample:
    every = levels * len(CRITERIA) if len(levels) == 1 else levels
    return Sample(
        {name: Judged(level, f"at {level}", (QUOTE,)) for name, level in zip(CRITERIA, every, strict=True)},
        {point.id: Found(status, None if status is PointStatus.MISSED else QUOTE) for point in QUESTION.points},
        (),
        (),
        feedback,
    )


def agreed(*samples: Sample) -> Consensus:
    return consensus(RUBRIC, QUESTION, samples)


@pytest.mark.parametrize("rubric", load_rubrics().values(), ids=lambda rubric: rubric.name)
def test_the_score_of_a_level_lies_within_the_rubrics_scores_of_it(rubric: object) -> None:
    for criterion in rubric.criteria:  # type: ignore[attr-defined]
        starts = [level.from_score for level in criterion.levels]
        for level in range(5):
            assert max(rank for rank, start in enumerate(starts) if level_score(level) >= start) == level


@pytest.mark.parametrize(
    ("levels", "median", "confidence"),
    [
        ([3], 3, None),
        ([3, 3], 3, GradeConfidence.NORMAL),
        ([2, 3], 2, GradeConfidence.NORMAL),
        ([1, 3, 4], 3, GradeConfidence.LOW),
        ([0, 4], 0, GradeConfidence.LOW),
        ([2, 2, 2, 4], 2, GradeConfidence.LOW),
        ([4, 4, 3, 3, 3], 3, GradeConfidence.NORMAL),
    ],
)
def test_the_lower_median_counts_and_the_spread_decides_the_confidence(
    levels: list[int], median: int, confidence: GradeConfidence | None
) -> None:
    result = agreed(*(sample(level) for level in levels))
    assert (result.score, result.confidence) == (25.0 * median, confidence)
    assert {criterion.level for criterion in result.criteria} == {median}
    assert {criterion.comment for criterion in result.criteria} == {f"at {median}"}
    spread = max(levels) - min(levels) if len(levels) > 1 else None
    assert {criterion.level_spread for criterion in result.criteria} == {spread}


def test_a_criterion_needs_the_support_of_more_than_half_of_the_gradings() -> None:
    supported = agreed(sample(3), sample(3), sample(None, 3, 3, 3, 3))
    assert (supported.criteria[0].level, supported.confidence) == (3, GradeConfidence.LOW)
    unsupported = agreed(sample(3), sample(None, 3, 3, 3, 3))
    assert (unsupported.criteria[0].level, unsupported.score) == (None, 75.0)


def test_the_weight_of_what_was_not_judged_goes_to_the_others() -> None:
    result = agreed(sample(None, 4, 2, 2, 2))
    assert result.score == pytest.approx((0.4 * 100 + 0.15 * 50 + 0.15 * 50 + 0.1 * 50) / 0.8)


def test_too_little_support_gives_no_score() -> None:
    assert agreed(sample(None, None, 4, 4, 4)).score is None
    assert agreed(sample(None)).score is None
    assert agreed(sample(4, 4, None, None, None)).score == 100.0


def test_a_points_status_is_the_median_of_contradicted_missed_partial_and_covered() -> None:
    result = agreed(
        sample(3, status=PointStatus.COVERED),
        sample(3, status=PointStatus.MISSED),
        sample(3, status=PointStatus.PARTIAL),
    )
    assert {(point.status, point.credit, point.quote) for point in result.points} == {(PointStatus.PARTIAL, 0.5, QUOTE)}


def test_the_words_are_those_of_the_grading_next_to_the_medians() -> None:
    result = agreed(sample(1, feedback="low"), sample(4, feedback="high"), sample(3, feedback="typical"))
    assert result.typical.feedback == "typical"
