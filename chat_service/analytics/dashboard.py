"""A user's figures at a glance."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chat_service.analytics.practice import PracticeAnalytics
from chat_service.analytics.results import GradedAnswer, Results
from chat_service.interviews.round_types import QuestionCategory


@dataclass(frozen=True, slots=True)
class SkillsBreakdown:
    """How answers were said: means of percentages over the answers in which each was measured, None for none."""

    relevance: float | None
    grammar: float | None
    fluency: float | None
    keywords: float | None


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """The mean score of the answers to questions of a category, and how many they are."""

    category: QuestionCategory
    score: float
    answers: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A user's figures at a glance. Scores run from 0 to 100 with one decimal and are None when there is none.

    - `total_interviews` were started, `total_questions` were answered in them.
    - `average_score`, `best_score` and `recent_score` (that of the latest) are of completed interviews with a score,
      under the newest major version of the rubrics among them.
    - `practice_minutes` are counted as in the practice analytics.
    - `improvement_rate`: the mean score of the last third of these interviews less that of the first third, in points;
      None with fewer than two. The outer thirds rather than the first and the last one, so that one good or bad day
      decides little: the groups of Bartlett's line (M. S. Bartlett, Fitting a straight line when both variables are
      subject to error, Biometrics 5, 1949, 207-212). It is over the latest 300.
    - streaks are days in a row with practice, in `time_zone`.
    - `skills` and `categories` (mean answer score by category of the question) are over the latest 500 answers with a
      score, of each rubric those of its newest major version.
    """

    time_zone: str
    total_interviews: int
    total_questions: int
    average_score: float | None
    best_score: float | None
    recent_score: float | None
    practice_minutes: float
    improvement_rate: float | None
    current_streak_days: int
    longest_streak_days: int
    skills: SkillsBreakdown
    categories: tuple[CategoryScore, ...]


def dashboard(practice: PracticeAnalytics, results: Results) -> Dashboard:
    """The dashboard of both."""
    scores = [one.score for one in results.scored]
    return Dashboard(
        time_zone=practice.time_zone,
        total_interviews=results.interviews,
        total_questions=results.questions,
        average_score=_rounded(practice.scores.average),
        best_score=_rounded(practice.scores.best),
        recent_score=_rounded(scores[-1]) if scores else None,
        practice_minutes=practice.practice_minutes,
        improvement_rate=improvement(scores),
        current_streak_days=practice.streaks.current_days,
        longest_streak_days=practice.streaks.longest_days,
        skills=skills(results.answers),
        categories=categories(results.answers),
    )


def improvement(scores: Sequence[float]) -> float | None:
    """The mean of the last third of the scores, oldest first, less that of the first third; None for fewer than two."""
    if len(scores) < 2:
        return None
    third = max(len(scores) // 3, 1)
    return round(sum(scores[-third:]) / third - sum(scores[:third]) / third, 1)


def skills(answers: Sequence[GradedAnswer]) -> SkillsBreakdown:
    """The means of the percentages."""

    def mean(percentage: Callable[[GradedAnswer], float | None]) -> float | None:
        return _mean(value for one in answers if (value := percentage(one)) is not None)

    return SkillsBreakdown(
        relevance=mean(lambda one: one.relevance),
        grammar=mean(lambda one: one.grammar),
        fluency=mean(lambda one: one.fluency),
        keywords=mean(lambda one: one.keywords),
    )


def categories(answers: Sequence[GradedAnswer]) -> tuple[CategoryScore, ...]:
    """The mean scores of the categories that have any answer."""
    found: dict[QuestionCategory, list[float]] = {}
    for one in answers:
        found.setdefault(one.category, []).append(one.score)
    return tuple(
        CategoryScore(one, round(sum(found[one]) / len(found[one]), 1), len(found[one]))
        for one in QuestionCategory
        if one in found
    )


def _mean(values: Iterable[float]) -> float | None:
    some = list(values)
    return round(sum(some) / len(some), 1) if some else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
