"""The percentages of answers, and their averages."""

from dataclasses import replace

import pytest

from chat_service.engine.models import Criterion, Delivery, Evaluation, EvaluationStatus, Provenance
from chat_service.interviews.facets import Facets, Quality, average_facets, facets, quality

DELIVERY = Delivery(
    relevance=80.04,
    grammar=90,
    fluency=70,
    keyword_coverage=60,
    structure=50,
    confidence=75,
    word_count=40,
    sentence_count=3,
    words_per_minute=None,
)


def criterion(name: str, weight: float, score: float | None) -> Criterion:
    return Criterion(name, name.title(), weight, None if score is None else 2, score, "", ())


def evaluation(*criteria: Criterion, score: float | None = 62.5, version: str = "1.0") -> Evaluation:
    return Evaluation(
        status=EvaluationStatus.NOT_ASSESSABLE if score is None else EvaluationStatus.SCORED,
        score=score,
        not_assessable_reason="declined" if score is None else None,
        criteria=criteria,
        points=(),
        delivery=DELIVERY,
        strengths=(),
        improvements=(),
        feedback="",
        provenance=Provenance("builtin", "m", "dsa", version, "", "1"),
    )


def test_technical_weighs_what_was_said_and_communication_how() -> None:
    measured = facets(
        evaluation(criterion("completeness", 0.6, 80), criterion("correctness", 0.2, 40), criterion("focus", 0.1, 90))
    )

    assert measured.technical == 70.0
    assert measured.communication == 75.0  # focus 90, fluency 70, grammar 90, structure 50
    assert (measured.overall, measured.relevance, measured.keywords) == (62.5, 80.0, 60)


def test_what_was_not_measured_is_none_and_not_zero() -> None:
    silent = replace(DELIVERY, grammar=None, fluency=None, structure=None, keyword_coverage=None)
    measured = facets(replace(evaluation(criterion("completeness", 0.6, None)), delivery=silent))

    assert (measured.technical, measured.communication, measured.keywords) == (None, None, None)
    assert measured.confidence == 75


def test_an_answer_without_a_score_has_no_percentages_and_stays_out_of_averages() -> None:
    graded, declined = evaluation(criterion("completeness", 1, 62.5)), evaluation(score=None)

    assert facets(declined) == Facets()
    assert average_facets([graded, declined]) == facets(graded)
    assert average_facets([declined]) == Facets()


def test_averages_leave_out_older_major_versions_of_the_same_rubric() -> None:
    old = evaluation(criterion("completeness", 1, 10), score=10, version="1.4")
    new = evaluation(criterion("completeness", 1, 90), score=90, version="2.0")
    other = replace(old, provenance=replace(old.provenance, rubric="hld"))

    assert average_facets([old, new]).overall == 90
    assert average_facets([old, new, other]).overall == 50


@pytest.mark.parametrize(
    ("score", "word"),
    [(100, "excellent"), (90, "excellent"), (85, "good"), (70, "good"), (69.9, "fair"), (50, "fair"), (0, "poor")],
)
def test_a_score_has_a_word(score: float, word: str) -> None:
    assert quality(score) is Quality(word)


def test_no_score_has_no_word() -> None:
    assert quality(None) is None
