"""Everything that is kept about a user, as one JSON document."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Table, select, tuple_

from chat_service.accounts.api_keys import api_key
from chat_service.accounts.credits import movement
from chat_service.accounts.profiles import Profiles
from chat_service.accounts.tables import CreditEntry, StoredApiKey
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.archive import Archive, InterviewFilter
from chat_service.interviews.tables import StoredReport
from chat_service.storage.database import Base, Database

_PAGE = 20
_ROWS = 200

# Shown in the document's own sections, or (keys of requests) replies that repeat them for a day.
_SHOWN_ELSEWHERE = {
    *("users", "api_keys", "credit_entries", "interviews", "questions", "answers", "reports", "idempotency_keys"),
}


class Export:
    """Writes the document piece by piece, so that memory does not grow with what there is."""

    def __init__(self, database: Database, archive: Archive) -> None:
        self._database = database
        self._archive = archive
        self._profiles = Profiles(database)

    async def of(self, user_id: UUID) -> AsyncIterator[bytes]:
        """The document's UTF-8. Raises UNAUTHENTICATED before the first piece when the account is gone.

        `account`, `profile`, `credits`, `api_keys`, `interviews` (each with its transcript and report) and `records`,
        the rows of every other table by its name. Bytes are in base64. Secrets, even hashed, are left out.
        """
        profile = await self._profiles.get(user_id)
        account = {"id": profile.id, "email": profile.email, "role": profile.role, "created_at": profile.created_at}
        head = {"exported_at": datetime.now(UTC), "account": account, "profile": profile.details}
        yield _json(head)[:-1] + b',"credits":{"balance":' + _json(profile.credits) + b',"entries":'
        async for piece in _array(self._rows(CreditEntry.__table__, user_id, CreditEntry, movement)):
            yield piece
        yield b'},"api_keys":'
        async for piece in _array(self._rows(StoredApiKey.__table__, user_id, StoredApiKey, api_key)):
            yield piece
        yield b',"interviews":'
        async for piece in _array(self._interviews(user_id)):
            yield piece
        yield b',"records":{'
        for number, table in enumerate(other_tables()):
            yield (b"," if number else b"") + _json(table.name) + b":"
            async for piece in _array(self._rows(table, user_id)):
                yield piece
        yield b"}}\n"

    async def _interviews(self, user_id: UUID) -> AsyncIterator[Mapping[str, Any]]:
        cursor: str | None = None
        while True:
            page = await self._archive.page(user_id, InterviewFilter(), limit=_PAGE, cursor=cursor)
            for one in page.interviews:
                try:
                    transcript = await self._archive.transcript(user_id, one.id)
                except AppError as error:
                    if error.kind is not ErrorKind.NOT_FOUND:
                        raise
                    continue
                async with self._database.transaction() as session:
                    report = await session.get(StoredReport, one.id)
                yield {
                    "interview": transcript.interview,
                    "resume": transcript.resume,
                    "transcript": transcript.turns,
                    "report": report.report if report else None,
                }
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _rows(self, table: Any, user_id: UUID, entity: Any = None, shown: Any = dict) -> AsyncIterator[Any]:
        """A table's rows of the user in the order of their primary key, a page at a time."""
        key = list(table.primary_key.columns)
        last: Sequence[Any] | None = None
        while True:
            query = select(entity if entity is not None else table).where(table.c.user_id == user_id)
            query = query.order_by(*key).limit(_ROWS)
            if last is not None:
                query = query.where(tuple_(*key) > tuple_(*last))
            async with self._database.transaction() as session:
                found = await session.execute(query)
                rows = list(found.scalars() if entity is not None else found.mappings())
            for row in rows:
                yield shown(row)
            if len(rows) < _ROWS:
                return
            last = [getattr(rows[-1], one.name) if entity is not None else rows[-1][one.name] for one in key]


def other_tables() -> list[Table]:
    """The tables of users' rows that the document shows as they are stored."""
    return [
        table for table in Base.metadata.sorted_tables if "user_id" in table.c and table.name not in _SHOWN_ELSEWHERE
    ]


async def _array(items: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    before = b"["
    async for item in items:
        yield before + _json(item)
        before = b","
    yield b"[]" if before == b"[" else b"]"


def _json(value: Any) -> bytes:
    return to_json(value, bytes_mode="base64")
