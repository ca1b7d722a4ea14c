"""What goes on across the platform."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from chat_service.engine.models import Difficulty, Domain
from chat_service.interviews.states import InterviewState
from chat_service.storage.database import Database

WEEKS = 26
BUCKETS = 10

# Totals and the changes that are not folded yet, in one snapshot because in one statement.
_LOAD = """
SELECT domain, difficulty, state, rubric_major, bucket, NULL::date AS week,
       sum(interviews)::bigint AS interviews, sum(score_sum) AS score_sum,
       NULL::bigint AS new_users, NULL::bigint AS active_users
FROM (SELECT domain, difficulty, state, rubric_major, bucket, interviews, score_sum FROM analytics_interviews
      UNION ALL
      SELECT domain, difficulty, state, rubric_major, bucket, interviews, score_sum
      FROM analytics_interview_changes) AS kinds
GROUP BY 1, 2, 3, 4, 5 HAVING sum(interviews) <> 0
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, week, NULL, NULL, sum(new_users)::bigint, sum(active_users)::bigint
FROM (SELECT week, new_users, active_users FROM analytics_weeks
      UNION ALL
      SELECT week, new_users, active_users FROM analytics_week_changes) AS weeks
GROUP BY week
"""


@dataclass(frozen=True, slots=True)
class PlatformWeek:
    """Accounts opened in an ISO week, and how many users started an interview in it. `week` is its Monday, by UTC."""

    week: date
    new_users: int
    active_users: int


@dataclass(frozen=True, slots=True)
class Completion:
    """How many interviews were ever started, and how many of these are completed.

    The others are in progress: one that was started can only be completed. `rate` runs from 0 to 1 and is None when
    none was started.
    """

    started: int
    completed: int
    rate: float | None


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    """The scores of completed interviews under the newest major version of the rubrics among them.

    `buckets` counts them by tens: [0, 10) first, [90, 100] last. Interviews without a score are in none.
    """

    rubric_major: int | None
    scored: int
    average: float | None
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DomainFigures:
    """The interviews of one domain; its average is under the newest major version of that domain's scores."""

    domain: Domain
    interviews: int
    by_state: Mapping[InterviewState, int]
    completion: Completion
    scores: ScoreDistribution


@dataclass(frozen=True, slots=True)
class PlatformAnalytics:
    """Figures of all accounts and interviews that there are; what is deleted is not counted.

    `weeks` are the last 26, the current one last.
    """

    users: int
    weeks: tuple[PlatformWeek, ...]
    interviews: int
    by_state: Mapping[InterviewState, int]
    by_difficulty: Mapping[Difficulty, int]
    by_domain: tuple[DomainFigures, ...]
    completion: Completion
    scores: ScoreDistribution


@dataclass(frozen=True, slots=True)
class _Kind:
    domain: Domain
    difficulty: Difficulty
    state: InterviewState
    rubric_major: int
    bucket: int
    interviews: int
    score_sum: Decimal


async def load(database: Database) -> PlatformAnalytics:
    """The figures as of now."""
    kinds: list[_Kind] = []
    weeks: dict[date, tuple[int, int]] = {}
    for row in await database.fetch(_LOAD):
        if row["week"] is not None:
            weeks[row["week"]] = row["new_users"], row["active_users"]
        else:
            kinds.append(
                _Kind(
                    Domain(row["domain"]),
                    Difficulty(row["difficulty"]),
                    InterviewState(row["state"]),
                    row["rubric_major"],
                    row["bucket"],
                    row["interviews"],
                    row["score_sum"],
                )
            )
    by_domain: dict[Domain, list[_Kind]] = {domain: [] for domain in Domain}
    for kind in kinds:
        by_domain[kind.domain].append(kind)
    by_state = _by_state(kinds)
    return PlatformAnalytics(
        users=sum(new for new, _ in weeks.values()),
        weeks=_latest(weeks, datetime.now(UTC).date()),
        interviews=sum(by_state.values()),
        by_state=by_state,
        by_difficulty=_by_difficulty(kinds),
        by_domain=tuple(_domain(domain, found) for domain, found in by_domain.items()),
        completion=_completion(by_state),
        scores=_distribution(kinds),
    )


def _latest(weeks: Mapping[date, tuple[int, int]], today: date) -> tuple[PlatformWeek, ...]:
    monday = today - timedelta(days=today.weekday())
    shown = [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
    return tuple(PlatformWeek(week, *weeks.get(week, (0, 0))) for week in shown)


def _by_state(kinds: Iterable[_Kind]) -> dict[InterviewState, int]:
    counts = dict.fromkeys(InterviewState, 0)
    for kind in kinds:
        counts[kind.state] += kind.interviews
    return counts


def _by_difficulty(kinds: Iterable[_Kind]) -> dict[Difficulty, int]:
    counts = dict.fromkeys(Difficulty, 0)
    for kind in kinds:
        counts[kind.difficulty] += kind.interviews
    return counts


def _domain(domain: Domain, kinds: Sequence[_Kind]) -> DomainFigures:
    by_state = _by_state(kinds)
    return DomainFigures(domain, sum(by_state.values()), by_state, _completion(by_state), _distribution(kinds))


def _completion(by_state: Mapping[InterviewState, int]) -> Completion:
    completed = by_state[InterviewState.COMPLETED]
    started = completed + by_state[InterviewState.IN_PROGRESS]
    return Completion(started, completed, round(completed / started, 4) if started else None)


def _distribution(kinds: Iterable[_Kind]) -> ScoreDistribution:
    scored = [one for one in kinds if one.bucket >= 0]
    if not scored:
        return ScoreDistribution(None, 0, None, (0,) * BUCKETS)
    newest = max(one.rubric_major for one in scored)
    buckets = [0] * BUCKETS
    total = Decimal(0)
    for one in scored:
        if one.rubric_major == newest:
            buckets[one.bucket] += one.interviews
            total += one.score_sum
    return ScoreDistribution(newest, sum(buckets), round(float(total / sum(buckets)), 2), tuple(buckets))
