"""What one user has practised, and how well."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from chat_service.accounts import time_zones
from chat_service.analytics.ability import Ability, Attempt, ability
from chat_service.analytics.scores import Scored, ScoreSummary, summarise
from chat_service.analytics.streaks import Streaks, streaks
from chat_service.engine.models import Difficulty, Domain, QuestionKind
from chat_service.interviews.states import InterviewState
from chat_service.storage.database import Database

# $1 user, $2 time zone, $3 the idle limit in seconds.
_LOAD = r"""
WITH own AS MATERIALIZED (
  SELECT id, domain, difficulty, state, rubric_major, started_at, completed_at,
         CASE WHEN analytics_bucket(state, overall_score, rubric_major) >= 0 THEN overall_score END AS score
  FROM interviews WHERE user_id = $1
), answered AS (
  SELECT q.interview_id, q.domain, q.topic, q.topic_title, q.difficulty, q.kind, q.asked_at, a.submitted_at, a.score,
         coalesce(own.rubric_major, CASE
           WHEN a.evaluation #>> '{provenance,rubric_version}' ~ '^[0-9]{1,4}(\.|$)'
           THEN split_part(a.evaluation #>> '{provenance,rubric_version}', '.', 1)::smallint
           ELSE 0
         END) AS rubric_major
  FROM questions q JOIN own ON own.id = q.interview_id JOIN answers a ON a.question_id = q.id
  WHERE q.user_id = $1
), practised AS (
  SELECT started_at, CASE WHEN completed_at - coalesce(last, started_at) < make_interval(secs => $3::float8)
                          THEN completed_at ELSE coalesce(last, started_at) END AS ended_at
  FROM own LEFT JOIN (SELECT interview_id, max(submitted_at) AS last FROM answered GROUP BY 1) AS answers
    ON interview_id = id
  WHERE state = 'completed'
)
SELECT
  (SELECT jsonb_agg(jsonb_build_array(domain, difficulty, state, major, interviews, total, best))
   FROM (SELECT domain, difficulty, state, CASE WHEN score IS NOT NULL THEN rubric_major END AS major,
                count(*) AS interviews, sum(score) AS total, max(score) AS best
         FROM own GROUP BY 1, 2, 3, 4) AS kinds) AS kinds,
  (SELECT jsonb_agg(jsonb_build_array(week, major, completed, total) ORDER BY week)
   FROM (SELECT date_trunc('week', completed_at AT TIME ZONE $2::text)::date AS week,
                CASE WHEN score IS NOT NULL THEN rubric_major END AS major, count(*) AS completed, sum(score) AS total
         FROM own WHERE state = 'completed' AND completed_at IS NOT NULL GROUP BY 1, 2) AS weeks) AS weeks,
  (SELECT array_agg(day ORDER BY day)
   FROM (SELECT (started_at AT TIME ZONE $2::text)::date AS day FROM own WHERE started_at IS NOT NULL
         UNION
         SELECT (completed_at AT TIME ZONE $2::text)::date FROM own WHERE completed_at IS NOT NULL) AS days) AS days,
  (SELECT sum(least(extract(epoch FROM ended_at - started_at)::float8, $3::float8)) FROM practised) AS seconds,
  (SELECT jsonb_agg(jsonb_build_array(domain, topic, title, rubric_major, answers, total, best, attempts))
   FROM (SELECT domain, topic, rubric_major, (array_agg(topic_title ORDER BY asked_at DESC))[1] AS title,
                count(*) AS answers, sum(score) AS total, max(score) AS best,
                jsonb_agg(jsonb_build_array(difficulty, kind, score) ORDER BY submitted_at) AS attempts
         FROM answered WHERE score IS NOT NULL GROUP BY 1, 2, 3) AS topics) AS topics
"""


@dataclass(frozen=True, slots=True)
class DomainPractice:
    """A domain that was practised."""

    domain: Domain
    interviews: int
    completed: int
    scores: ScoreSummary


@dataclass(frozen=True, slots=True)
class DifficultyPractice:
    """A difficulty that was practised."""

    difficulty: Difficulty
    interviews: int
    completed: int
    scores: ScoreSummary


@dataclass(frozen=True, slots=True)
class PracticeWeek:
    """A week in which interviews were completed. `week` is its Monday.

    `average` is that of the `scored` ones, which are those under the trend's rubric version.
    """

    week: date
    completed: int
    scored: int
    average: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """Weeks with completed interviews, oldest first; all averages are under one major version of the rubrics."""

    rubric_major: int | None
    weeks: tuple[PracticeWeek, ...]


@dataclass(frozen=True, slots=True)
class TopicPractice:
    """A topic on which answers were scored, of interviews in progress too. `ability` is by the scores' own version."""

    domain: Domain
    topic: str
    title: str
    scores: ScoreSummary
    ability: Ability


@dataclass(frozen=True, slots=True)
class PracticeAnalytics:
    """A user's practice.

    Every average is over completed interviews (for topics: answers) that have a score, under the newest major version
    of the rubrics among them, which it names. Topics come with the weakest first.

    `practice_minutes` add up the completed interviews, each from its start to its completion, or to its last answer
    when it was completed only because it had idled past the limit, and at most `practice_minutes_limit`.
    """

    time_zone: str
    interviews: int
    by_state: Mapping[InterviewState, int]
    scores: ScoreSummary
    by_domain: tuple[DomainPractice, ...]
    by_difficulty: tuple[DifficultyPractice, ...]
    trend: Trend
    practice_minutes: float
    practice_minutes_limit: float
    streaks: Streaks
    topics: tuple[TopicPractice, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """The interviews of one domain, difficulty, state and major version (None: without a score)."""

    domain: Domain
    difficulty: Difficulty
    state: InterviewState
    interviews: int
    scored: Scored | None


async def load(database: Database, user_id: UUID, *, time_zone: str, idle_limit: timedelta) -> PracticeAnalytics:
    """The user's practice; days and weeks are those of the IANA time zone. Raises INVALID for an unknown one."""
    zone = time_zones.zone(time_zone)
    try:
        row = await database.fetch_row(_LOAD, user_id, time_zone, idle_limit.total_seconds())
    except asyncpg.InvalidParameterValueError:
        raise time_zones.unknown_zone() from None
    if row is None:
        raise RuntimeError("an aggregate gave no row")
    kinds = [_kind(one) for one in row["kinds"] or ()]
    scores = summarise(one.scored for one in kinds if one.scored)
    return PracticeAnalytics(
        time_zone=time_zone,
        interviews=sum(one.interviews for one in kinds),
        by_state={state: _count(kinds, state) for state in InterviewState},
        scores=scores,
        by_domain=tuple(
            DomainPractice(domain, *_practice([one for one in kinds if one.domain is domain]))
            for domain in Domain
            if any(one.domain is domain for one in kinds)
        ),
        by_difficulty=tuple(
            DifficultyPractice(difficulty, *_practice([one for one in kinds if one.difficulty is difficulty]))
            for difficulty in Difficulty
            if any(one.difficulty is difficulty for one in kinds)
        ),
        trend=Trend(scores.rubric_major, _weeks(row["weeks"] or (), scores.rubric_major)),
        practice_minutes=round((row["seconds"] or 0.0) / 60, 1),
        practice_minutes_limit=idle_limit.total_seconds() / 60,
        streaks=streaks(row["days"] or (), datetime.now(UTC).astimezone(zone).date()),
        topics=_topics(row["topics"] or ()),
    )


def _kind(row: Sequence[Any]) -> _Kind:
    domain, difficulty, state, major, interviews, total, best = row
    scored = None if major is None else Scored(major, interviews, float(total), float(best))
    return _Kind(Domain(domain), Difficulty(difficulty), InterviewState(state), interviews, scored)


def _count(kinds: Iterable[_Kind], state: InterviewState) -> int:
    return sum(one.interviews for one in kinds if one.state is state)


def _practice(kinds: Sequence[_Kind]) -> tuple[int, int, ScoreSummary]:
    return (
        sum(one.interviews for one in kinds),
        _count(kinds, InterviewState.COMPLETED),
        summarise(one.scored for one in kinds if one.scored),
    )


def _weeks(rows: Sequence[Sequence[Any]], rubric_major: int | None) -> tuple[PracticeWeek, ...]:
    completed: dict[date, int] = {}
    averages: dict[date, tuple[int, float]] = {}
    for monday, major, count, total in rows:
        week = date.fromisoformat(monday)
        completed[week] = completed.get(week, 0) + count
        if major is not None and major == rubric_major:
            averages[week] = count, round(total / count, 2)
    return tuple(PracticeWeek(week, count, *averages.get(week, (0, None))) for week, count in sorted(completed.items()))


def _topics(rows: Sequence[Sequence[Any]]) -> tuple[TopicPractice, ...]:
    scores: dict[tuple[str, str], list[Scored]] = {}
    newest: dict[tuple[str, str], tuple[int, str, Ability]] = {}
    for domain, topic, title, major, answers, total, best, attempts in rows:
        scores.setdefault((domain, topic), []).append(Scored(major, answers, float(total), float(best)))
        if (domain, topic) not in newest or newest[domain, topic][0] < major:
            shown = ability(Attempt(Difficulty(at), QuestionKind(kind), float(score)) for at, kind, score in attempts)
            newest[domain, topic] = major, title, shown
    topics = [
        TopicPractice(Domain(domain), topic, newest[domain, topic][1], summarise(found), newest[domain, topic][2])
        for (domain, topic), found in scores.items()
    ]
    return tuple(sorted(topics, key=lambda one: (one.scores.average or 0.0, one.domain.value, one.topic)))
