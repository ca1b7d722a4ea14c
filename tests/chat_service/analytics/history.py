"""A random history of accounts and interviews."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from chat_service.engine.models import Difficulty, Domain
from chat_service.storage.ids import new_id
from tests.chat_service.analytics.rows import Connection, InterviewRow, add_interview, add_interviews, add_user


class _UndoneError(Exception):
    pass


class Writer:
    """Does at random what the product does to accounts and interviews, and some things that only an operator does."""

    def __init__(self, connection: Connection, chance: random.Random) -> None:
        self.connection = connection
        self.chance = chance
        self.steps: list[Callable[[], Awaitable[object]]] = [
            *[self._open_account] * 3,
            *[self._create] * 3,
            *[self._start] * 5,
            *[self._answer] * 4,
            *[self._complete] * 4,
            self._cancel,
            self._delete_interview,
            self._delete_account,
            self._create_many,
            self._delete_many,
            self._regrade_many,
            self._change_what_never_changes,
        ]

    async def write(self, steps: int) -> None:
        """That many transactions, some of which are rolled back."""
        for _ in range(steps):
            try:
                async with self.connection.transaction():
                    for _ in range(self.chance.choice((1, 1, 1, 2))):
                        await self.chance.choice(self.steps)()
                    if self.chance.random() < 0.1:
                        raise _UndoneError
            except (_UndoneError, asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError):
                pass  # rolled back, and to be counted as if it had not been tried

    def _moment(self) -> datetime:
        ago = timedelta(weeks=self.chance.randrange(30), seconds=self.chance.randrange(7 * 86_400))
        return datetime.now(UTC) - ago

    def _row(self, user_id: UUID) -> InterviewRow:
        state = self.chance.choice(("draft", "scheduled", "in_progress", "completed", "cancelled"))
        scored = state == "completed" and self.chance.random() < 0.8
        return InterviewRow(
            user_id,
            state=state,
            domain=self.chance.choice(list(Domain)[:4]).value,
            difficulty=self.chance.choice(list(Difficulty)).value,
            score=self._score() if scored else None,
            rubric_major=self.chance.choice((1, 1, 2)) if scored else None,
            started_at=self._moment() if state in ("in_progress", "completed") else None,
        )

    def _score(self) -> float:
        return self.chance.choice((0.0, 10.0, 99.5, 100.0, self.chance.randrange(201) / 2))

    async def _pick(self, table: str, where: str = "true") -> UUID:
        found = await self.connection.fetch(f"SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT 40")
        return self.chance.choice(found)["id"] if found else new_id()

    async def _open_account(self) -> None:
        await add_user(self.connection, self._moment())

    async def _create(self) -> None:
        await add_interview(self.connection, await self._pick("users"), domain=self.chance.choice(list(Domain)).value)

    async def _start(self) -> None:
        await self.connection.execute(
            "UPDATE interviews SET state = 'in_progress', started_at = $2 WHERE id = $1 "
            "AND state IN ('draft', 'scheduled')",
            await self._pick("interviews", "state IN ('draft', 'scheduled')"),
            self._moment(),
        )

    async def _answer(self) -> None:
        await self.connection.execute(
            "UPDATE interviews SET answers_recorded = answers_recorded + 1, last_activity_at = now() WHERE id = $1",
            await self._pick("interviews", "state = 'in_progress'"),
        )

    async def _complete(self) -> None:
        score = self._score() if self.chance.random() < 0.8 else None
        await self.connection.execute(
            "UPDATE interviews SET state = 'completed', completed_at = now(), overall_score = $2, rubric_major = $3 "
            "WHERE id = $1 AND state = 'in_progress'",
            await self._pick("interviews", "state = 'in_progress'"),
            score,
            None if score is None else self.chance.choice((1, 2)),
        )

    async def _cancel(self) -> None:
        await self.connection.execute(
            "UPDATE interviews SET state = 'cancelled', cancelled_at = now() WHERE id = $1 "
            "AND state IN ('draft', 'scheduled')",
            await self._pick("interviews", "state IN ('draft', 'scheduled')"),
        )

    async def _delete_interview(self) -> None:
        await self.connection.execute("DELETE FROM interviews WHERE id = $1", await self._pick("interviews"))

    async def _delete_account(self) -> None:
        await self.connection.execute("DELETE FROM users WHERE id = $1", await self._pick("users"))

    async def _create_many(self) -> None:
        user_ids = [await self._pick("users") for _ in range(3)]
        await add_interviews(self.connection, *(self._row(self.chance.choice(user_ids)) for _ in range(12)))

    async def _delete_many(self) -> None:
        await self.connection.execute(
            "DELETE FROM interviews WHERE domain = $1 AND difficulty = $2",
            self.chance.choice(list(Domain)).value,
            self.chance.choice(list(Difficulty)).value,
        )

    async def _regrade_many(self) -> None:
        await self.connection.execute(
            "UPDATE interviews SET overall_score = 100 - overall_score, rubric_major = 2 WHERE domain = $1",
            self.chance.choice(list(Domain)).value,
        )

    async def _change_what_never_changes(self) -> None:
        await self.connection.execute(
            "UPDATE interviews SET user_id = $2, difficulty = 'easy', started_at = started_at - interval '3 days' "
            "WHERE id = $1",
            await self._pick("interviews"),
            await self._pick("users"),
        )
        await self.connection.execute(
            "UPDATE users SET created_at = created_at - interval '5 days' WHERE id = $1", await self._pick("users")
        )
