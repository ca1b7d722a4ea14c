"""The figures once more, counted plainly from all rows: what the product's own figures are compared with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chat_service.analytics.platform import (
    Completion,
    DomainFigures,
    PlatformAnalytics,
    PlatformWeek,
    ScoreDistribution,
)
from chat_service.engine.models import Difficulty, Domain
from chat_service.interviews.states import InterviewState

Row = Mapping[str, Any]


def monday(moment: datetime) -> date:
    """The first day of the ISO week, by UTC."""
    year, week, _ = moment.astimezone(UTC).isocalendar()
    return date.fromisocalendar(year, week, 1)


def platform(users: Sequence[Row], interviews: Sequence[Row]) -> PlatformAnalytics:
    """The platform's figures of all rows."""
    this_week = monday(datetime.now(UTC))
    weeks = []
    for ago in range(25, -1, -1):
        week = this_week - timedelta(days=7 * ago)
        starters = {one["user_id"] for one in interviews if one["started_at"] and monday(one["started_at"]) == week}
        weeks.append(PlatformWeek(week, sum(monday(one["created_at"]) == week for one in users), len(starters)))
    return PlatformAnalytics(
        users=len(users),
        weeks=tuple(weeks),
        interviews=len(interviews),
        by_state=_states(interviews),
        by_difficulty={level: sum(one["difficulty"] == level.value for one in interviews) for level in Difficulty},
        by_domain=tuple(_domain(domain, [one for one in interviews if one["domain"] == domain]) for domain in Domain),
        completion=_completion(interviews),
        scores=_scores(interviews),
    )


def averages_of_newest(
    interviews: Iterable[Row], key: Callable[[Row], Any] = lambda _: None
) -> dict[Any, tuple[int, int, float, float]]:
    """For each key: the newest major version, how many scores it has, their average and the best."""
    groups: dict[Any, list[Row]] = {}
    for one in interviews:
        if is_scored(one):
            groups.setdefault(key(one), []).append(one)
    result = {}
    for name, rows in groups.items():
        newest = max(one["rubric_major"] for one in rows)
        scores = [one["overall_score"] for one in rows if one["rubric_major"] == newest]
        result[name] = newest, len(scores), round(sum(scores) / len(scores), 2), max(scores)
    return result


def is_scored(interview: Row) -> bool:
    """Whether an average counts the interview."""
    return (
        interview["state"] == "completed"
        and interview["overall_score"] is not None
        and interview["rubric_major"] is not None
    )


def _states(interviews: Sequence[Row]) -> dict[InterviewState, int]:
    return {state: sum(one["state"] == state.value for one in interviews) for state in InterviewState}


def _completion(interviews: Sequence[Row]) -> Completion:
    started = sum(one["started_at"] is not None for one in interviews)
    completed = sum(one["state"] == "completed" for one in interviews)
    return Completion(started, completed, round(completed / started, 4) if started else None)


def _domain(domain: Domain, interviews: Sequence[Row]) -> DomainFigures:
    return DomainFigures(domain, len(interviews), _states(interviews), _completion(interviews), _scores(interviews))


def _scores(interviews: Sequence[Row]) -> ScoreDistribution:
    scored = [one for one in interviews if is_scored(one)]
    if not scored:
        return ScoreDistribution(None, 0, None, (0,) * 10)
    newest = max(one["rubric_major"] for one in scored)
    scores = [Decimal(str(one["overall_score"])) for one in scored if one["rubric_major"] == newest]
    buckets = tuple(
        sum(10 * ten <= score < 10 * ten + 10 or (ten == 9 and score == 100) for score in scores) for ten in range(10)
    )
    return ScoreDistribution(newest, len(scores), round(float(sum(scores) / len(scores)), 2), buckets)
