"""Rows written as they are, for tests that are about figures and not about how interviews come to be."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias
from uuid import UUID

from chat_service.storage.ids import new_id

_numbers = count(1)


# asyncpg's connections have no type in common: a pool hands out proxies.
Connection: TypeAlias = Any


@dataclass
class InterviewRow:
    """An interview to insert; the times of its state are filled in when they are not given."""

    user_id: UUID
    state: str = "draft"
    domain: str = "dsa"
    difficulty: str = "medium"
    score: float | None = None
    rubric_major: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    id: UUID = field(default_factory=new_id)

    def __post_init__(self) -> None:
        if self.state in ("in_progress", "completed") and self.started_at is None:
            self.started_at = datetime.now(UTC) - timedelta(minutes=30)
        if self.state == "completed" and self.completed_at is None and self.started_at is not None:
            self.completed_at = self.started_at + timedelta(minutes=20)
        if self.score is not None and self.rubric_major is None:
            self.rubric_major = 1

    def values(self) -> tuple[Any, ...]:
        """In the order of `_INTERVIEW`."""
        return (
            self.id,
            self.user_id,
            self.domain,
            self.difficulty,
            self.state,
            self.score,
            self.rubric_major,
            self.started_at,
            self.completed_at,
        )


_INTERVIEW = """
INSERT INTO interviews (id, user_id, domain, difficulty, state, overall_score, rubric_major, started_at, completed_at,
                        focus_areas, skills, question_limit, questions_asked, answers_recorded)
SELECT *, '[]', '[]', 5, 0, 0
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::int2[], $8::timestamptz[],
            $9::timestamptz[])
"""

_ANSWERED = """
WITH question AS (
  INSERT INTO questions (id, user_id, interview_id, number, key, repeat, text, kind, parent_key, probed_point_id,
                         domain, difficulty, topic, topic_title, points, reference_answer, time_limit_seconds, source,
                         asked_at)
  VALUES ($1, $2, $3, $4, $5, 0, 'Why?', 'main', '', '', $6, 'medium', $7, $8, '[]', 'So.', 300, 'bank', $9)
)
INSERT INTO answers (id, user_id, interview_id, question_id, content, submitted_at, evaluated_at, score, evaluation)
VALUES ($10, $2, $3, $1, 'Because.', $9, $9, $11, $12)
"""


async def add_user(connection: Connection, created_at: datetime | None = None) -> UUID:
    """An account."""
    user_id = new_id()
    await connection.execute(
        "INSERT INTO users (id, email, password_hash, role, tech_stacks, created_at) "
        "VALUES ($1, $2, '!', 'user', '[]', $3)",
        user_id,
        f"{user_id}@example.com",
        created_at or datetime.now(UTC),
    )
    return user_id


async def add_interviews(connection: Connection, *rows: InterviewRow) -> None:
    """All of the rows in one statement."""
    await connection.execute(
        _INTERVIEW, *(list(column) for column in zip(*(one.values() for one in rows), strict=True))
    )


async def add_interview(connection: Connection, user_id: UUID, **fields: Any) -> InterviewRow:
    """One interview."""
    row = InterviewRow(user_id, **fields)
    await add_interviews(connection, row)
    return row


async def add_answer(
    connection: Connection,
    interview: InterviewRow,
    *,
    score: float | None,
    topic: str = "hashing",
    title: str = "Hash tables",
    rubric_version: str = "1.0",
    at: datetime | None = None,
) -> None:
    """A question with its graded answer."""
    number = next(_numbers)
    await connection.execute(
        _ANSWERED,
        new_id(),
        interview.user_id,
        interview.id,
        number % 30_000,
        f"question-{number}",
        interview.domain,
        topic,
        title,
        at or datetime.now(UTC),
        new_id(),
        score,
        json.dumps({"provenance": {"rubric_version": rubric_version}}),
    )
