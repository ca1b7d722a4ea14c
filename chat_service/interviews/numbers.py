"""Numbers in place of UUIDs, for doors that publish integers as ids."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from chat_service.accounts.access_tokens import refused
from chat_service.errors import not_found
from chat_service.storage.database import Database

_MOST = 2**63 - 1
_FIND = "SELECT subject_id, number FROM numbers WHERE subject_id = ANY($1::uuid[])"
# A conflict would use up a number, so only what has none is inserted; two at once may still waste one.
_GIVE = """
INSERT INTO numbers (user_id, interview_id, subject_id)
SELECT $1, $2, subject FROM unnest($3::uuid[]) WITH ORDINALITY AS wanted(subject, place) ORDER BY place
ON CONFLICT (subject_id) DO NOTHING
"""
_SUBJECT = "SELECT subject_id FROM numbers WHERE number = $1 AND user_id = $2"


class Numbers:
    """Gives users, interviews and rounds numbers when they are first asked for, and finds them by these."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_user(self, user_id: UUID) -> int:
        """The number of a user. Raises UNAUTHENTICATED when the account is gone."""
        return (await self._of(user_id, None, [user_id]))[0]

    async def of_interview(self, user_id: UUID, interview_id: UUID) -> int:
        """The number of a user's interview. Raises NOT_FOUND."""
        return (await self._of(user_id, interview_id, [interview_id]))[0]

    async def of_rounds(self, user_id: UUID, interview_id: UUID, rounds: Sequence[UUID]) -> Sequence[int]:
        """The numbers of rounds of a user's interview, in their order. Raises NOT_FOUND."""
        return await self._of(user_id, interview_id, rounds)

    async def interview(self, user_id: UUID, number: int) -> UUID:
        """What of the user's has the number. Raises NOT_FOUND `interview_not_found`."""
        return await self._subject(user_id, number, "interview")

    async def round(self, user_id: UUID, number: int) -> UUID:
        """What of the user's has the number. Raises NOT_FOUND `round_not_found`."""
        return await self._subject(user_id, number, "round")

    async def _of(self, user_id: UUID, interview_id: UUID | None, subjects: Sequence[UUID]) -> Sequence[int]:
        known = await self._known(subjects)
        missing = [one for one in subjects if one not in known]
        if missing:
            try:
                await self._database.fetch(_GIVE, user_id, interview_id, missing)
            except asyncpg.ForeignKeyViolationError:
                if interview_id is None:
                    raise refused("account_gone", "This account no longer exists.") from None
                raise not_found("interview") from None
            known |= await self._known(missing)
        return [known[one] for one in subjects]

    async def _known(self, subjects: Sequence[UUID]) -> dict[UUID, int]:
        rows = await self._database.fetch(_FIND, subjects)
        return {row["subject_id"]: row["number"] for row in rows}

    async def _subject(self, user_id: UUID, number: int, what: str) -> UUID:
        row = await self._database.fetch_row(_SUBJECT, number, user_id) if 0 < number <= _MOST else None
        if row is None:
            raise not_found(what)
        found: UUID = row["subject_id"]
        return found
