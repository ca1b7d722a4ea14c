"""What an interview has seen so far, as the engine's choice of the next question needs it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from chat_service.engine.models import (
    Difficulty,
    Domain,
    Evaluation,
    EvaluationStatus,
    History,
    PastTurn,
    PointStatus,
    Question,
    QuestionKind,
)
from chat_service.storage.database import Database

# A domain that composes its questions from others counts what was asked in any of them, and so does a prepared set,
# whose questions have domains of their own: `every`.
SEEN_KEYS = """
SELECT array_agg(key) FROM questions
WHERE user_id = {user} AND (domain = {domain} OR {domain} IN ('situational', 'hr', 'role') OR {every})
"""

# What a language model asked the candidate in other interviews: the engine knows no text of these. As many and as long
# as the engine takes.
SEEN_TEXTS = """
SELECT array_agg(text ORDER BY asked_at DESC) FROM (
  SELECT left(text, 1000) AS text, asked_at FROM questions
  WHERE user_id = {user} AND source = 'model' AND interview_id <> {interview}
  ORDER BY asked_at DESC LIMIT 50
) AS written
"""

# Everything of a turn but the answer's text: small, however long the interview is.
PAST_TURNS = """
SELECT jsonb_agg(jsonb_build_array(
         q.id, q.key, q.text, q.kind, q.parent_key, q.probed_point_id, q.domain, q.difficulty, q.topic, q.topic_title,
         a.score, a.evaluated_at IS NOT NULL,
         CASE WHEN a.score IS NULL THEN a.evaluation ->> 'not_assessable_reason' END, a.point_statuses
       ) ORDER BY q.number)
FROM questions q LEFT JOIN answers a ON a.question_id = q.id
WHERE q.interview_id = {interview} AND q.id IS DISTINCT FROM {current}
"""

# Deleting an interview leaves gaps in the count of how often a question was asked: each key comes once for each time
# that is counted, so that the next time is one that is not taken.
_COUNTED_KEYS = """
SELECT array_agg(key) FROM (
  SELECT key, greatest(count(*), max(repeat) + 1) AS times FROM questions
  WHERE user_id = $3 AND (domain = $4 OR $4 IN ('situational', 'hr', 'role')) GROUP BY key
) AS counted, generate_series(1, times)
"""

_LOAD = f"""
SELECT ({PAST_TURNS.format(interview="$1", current="$2::uuid")}) AS turns,
       ({_COUNTED_KEYS}) AS seen,
       ({SEEN_TEXTS.format(user="$3", interview="$1")}) AS seen_texts
"""


async def load(
    database: Database, *, interview_id: UUID, current: UUID | None, user_id: UUID, domain: Domain
) -> History:
    """The history of an interview, without the turn of the question `current`."""
    row = await database.fetch_row(_LOAD, interview_id, current, user_id, domain.value)
    return history(row["turns"], row["seen"], row["seen_texts"]) if row is not None else History((), ())


def history(
    turns: Sequence[Sequence[Any]] | None, seen: Sequence[str] | None, seen_texts: Sequence[str] | None
) -> History:
    """The history of the three columns that the queries above give."""
    return History([_past_turn(one) for one in turns or ()], list(seen or ()), list(seen_texts or ()))


def past_turn(question: Question, evaluation: Evaluation) -> PastTurn:
    """The turn that has just been graded."""
    return PastTurn(
        key=question.key,
        text=question.text,
        kind=question.kind,
        parent_key=question.parent_key,
        probed_point_id=question.probed_point_id,
        domain=question.domain,
        difficulty=question.difficulty,
        topic=question.topic,
        topic_title=question.topic_title,
        status=evaluation.status,
        score=evaluation.score,
        declined=evaluation.not_assessable_reason == "declined",
        points={point.id: point.status for point in evaluation.points},
    )


def question_ids(turns: Sequence[Sequence[Any]] | None) -> Mapping[str, UUID]:
    """The ids of the questions that were asked, by their keys."""
    return {one[1]: UUID(one[0]) for one in turns or ()}


def _past_turn(row: Sequence[Any]) -> PastTurn:
    _, key, text, kind, parent, probed, domain, difficulty, topic, title, score, evaluated, reason, points = row
    status = None
    if evaluated:
        status = EvaluationStatus.NOT_ASSESSABLE if score is None else EvaluationStatus.SCORED
    return PastTurn(
        key=key,
        text=text,
        kind=QuestionKind(kind),
        parent_key=parent,
        probed_point_id=probed,
        domain=Domain(domain),
        difficulty=Difficulty(difficulty),
        topic=topic,
        topic_title=title,
        status=status,
        score=score,
        declined=reason == "declined",
        points={point: PointStatus(one) for point, one in (points or {}).items()},
    )
