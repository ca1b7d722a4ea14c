"""The resume that belongs to a profile: what was read in it, never the file itself."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import PureWindowsPath
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.tables import StoredResume
from chat_service.engine.client import InterviewEngine
from chat_service.engine.resumes import PARSED_RESUME, ParsedResume
from chat_service.engine.resumes import refused as file_refused
from chat_service.errors import AppError, ErrorKind
from chat_service.storage.database import Database

MAX_FILE_BYTES = 10 * 1024 * 1024
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class ProfileResume:
    """A resume with the file that it was read from; `file_name` is the candidate's own, without folders."""

    file_name: str | None
    size_bytes: int
    uploaded_at: datetime
    resume: ParsedResume


class Resumes:
    """Reads, keeps and forgets resumes. A user has one at most."""

    def __init__(self, database: Database, engine: InterviewEngine) -> None:
        self._database = database
        self._engine = engine

    async def parse(self, content: bytes) -> ParsedResume:
        """What a PDF, DOCX or plain text file says; nothing is kept. The type goes by the content.

        Raises TOO_LARGE beyond `MAX_FILE_BYTES`, UNSUPPORTED_MEDIA_TYPE for another kind of file, INVALID for one that
        is empty, damaged, locked, without text or too much to read, and UNAVAILABLE.
        """
        reason = "RESUME_EMPTY" if not content else "RESUME_TOO_LARGE" if len(content) > MAX_FILE_BYTES else None
        error = file_refused(reason)
        if error is not None:
            raise error
        return await self._engine.parse_resume(content)

    async def put(self, user_id: UUID, content: bytes, file_name: str | None = None) -> ProfileResume:
        """Reads a file and keeps what it says in place of the user's earlier resume. Raises as `parse`.

        The earlier one stays when the new one cannot be read.
        """
        parsed = await self.parse(content)
        structure: dict[str, Any] = to_jsonable_python(parsed)
        text = structure.pop("text")
        values = {
            "file_name": _bare_name(file_name),
            "size_bytes": len(content),
            "text": text,
            "structure": structure,
            "uploaded_at": func.now(),
        }
        statement = insert(StoredResume).values(user_id=user_id, **values)
        try:
            async with self._database.transaction() as session:
                row = await session.scalar(
                    statement.on_conflict_do_update(index_elements=["user_id"], set_=values).returning(StoredResume),
                    execution_options={"populate_existing": True},
                )
        except IntegrityError:
            raise refused("account_gone", "This account no longer exists.") from None
        if row is None:
            raise RuntimeError("an upsert returned no row")
        return _profile_resume(row)

    async def find(self, user_id: UUID) -> ProfileResume | None:
        """The user's resume, None when he has none."""
        async with self._database.transaction() as session:
            row = await session.scalar(select(StoredResume).where(StoredResume.user_id == user_id))
        return None if row is None else _profile_resume(row)

    async def get(self, user_id: UUID) -> ProfileResume:
        """The user's resume. Raises NOT_FOUND."""
        found = await self.find(user_id)
        if found is None:
            raise _no_resume()
        return found

    async def delete(self, user_id: UUID) -> None:
        """Forgets the user's resume; interviews keep the text that they were created with. Raises NOT_FOUND."""
        async with self._database.transaction() as session:
            gone = await session.scalar(
                delete(StoredResume).where(StoredResume.user_id == user_id).returning(StoredResume.user_id)
            )
        if gone is None:
            raise _no_resume()


def _profile_resume(row: StoredResume) -> ProfileResume:
    parsed = PARSED_RESUME.validate_python({**row.structure, "text": row.text})
    return ProfileResume(row.file_name, row.size_bytes, row.uploaded_at, parsed)


def _bare_name(name: str | None) -> str | None:
    """A name without folders and invisible characters, its end kept when it is too long."""
    bare = PureWindowsPath(name or "").name
    shown = "".join(one for one in bare if unicodedata.category(one)[0] != "C").strip()
    return shown[-_MAX_NAME:] or None


def _no_resume() -> AppError:
    return AppError(ErrorKind.NOT_FOUND, "resume_not_found", "There is no resume on your profile.")
