"""Many candidates, each a copy of the pilot, with a session and an access token of his own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chat_service.storage.ids import new_id
from tests.bench.credentials import Credentials
from tests.bench.pilot import Pilot

_COPY_USERS = """
INSERT INTO users
SELECT copy.*
FROM users pilot, unnest($2::uuid[]) AS new(id),
     jsonb_populate_record(NULL::users, to_jsonb(pilot)
       || jsonb_build_object('id', new.id, 'email', new.id || '@example.com')) AS copy
WHERE pilot.id = $1
"""

# Questions and answers get ids that follow from the ids of the model and of the new interview.
_COPY_INTERVIEWS = """
INSERT INTO interviews
SELECT copy.*
FROM interviews model, unnest($2::uuid[], $3::uuid[]) AS new(user_id, id),
     jsonb_populate_record(NULL::interviews, to_jsonb(model)
       || jsonb_build_object('id', new.id, 'user_id', new.user_id,
                             'current_question_id', md5(model.current_question_id::text || new.id)::uuid)) AS copy
WHERE model.id = $1
"""
_COPY_QUESTIONS = """
INSERT INTO questions
SELECT copy.*
FROM questions model, unnest($2::uuid[], $3::uuid[], $4::int[]) AS new(user_id, interview_id, repeat),
     jsonb_populate_record(NULL::questions, to_jsonb(model)
       || jsonb_build_object('id', md5(model.id::text || new.interview_id)::uuid, 'user_id', new.user_id,
                             'interview_id', new.interview_id, 'repeat', new.repeat)) AS copy
WHERE model.interview_id = $1
"""
_COPY_ANSWERS = """
INSERT INTO answers
SELECT copy.*
FROM answers model, unnest($2::uuid[], $3::uuid[]) AS new(user_id, interview_id),
     jsonb_populate_record(NULL::answers, to_jsonb(model)
       || jsonb_build_object('id', md5(model.id::text || new.interview_id)::uuid, 'user_id', new.user_id,
                             'interview_id', new.interview_id,
                             'question_id', md5(model.question_id::text || new.interview_id)::uuid)) AS copy
WHERE model.interview_id = $1
"""
_COPY_REPORTS = """
INSERT INTO reports
SELECT copy.*
FROM reports model, unnest($2::uuid[], $3::uuid[]) AS new(user_id, interview_id),
     jsonb_populate_record(NULL::reports, to_jsonb(model)
       || jsonb_build_object('user_id', new.user_id, 'interview_id', new.interview_id)) AS copy
WHERE model.interview_id = $1
"""


@dataclass(frozen=True)
class Candidate:
    """Somebody with an access token, and his interviews."""

    user: UUID
    token: str
    interviews: Sequence[UUID]


class Candidates:
    """Copies the pilot."""

    def __init__(self, pilot: Pilot, database_url: str, credentials: Credentials) -> None:
        self._pilot = pilot
        self._database_url = database_url
        self._credentials = credentials

    def make(self, count: int, *, model: UUID, interviews: int = 1) -> Sequence[Candidate]:
        """`count` candidates with as many copies each of the pilot's interview `model`."""
        return asyncio.run(self._make(count, model, interviews))

    async def _make(self, count: int, model: UUID, interviews: int) -> Sequence[Candidate]:
        users = [new_id() for _ in range(count)]
        owners = [user for user in users for _ in range(interviews)]
        copies = [new_id() for _ in owners]
        connection = await asyncpg.connect(self._database_url)
        try:
            await connection.execute(_COPY_USERS, self._pilot.user, users)
            await connection.execute(_COPY_INTERVIEWS, model, owners, copies)
            repeats = [place % interviews for place in range(len(copies))]
            await connection.execute(_COPY_QUESTIONS, model, owners, copies, repeats)
            for statement in (_COPY_ANSWERS, _COPY_REPORTS):
                await connection.execute(statement, model, owners, copies)
            await connection.execute("VACUUM ANALYZE users, interviews, questions, answers, reports")
        finally:
            await connection.close()
        tokens = await self._credentials.issue(users)
        return [
            Candidate(user, token, copies[place * interviews : (place + 1) * interviews])
            for place, (user, token) in enumerate(zip(users, tokens, strict=True))
        ]
