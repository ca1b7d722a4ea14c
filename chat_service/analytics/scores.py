"""Averages that never mix two major versions of a rubric."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scored:
    """Some scores under one major version: how many, their sum and the best of them."""

    rubric_major: int
    count: int
    total: float
    best: float


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """Scores from 0 to 100 under the newest major version among them; older ones are left out.

    `count` says how many scores the average, which has two decimals, stands on. All but it are None when there is no
    score.
    """

    rubric_major: int | None
    count: int
    average: float | None
    best: float | None


def summarise(scores: Iterable[Scored]) -> ScoreSummary:
    """The summary of the scores under the newest major version that has any."""
    some = [one for one in scores if one.count > 0]
    if not some:
        return ScoreSummary(None, 0, None, None)
    newest = max(one.rubric_major for one in some)
    counted = [one for one in some if one.rubric_major == newest]
    count = sum(one.count for one in counted)
    average = round(sum(one.total for one in counted) / count, 2)
    return ScoreSummary(newest, count, average, max(one.best for one in counted))
