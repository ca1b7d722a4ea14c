"""Coaching: an answer read by a framework, and questions to practise with that do not come twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.engine.client import InterviewEngine
from chat_service.engine.coaching import CoachingFeedback, Framework, PracticeQuestion
from chat_service.engine.models import Difficulty, QuestionSource
from chat_service.errors import AppError, ErrorKind, invalid

MAX_QUESTION_CHARACTERS = 2_000
MAX_NAME_CHARACTERS = 200

LEVELS = {
    "beginner": Difficulty.EASY,
    "intermediate": Difficulty.MEDIUM,
    "advanced": Difficulty.HARD,
    **{difficulty.value: difficulty for difficulty in Difficulty},
}
"""Difficulties by the names that they have here and in a learner's words."""

_REMEMBERED = 200
_REMEMBERED_FOR = timedelta(days=30)
# What the engine takes.
_MOST_TEXTS, _MOST_TEXT_CHARACTERS = 50, 1_000


@dataclass(frozen=True, slots=True)
class _Given:
    key: str
    text: str


class Coaching:
    """Reads answers and gives practice questions; keeps only which questions a user was given, for 30 days."""

    def __init__(self, engine: InterviewEngine, redis: Redis) -> None:
        self._engine = engine
        self._redis = redis

    async def feedback(self, question: str, answer: str, framework: Framework | None = None) -> CoachingFeedback:
        """An answer (at most 20,000 characters, may be empty) read by a framework; None lets the engine choose.

        Nothing of it is kept. Raises UNAVAILABLE, and CONFLICT when a language model may not spend enough on it.
        """
        return await self._engine.coach(question, answer, framework)

    async def practice_question(
        self, user_id: UUID, *, job_role: str | None, skill: str | None, difficulty: Difficulty
    ) -> PracticeQuestion:
        """A question by job role, skill or both, and not one of the last 200 that the user was given in 30 days.

        Raises INVALID when neither is given, and UNAVAILABLE.
        """
        if not job_role and not skill:
            raise invalid("skill", "give a skill, a job_role or both")
        given = await self._given(user_id)
        practice = await self._engine.practice_question(
            job_role or "",
            skill or "",
            difficulty,
            seen_keys=[one.key for one in given],
            seen_texts=[one.text for one in given if one.text][:_MOST_TEXTS],
        )
        question = practice.question
        written = question.source is QuestionSource.MODEL
        await self._remember(user_id, _Given(question.key, question.text[:_MOST_TEXT_CHARACTERS] if written else ""))
        return practice

    async def forget(self, user_id: UUID) -> None:
        """Forgets which questions a user was given. Raises UNAVAILABLE."""
        try:
            await self._redis.delete(_name(user_id))
        except RedisError as error:
            raise _unavailable(error) from error

    async def _given(self, user_id: UUID) -> Sequence[_Given]:
        """What the user was given, newest first."""
        try:
            kept = await self._redis.lrange(_name(user_id), 0, _REMEMBERED - 1)
        except RedisError as error:
            raise _unavailable(error) from error
        return [_Given(*json.loads(one)) for one in kept]

    async def _remember(self, user_id: UUID, given: _Given) -> None:
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.lpush(_name(user_id), json.dumps([given.key, given.text]))
                pipeline.ltrim(_name(user_id), 0, _REMEMBERED - 1)
                pipeline.expire(_name(user_id), _REMEMBERED_FOR)
                await pipeline.execute()
        except RedisError as error:
            raise _unavailable(error) from error


def _name(user_id: UUID) -> str:
    return f"practice:{user_id}"


def _unavailable(error: RedisError) -> AppError:
    return AppError(
        ErrorKind.UNAVAILABLE,
        "session_store_unavailable",
        "Which questions you have had cannot be told just now. Try again in a moment.",
        details={"cause": type(error).__name__},
        retry_after=2,
    )
