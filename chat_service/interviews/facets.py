"""The percentages that published contracts ask of answers, each computed from an evaluation and its delivery."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from chat_service.engine.models import Evaluation, EvaluationStatus

# The one criterion of every rubric that judges how an answer is told; the others judge what it says.
_TELLING = "focus"


class Quality(StrEnum):
    """A score in a word: excellent from 90, good from 70, fair from 50, poor below.

    "Good" begins where the letter grades have their B and where a topic stops being weak.
    """

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Facets:
    """Percentages, 0 to 100 with one decimal; None where nothing was measured.

    - `overall`: the rubric score.
    - `technical`: what was said: the criteria but "focus", by their weights in the rubric.
    - `communication`: how it was said: the mean of fluency, grammar, structure and the criterion "focus", of those
      that there are.
    - `structure`, `confidence`, `relevance`, `grammar`, `fluency`: the measures of the delivery.
    - `keywords`: the share of the expected keywords that were said.

    An answer without a score has none of them: it stays out of every average.
    """

    overall: float | None = None
    technical: float | None = None
    communication: float | None = None
    structure: float | None = None
    confidence: float | None = None
    relevance: float | None = None
    grammar: float | None = None
    fluency: float | None = None
    keywords: float | None = None


def facets(evaluation: Evaluation) -> Facets:
    """The percentages of one answer."""
    if evaluation.status is not EvaluationStatus.SCORED or evaluation.score is None:
        return Facets()
    delivery = evaluation.delivery
    scored = [(one.name, one.weight, one.score) for one in evaluation.criteria if one.score is not None]
    said = [(weight, score) for name, weight, score in scored if name != _TELLING]
    told = [(1.0, score) for name, _, score in scored if name == _TELLING]
    told += [(1.0, one) for one in (delivery.fluency, delivery.grammar, delivery.structure) if one is not None]
    return Facets(
        overall=_rounded(evaluation.score),
        technical=_mean(said),
        communication=_mean(told),
        structure=_rounded(delivery.structure),
        confidence=_rounded(delivery.confidence),
        relevance=_rounded(delivery.relevance),
        grammar=_rounded(delivery.grammar),
        fluency=_rounded(delivery.fluency),
        keywords=_rounded(delivery.keyword_coverage),
    )


def average_facets(evaluations: Iterable[Evaluation]) -> Facets:
    """The mean of each percentage over the answers that have it, every answer counting once.

    Of each rubric only the evaluations of its newest major version count: those of older ones measure something else.
    """
    measured = [facets(one) for one in comparable(evaluations)]
    return Facets(**{field.name: _mean_of(measured, field.name) for field in fields(Facets)})


def comparable(evaluations: Iterable[Evaluation]) -> Sequence[Evaluation]:
    """The evaluations with a score that may be averaged: of each rubric, those of its newest major version."""
    scored = [one for one in evaluations if one.score is not None]
    newest: dict[str, int] = {}
    for one in scored:
        made_by = one.provenance
        newest[made_by.rubric] = max(newest.get(made_by.rubric, 0), made_by.rubric_major)
    return [one for one in scored if one.provenance.rubric_major == newest[one.provenance.rubric]]


def quality(score: float | None) -> Quality | None:
    """The word for a score, None for none."""
    if score is None:
        return None
    if score >= 90:
        return Quality.EXCELLENT
    if score >= 70:
        return Quality.GOOD
    return Quality.FAIR if score >= 50 else Quality.POOR


def _mean_of(measured: Sequence[Facets], name: str) -> float | None:
    return _mean([(1.0, value) for one in measured if (value := getattr(one, name)) is not None])


def _mean(weighted: Sequence[tuple[float, float]]) -> float | None:
    total = sum(weight for weight, _ in weighted)
    return _rounded(sum(weight * value for weight, value in weighted) / total) if total else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
