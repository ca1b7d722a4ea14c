"""How far a grader agrees with people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

_RESAMPLES = 1000
_CONFIDENCE = 0.95
_KAPPA_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two graders of the same answers. RMSE is in units of the human scale.

    Macro F1 is that of the two halves of the scale, for people who said no more than right or wrong.
    """

    answers: int
    pearson: Estimate
    spearman: Estimate
    rmse: Estimate
    kappa: Estimate
    macro_f1: Estimate


def agreement(machine: Sequence[float], human: Sequence[float], *, low: float, high: float) -> Agreement:
    """Agreement of machine scores (0 to 100) with human scores on the scale from `low` to `high`.

    Raises ValueError for fewer than two answers and for an empty scale.
    """
    if len(machine) != len(human) or len(machine) < 2:
        raise ValueError("agreement needs at least two answers, each with both scores")
    if not low < high:
        raise ValueError("the human scale is empty: give its lowest and highest score")
    ours = low + np.asarray(machine, dtype=np.float64) / 100 * (high - low)
    theirs = np.asarray(human, dtype=np.float64)
    measures: dict[str, Callable[[Scores, Scores], float]] = {
        "pearson": pearson,
        "spearman": spearman,
        "rmse": rmse,
        "kappa": lambda a, b: quadratic_weighted_kappa(a, b, low=low, high=high),
        "macro_f1": lambda a, b: macro_f1(a, b, middle=(low + high) / 2),
    }
    generator = np.random.default_rng(0)
    drawn = [generator.integers(0, len(ours), len(ours)) for _ in range(_RESAMPLES)]
    return Agreement(
        answers=len(ours),
        **{
            name: _estimate(measure(ours, theirs), [measure(ours[at], theirs[at]) for at in drawn])
            for name, measure in measures.items()
        },
    )


def pearson(a: Scores, b: Scores) -> float:
    """Product-moment correlation, -1 to 1; NaN when one side is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def spearman(a: Scores, b: Scores) -> float:
    """Rank correlation with mean ranks for ties, -1 to 1; NaN when one side is constant."""
    return pearson(_ranks(a), _ranks(b))


def rmse(a: Scores, b: Scores) -> float:
    """Root of the mean squared difference."""
    return float(np.sqrt(np.mean((a - b) ** 2)))


def quadratic_weighted_kappa(a: Scores, b: Scores, *, low: float, high: float, levels: int = _KAPPA_LEVELS) -> float:
    """Agreement beyond chance on `levels` equal steps of the scale, distant steps counting quadratically.

    Cohen 1968, doi:10.1037/h0026256. From -1 to 1; NaN when both sides sit on one and the same step.
    """
    first, second = (
        np.clip(np.rint((one - low) / (high - low) * (levels - 1)), 0, levels - 1).astype(np.int64) for one in (a, b)
    )
    observed = np.zeros((levels, levels))
    np.add.at(observed, (first, second), 1)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(first)
    step = np.arange(levels)
    weights = (step[:, None] - step[None, :]) ** 2
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance else float("nan")


def macro_f1(a: Scores, b: Scores, *, middle: float) -> float:
    """The mean of the F1 of the scores from `middle` on and of those below it, 0 to 1."""
    upper = [np.asarray(one >= middle) for one in (a, b)]
    return float(np.mean([_f1(*upper), _f1(~upper[0], ~upper[1])]))


def _f1(found: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> float:
    total = int(found.sum() + true.sum())
    return 2 * int((found & true).sum()) / total if total else 1.0


def _ranks(values: Scores) -> Scores:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[places], dtype=np.float64)


def _estimate(value: float, resampled: Sequence[float]) -> Estimate:
    known = np.asarray([one for one in resampled if not np.isnan(one)])
    if not len(known):
        return Estimate(value, float("nan"), float("nan"))
    tail = (1 - _CONFIDENCE) / 2 * 100
    low, high = np.percentile(known, [tail, 100 - tail])
    return Estimate(value, float(low), float(high))
