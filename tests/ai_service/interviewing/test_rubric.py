import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from ai_service.grading.grade import (
    Assessability,
    Delivery,
    ExpectedPoint,
    GradedAnswer,
    PointMatch,
    PointStatus,
    Quote,
    Signal,
)
from ai_service.interviewing.interview import Domain
from ai_service.interviewing.rubric import RUBRIC_FOLDER, Rubric, load_rubrics, weighted_score

FILES = sorted(RUBRIC_FOLDER.glob("*.yaml"))
QUOTE = Quote("a quote", 0, 7)


def _graded(value: float, evidence: tuple[Quote, ...] = (QUOTE,)) -> GradedAnswer:
    crux = ExpectedPoint("crux", "The crux of the matter.", (), 3)
    side = ExpectedPoint("side", "Something beside it.")
    return GradedAnswer(
        Assessability.ASSESSABLE,
        Delivery(10, 1),
        (
            PointMatch(crux, PointStatus.PARTIAL, value, evidence[0] if evidence else None),
            PointMatch(side, PointStatus.MISSED, 0.0, None),
        ),
        {name: Signal(value, evidence) for name in ("coverage", "accuracy", "reasoning", "focus")},
    )


@pytest.fixture(params=sorted({rubric.name for rubric in load_rubrics().values()}))
def rubric(request: pytest.FixtureRequest) -> Rubric:
    return next(rubric for rubric in load_rubrics().values() if rubric.name == request.param)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_fits_the_schema(path: Path) -> None:
    schema = json.loads((RUBRIC_FOLDER / "schema.json").read_text(encoding="utf-8"))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    assert data["rubric"] == path.stem


def test_every_domain_has_a_rubric_and_the_bank_domains_have_their_own() -> None:
    rubrics = load_rubrics()
    assert set(rubrics) == set(Domain)
    for name in ("dsa", "cs_fundamentals", "lld", "hld", "behavioral"):
        assert rubrics[Domain(name)].name == name


def test_what_was_said_weighs_more_than_how(rubric: Rubric) -> None:
    weights: dict[str, float] = {}
    for criterion in rubric.criteria:
        weights[criterion.signal] = weights.get(criterion.signal, 0.0) + criterion.weight
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["coverage"] + weights["essentials"] == pytest.approx(0.6)


def test_one_id_means_one_criterion_in_all_rubrics() -> None:
    meanings: dict[str, set[tuple[str, float, str]]] = {}
    for rubric in load_rubrics().values():
        for criterion in rubric.criteria:
            meaning = (criterion.title, criterion.weight, criterion.signal)
            meanings.setdefault(criterion.id, set()).add(meaning)
    assert {name: len(found) for name, found in meanings.items() if len(found) > 1} == {}


def test_a_level_begins_at_its_threshold(rubric: Rubric) -> None:
    for criterion in rubric.criteria:
        for rank, level in enumerate(criterion.levels):
            at = criterion.judged(Signal(level.from_score / 100, (QUOTE,)))
            assert at.level == rank
            assert at.comment == level.description
            if rank:
                below = criterion.judged(Signal((level.from_score - 0.1) / 100, (QUOTE,)))
                assert below.level == rank - 1


def test_without_a_quote_there_is_no_credit(rubric: Rubric) -> None:
    for criterion in rubric.judge(_graded(1.0, ())):
        assert (criterion.level, criterion.score, criterion.evidence) == (0, 0.0, ())


def test_every_level_above_zero_shows_a_quote(rubric: Rubric) -> None:
    for value in (0.05, 0.3, 0.7, 1.0):
        for criterion in rubric.judge(_graded(value)):
            assert criterion.score == pytest.approx(100 * value)
            assert criterion.evidence


def test_a_criterion_without_score_shows_no_quote(rubric: Rubric) -> None:
    assert all(not criterion.evidence for criterion in rubric.judge(_graded(0.0)))


def test_signals_outside_their_range_are_bounded(rubric: Rubric) -> None:
    for criterion in rubric.criteria:
        assert criterion.judged(Signal(1.7, (QUOTE,))).score == 100.0
        assert criterion.judged(Signal(-0.2, (QUOTE,))).score == 0.0


def test_essentials_are_read_from_the_crux_points_alone(rubric: Rubric) -> None:
    judged = {criterion.id: criterion.score for criterion in rubric.judge(_graded(1.0))}
    essential = next(criterion.id for criterion in rubric.criteria if criterion.signal == "essentials")
    assert judged[essential] == 100.0


def test_the_score_is_the_weighted_sum_of_what_the_criteria_show(rubric: Rubric) -> None:
    criteria = rubric.judge(_graded(0.123456))
    expected = sum(criterion.weight * (criterion.score or 0.0) for criterion in criteria)
    assert weighted_score(criteria) == round(expected, 1)


def test_an_answer_without_score_has_every_criterion_unjudged(rubric: Rubric) -> None:
    assert [criterion.id for criterion in rubric.unjudged()] == [criterion.id for criterion in rubric.criteria]
    assert all(criterion.level is None and criterion.score is None for criterion in rubric.unjudged())
