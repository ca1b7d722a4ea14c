"""Rubrics: how the grader's signals become criteria, levels and a score."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError
from ai_service.grading.grade import GradedAnswer, Signal
from ai_service.interviewing.interview import CriterionScore, Domain

RUBRIC_FOLDER = Path(__file__).parent / "rubrics"
SIGNALS = frozenset({"coverage", "essentials", "accuracy", "reasoning", "focus"})
_MOST_QUOTES = 4


@dataclass(frozen=True, slots=True)
class Level:
    """An anchored level: the score (0 to 100) from which it is reached, and what an answer there is like."""

    from_score: float
    description: str


@dataclass(frozen=True, slots=True)
class RubricCriterion:
    """One criterion; `signal` is one of `SIGNALS`, `levels` are 0 to 4 in order."""

    id: str
    title: str
    weight: float
    signal: str
    levels: tuple[Level, ...]

    def unjudged(self) -> CriterionScore:
        """The criterion of an answer that has no score."""
        return CriterionScore(self.id, self.title, self.weight, None, None, "Not judged.", ())

    def judged(self, signal: Signal) -> CriterionScore:
        """The criterion's score, 100 times the signal to one decimal, with its level.

        Without a quote to show it the score is 0: what cannot be shown is not credited.
        """
        value = max(0.0, min(1.0, signal.value)) if signal.evidence else 0.0
        score = round(100 * value, 1)
        level = max(rank for rank, anchor in enumerate(self.levels) if score >= anchor.from_score)
        evidence = signal.evidence[:_MOST_QUOTES] if score else ()
        return CriterionScore(self.id, self.title, self.weight, level, score, self.levels[level].description, evidence)


@dataclass(frozen=True, slots=True)
class Rubric:
    """The criteria of a domain; their weights add up to 1. `version` is "major.minor"."""

    name: str
    version: str
    title: str
    criteria: tuple[RubricCriterion, ...]

    def judge(self, graded: GradedAnswer) -> tuple[CriterionScore, ...]:
        """Every criterion of an assessable answer, in the rubric's order."""
        signals = {**graded.signals, "essentials": _essentials(graded)}
        return tuple(criterion.judged(signals.get(criterion.signal, Signal(0.0))) for criterion in self.criteria)

    def unjudged(self) -> tuple[CriterionScore, ...]:
        """Every criterion of an answer that has no score."""
        return tuple(criterion.unjudged() for criterion in self.criteria)


def weighted_score(criteria: tuple[CriterionScore, ...]) -> float:
    """The answer's score, 0 to 100 with one decimal: the weighted sum of the criteria's scores."""
    return round(sum(criterion.weight * (criterion.score or 0.0) for criterion in criteria), 1)


def _essentials(graded: GradedAnswer) -> Signal:
    """Weighted credit of the crux points (weight 2 or 3), or of all points where none is marked as a crux."""
    crux = [match for match in graded.points if match.point.weight >= 2] or list(graded.points)
    total = sum(match.point.weight for match in crux)
    if not total:
        return Signal(0.0)
    value = sum(match.point.weight * match.credit for match in crux) / total
    return Signal(value, tuple(match.quote for match in crux if match.quote is not None and match.credit > 0))


@lru_cache(maxsize=1)
def load_rubrics() -> Mapping[Domain, Rubric]:
    """The rubric of every domain. Raises `ResourceError` when a file is not as `schema.json` says."""
    rubrics: dict[Domain, Rubric] = {}
    for path in sorted(RUBRIC_FOLDER.glob("*.yaml")):
        try:
            data: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
            rubric = _rubric(data)
            for name in data["serves"]:
                if rubrics.setdefault(Domain(name), rubric) is not rubric:
                    raise ValueError(f"the domain {name} is served by {rubrics[Domain(name)].name} already")
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise ResourceError(f"the rubric {path} cannot be read: {error!r}") from error
    unserved = sorted(domain.value for domain in set(Domain) - set(rubrics))
    if unserved:
        raise ResourceError(f"no rubric in {RUBRIC_FOLDER} serves {', '.join(unserved)}")
    return rubrics


def _rubric(data: dict[str, Any]) -> Rubric:
    criteria = tuple(
        RubricCriterion(
            record["id"],
            record["title"],
            float(record["weight"]),
            record["signal"],
            tuple(Level(float(level["from"]), level["description"]) for level in record["levels"]),
        )
        for record in data["criteria"]
    )
    for criterion in criteria:
        if criterion.signal not in SIGNALS:
            raise ValueError(f"{criterion.id} reads the unknown signal {criterion.signal}")
        starts = [level.from_score for level in criterion.levels]
        if starts[:1] != [0.0] or starts != sorted(set(starts)):
            raise ValueError(f"the levels of {criterion.id} must begin at 0 and rise")
    if abs(sum(criterion.weight for criterion in criteria) - 1) > 1e-9:
        raise ValueError("the weights do not add up to 1")
    if not re.fullmatch(r"\d+\.\d+", data["version"]):
        raise ValueError("the version must read major.minor")
    return Rubric(data["rubric"], data["version"], data["title"], criteria)
