"""Fills a database with interviews, five answers each, for measurements at a realistic size.

Rows are written with COPY in the order of time, so that a user's are as far apart on disk as in real use. Everything
follows from the number of interviews: seeding twice gives the same rows but for their ids and for what time it is.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from chat_service.analytics.analytics import Analytics
from chat_service.engine.models import Difficulty, Domain
from chat_service.storage.database import Database
from chat_service.storage.ids import new_id

ANSWERS_EACH = 5
_HISTORY = timedelta(weeks=104)
_COPIED_AT_ONCE = 20_000

# With fewer, triggers count while rows come in; with more it is faster to count everything afterwards.
_COUNTED_BY_TRIGGERS = 20_000

# Two users have the same number of interviews at every size, so that their pages can be compared between sizes; the
# others share the rest.
_TYPICAL_INTERVIEWS = 20
_BUSY_INTERVIEWS = 200
_MEAN_INTERVIEWS = 20

_STATES = ("draft", "scheduled", "in_progress", "completed", "cancelled")
_STATE_WEIGHTS = (6, 4, 4, 80, 6)
_DOMAINS = tuple(one.value for one in Domain)
_DOMAIN_WEIGHTS = (30, 18, 14, 18, 12, 2, 2, 4)
_DIFFICULTIES = tuple(one.value for one in Difficulty)
_DIFFICULTY_WEIGHTS = (25, 45, 22, 8)
_TOPICS_OF_A_DOMAIN = 12

_USERS = ("id", "email", "password_hash", "role", "tech_stacks", "created_at", "updated_at")
_INTERVIEWS = (
    "id",
    "user_id",
    "domain",
    "difficulty",
    "state",
    "focus_areas",
    "skills",
    "question_limit",
    "questions_asked",
    "answers_recorded",
    "overall_score",
    "rubric_major",
    "scheduled_at",
    "started_at",
    "completed_at",
    "cancelled_at",
    "last_activity_at",
    "created_at",
)
_QUESTIONS = (
    "id",
    "user_id",
    "interview_id",
    "number",
    "key",
    "repeat",
    "text",
    "kind",
    "parent_key",
    "probed_point_id",
    "domain",
    "difficulty",
    "topic",
    "topic_title",
    "points",
    "reference_answer",
    "time_limit_seconds",
    "source",
    "asked_at",
)
_ANSWERS = (
    "id",
    "user_id",
    "interview_id",
    "question_id",
    "content",
    "submitted_at",
    "evaluated_at",
    "score",
    "evaluation",
    "point_statuses",
)

_QUESTION = "How would you keep the lookups of this structure fast while it grows, and what does that cost?"
_REFERENCE = "Keep the load factor bounded and double the table when it is passed, which is O(1) amortised an insert."
_ANSWER = "I would double the table whenever it is three quarters full; a single insert is slow then, not the average."
_POINTS = json.dumps([{"id": f"p{one}", "text": _REFERENCE[:50], "phrasings": [], "weight": 1} for one in range(3)])
_EVALUATION = json.dumps(
    {
        "status": "scored",
        "criteria": [{"name": f"criterion_{one}", "level": 3, "score": 70.0, "comment": "Shown."} for one in range(4)],
        "provenance": {"engine": "builtin", "rubric": "dsa", "rubric_version": "1.0"},
    }
)
_STATUSES = json.dumps({f"p{one}": "covered" for one in range(3)})


@dataclass(frozen=True, slots=True)
class SeededUsers:
    """Who is in the database now. Nobody has a password; make access tokens for them.

    `typical` has 20 interviews and `busy` 200 at every size, as far as there are that many. `admin` has none.
    """

    everyone: Sequence[UUID]
    typical: UUID
    busy: UUID
    admin: UUID


@dataclass(frozen=True, slots=True)
class _Planned:
    """An interview to be written."""

    id: UUID
    user_id: UUID
    created_at: datetime


async def seed(database_url: str, interviews: int) -> SeededUsers:
    """Adds so many interviews and their users to a migrated database, and brings its statistics up to date."""
    chance = random.Random(interviews)
    now = datetime.now(UTC)
    connection = await asyncpg.connect(
        database_url, command_timeout=3600, server_settings={"synchronous_commit": "off"}
    )
    try:
        admin, typical, busy = new_id(), new_id(), new_id()
        others = [new_id() for _ in range(max(1, interviews // _MEAN_INTERVIEWS))]
        counted_later = interviews > _COUNTED_BY_TRIGGERS
        async with _without_upkeep(connection, triggers_too=counted_later):
            await _copy(connection, "users", _USERS, _user_rows(admin, [typical, busy, *others], now))
            plan = _plan(chance, now, interviews, typical, busy, others)
            for start in range(0, len(plan), _COPIED_AT_ONCE):
                await _copy_interviews(connection, chance, now, plan[start : start + _COPIED_AT_ONCE])
        await connection.execute("VACUUM (ANALYZE) users, interviews, questions, answers")
    finally:
        await connection.close()
    if counted_later:
        await _rebuild(database_url)
    return SeededUsers((typical, busy, *others), typical, busy, admin)


@asynccontextmanager
async def _without_upkeep(connection: Any, *, triggers_too: bool) -> AsyncIterator[None]:
    """Drops the foreign keys and plain indexes of the large tables and makes them anew: checked at once, not by row."""
    keys = await connection.fetch(
        "SELECT conrelid::regclass AS table_name, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint "
        "WHERE contype = 'f' AND conrelid = ANY (ARRAY['interviews', 'questions', 'answers']::regclass[])"
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass AS index_name, pg_get_indexdef(indexrelid) AS definition FROM pg_index "
        "WHERE NOT indisunique AND indrelid = ANY (ARRAY['interviews', 'questions', 'answers']::regclass[])"
    )
    for key in keys:
        await connection.execute(f'ALTER TABLE {key["table_name"]} DROP CONSTRAINT "{key["conname"]}"')
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['index_name']}")
    if triggers_too:
        for table in ("users", "interviews"):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        if triggers_too:
            for table in ("users", "interviews"):
                await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for index in indexes:
            await connection.execute(index["definition"])
        for key in keys:
            await connection.execute(
                f'ALTER TABLE {key["table_name"]} ADD CONSTRAINT "{key["conname"]}" {key["definition"]}'
            )


async def _rebuild(database_url: str) -> None:
    database = Database(database_url, pool=2)
    try:
        await Analytics(database).rebuild()
    finally:
        await database.close()


def _user_rows(admin: UUID, users: Sequence[UUID], now: datetime) -> Iterator[tuple[Any, ...]]:
    first = now - _HISTORY
    yield admin, f"{admin}@example.com", "!", "admin", "[]", first, first
    for place, user_id in enumerate(users):
        joined = first + _HISTORY * (place / len(users)) * 0.9
        yield user_id, f"{user_id}@example.com", "!", "user", "[]", joined, joined


def _plan(
    chance: random.Random, now: datetime, interviews: int, typical: UUID, busy: UUID, others: Sequence[UUID]
) -> list[_Planned]:
    """Who has an interview when, in the order of time. A few of the others practise much more than most."""
    fixed = ([typical] * _TYPICAL_INTERVIEWS + [busy] * _BUSY_INTERVIEWS)[:interviews]
    rest = interviews - len(fixed)
    owners = fixed + [others[int(len(others) * chance.random() ** 2)] for _ in range(rest)]
    chance.shuffle(owners)
    step = _HISTORY / (interviews + 1)
    return [_Planned(new_id(), owner, now - _HISTORY + step * place) for place, owner in enumerate(owners, 1)]


async def _copy_interviews(connection: Any, chance: random.Random, now: datetime, planned: Sequence[_Planned]) -> None:
    interviews: list[tuple[Any, ...]] = []
    questions: list[tuple[Any, ...]] = []
    answers: list[tuple[Any, ...]] = []
    states = chance.choices(_STATES, _STATE_WEIGHTS, k=len(planned))
    domains = chance.choices(_DOMAINS, _DOMAIN_WEIGHTS, k=len(planned))
    difficulties = chance.choices(_DIFFICULTIES, _DIFFICULTY_WEIGHTS, k=len(planned))
    for one, state, domain, difficulty in zip(planned, states, domains, difficulties, strict=True):
        started = one.created_at + timedelta(minutes=5) if state in ("in_progress", "completed") else None
        scores: list[float] = []
        if started is not None:
            for number in range(1, ANSWERS_EACH + 1):
                topic = chance.randrange(_TOPICS_OF_A_DOMAIN)
                score = round(chance.triangular(5, 100, 68), 1)
                scores.append(score)
                asked = started + timedelta(minutes=4 * number)
                question_id = new_id()
                questions.append(
                    (
                        question_id,
                        one.user_id,
                        one.id,
                        number,
                        f"{domain}-{one.id.hex}-{number}",
                        0,
                        _QUESTION,
                        "main",
                        "",
                        "",
                        domain,
                        difficulty,
                        f"topic_{topic}",
                        f"Topic {topic}",
                        _POINTS,
                        _REFERENCE,
                        300,
                        "bank",
                        asked,
                    )
                )
                answered = asked + timedelta(minutes=3)
                answers.append(
                    (
                        new_id(),
                        one.user_id,
                        one.id,
                        question_id,
                        _ANSWER,
                        answered,
                        answered,
                        score,
                        _EVALUATION,
                        _STATUSES,
                    )
                )
        done = state == "completed"
        completed = started + timedelta(minutes=25) if done and started is not None else None
        interviews.append(
            (
                one.id,
                one.user_id,
                domain,
                difficulty,
                state,
                "[]",
                "[]",
                ANSWERS_EACH,
                len(scores),
                len(scores),
                round(sum(scores) / ANSWERS_EACH, 1) if done else None,
                1 if done else None,
                now + timedelta(days=3) if state == "scheduled" else None,
                started,
                completed,
                one.created_at + timedelta(hours=1) if state == "cancelled" else None,
                completed or started or one.created_at,
                one.created_at,
            )
        )
    await _copy(connection, "interviews", _INTERVIEWS, interviews)
    await _copy(connection, "questions", _QUESTIONS, questions)
    await _copy(connection, "answers", _ANSWERS, answers)


async def _copy(connection: Any, table: str, columns: Sequence[str], rows: Any) -> None:
    await connection.copy_records_to_table(table, columns=columns, records=rows)


def main() -> None:
    """`python -m tests.bench.seeding DATABASE_URL INTERVIEWS` fills a migrated database."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("database_url")
    arguments.add_argument("interviews", type=int)
    chosen = arguments.parse_args()
    began = time.monotonic()
    users = asyncio.run(seed(chosen.database_url, chosen.interviews))
    print(f"{chosen.interviews} interviews of {len(users.everyone)} users in {time.monotonic() - began:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
