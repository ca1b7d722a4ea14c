"""A user's results one by one, as the dashboard and the charts are drawn from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from chat_service.accounts import time_zones
from chat_service.engine.models import Domain
from chat_service.interviews.round_types import QuestionCategory, category_of
from chat_service.storage.database import Database

MAX_INTERVIEWS = 300
MAX_ANSWERS = 500
BUCKETS = 10

# $1 user, $2 time zone, $3 most interviews, $4 most answers.
_LOAD = """
WITH own AS MATERIALIZED (
  SELECT id, state, domain, title, started_at, completed_at, answers_recorded, rubric_major, overall_score AS score,
         analytics_bucket(state, overall_score, rubric_major) AS bucket
  FROM interviews WHERE user_id = $1 AND started_at IS NOT NULL
), scored AS (
  SELECT id, domain, title, completed_at, score, bucket FROM own
  WHERE bucket >= 0 AND rubric_major = (SELECT max(rubric_major) FROM own WHERE bucket >= 0)
)
SELECT
  (SELECT count(*) FROM own) AS interviews,
  (SELECT coalesce(sum(answers_recorded), 0) FROM own) AS questions,
  (SELECT jsonb_agg(jsonb_build_array(id, domain, title, completed_at, score) ORDER BY completed_at, id)
   FROM (SELECT * FROM scored ORDER BY completed_at DESC, id DESC LIMIT $3) AS latest) AS scored,
  (SELECT jsonb_agg(jsonb_build_array(bucket, interviews))
   FROM (SELECT bucket, count(*) AS interviews FROM scored GROUP BY 1) AS buckets) AS buckets,
  (SELECT jsonb_agg(jsonb_build_array(day, interviews) ORDER BY day)
   FROM (SELECT day, count(*) AS interviews
         FROM (SELECT id, (started_at AT TIME ZONE $2::text)::date AS day FROM own
               UNION
               SELECT id, (completed_at AT TIME ZONE $2::text)::date FROM own WHERE completed_at IS NOT NULL) AS each
         GROUP BY 1) AS days) AS days,
  (SELECT jsonb_agg(jsonb_build_array(domain, category, score, provenance ->> 'rubric',
                      CASE WHEN provenance ->> 'rubric_version' ~ '^[0-9]{1,4}([.]|$)'
                           THEN split_part(provenance ->> 'rubric_version', '.', 1)::int ELSE 0 END,
                      delivery -> 'relevance', delivery -> 'grammar', delivery -> 'fluency',
                      delivery -> 'keyword_coverage'))
   FROM (SELECT q.domain, q.category, a.score, a.evaluation
         FROM answers a JOIN questions q ON q.id = a.question_id
         WHERE a.user_id = $1 AND a.score IS NOT NULL ORDER BY a.submitted_at DESC, a.id DESC LIMIT $4) AS latest
        CROSS JOIN LATERAL jsonb_to_record(evaluation) AS graded (provenance jsonb, delivery jsonb)) AS answers
"""


@dataclass(frozen=True, slots=True)
class ScoredInterview:
    """A completed interview with a score."""

    id: UUID
    domain: Domain
    title: str | None
    completed_at: datetime
    score: float


@dataclass(frozen=True, slots=True)
class GradedAnswer:
    """The score of an answer (0 to 100) and how it was said, as percentages; None where not measured."""

    category: QuestionCategory
    score: float
    rubric: str
    rubric_major: int
    relevance: float | None
    grammar: float | None
    fluency: float | None
    keywords: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """What a user has achieved.

    `interviews` were started and `questions` were answered in them. `scored` are his latest 300 interviews with a
    score, oldest first, all under the newest major version of the rubrics among them; `buckets` counts all of these by
    tens, [0, 10) first, [90, 100] last. `days` are the days with practice and how many interviews each saw. `answers`
    are his latest 500 with a score, newest first; of each rubric those of its newest major version alone.
    """

    interviews: int
    questions: int
    scored: tuple[ScoredInterview, ...]
    buckets: tuple[int, ...]
    days: tuple[tuple[date, int], ...]
    answers: tuple[GradedAnswer, ...]


async def load(database: Database, user_id: UUID, time_zone: str) -> Results:
    """The user's results; days are those of the IANA time zone. Raises INVALID for an unknown one."""
    time_zones.zone(time_zone)
    try:
        row = await database.fetch_row(_LOAD, user_id, time_zone, MAX_INTERVIEWS, MAX_ANSWERS)
    except asyncpg.InvalidParameterValueError:
        raise time_zones.unknown_zone() from None
    if row is None:
        raise RuntimeError("an aggregate gave no row")
    buckets = dict(row["buckets"] or ())
    return Results(
        interviews=row["interviews"],
        questions=row["questions"],
        scored=tuple(
            ScoredInterview(UUID(one), Domain(domain), title, datetime.fromisoformat(completed_at), float(score))
            for one, domain, title, completed_at, score in row["scored"] or ()
        ),
        buckets=tuple(buckets.get(number, 0) for number in range(BUCKETS)),
        days=tuple((date.fromisoformat(day), interviews) for day, interviews in row["days"] or ()),
        answers=_comparable(_answer(one) for one in row["answers"] or ()),
    )


def _answer(row: Sequence[Any]) -> GradedAnswer:
    domain, category, score, rubric, major, *delivery = row
    return GradedAnswer(
        QuestionCategory(category) if category else category_of(Domain(domain)),
        float(score),
        rubric or "",
        major,
        *(None if one is None else float(one) for one in delivery),
    )


def _comparable(answers: Iterable[GradedAnswer]) -> tuple[GradedAnswer, ...]:
    some = list(answers)
    newest: dict[str, int] = {}
    for one in some:
        newest[one.rubric] = max(newest.get(one.rubric, 0), one.rubric_major)
    return tuple(one for one in some if one.rubric_major == newest[one.rubric])
