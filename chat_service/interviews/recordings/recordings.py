"""Recorded answers: taking, reading and discarding them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.speech import audio_error
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.holding import owned
from chat_service.interviews.recordings.inspection import MEDIA_TYPES, AudioFormat, Inspection, Sound
from chat_service.interviews.recordings.tables import DiscardedFile, Recording, file_key
from chat_service.interviews.resumption import not_in_progress
from chat_service.interviews.states import InterviewState
from chat_service.interviews.tables import Answer, AskedQuestion
from chat_service.storage.database import Database
from chat_service.storage.files import Desk, Draft, Store, TooLargeError
from chat_service.storage.ids import new_id

MAX_RECORDING_BYTES = 50 * 1024 * 1024

# Storing a file that has been received takes seconds; one whose recording has not come to be after the first, less the
# second, is discarded.
_UNCLAIMED = timedelta(hours=1)
_CLAIM_MARGIN = timedelta(minutes=1)
_DISCARDED_AT_ONCE = 100
# How long a file is left alone that could not be removed.
_PAUSE = timedelta(minutes=5)

_UPLOADS = Counter("recordings_uploaded", "Recordings that were sent, by format or reason of refusal", ("outcome",))
_DISCARDED = Counter("recording_files_discarded", "Files of recordings that were removed from storage")
_log = structlog.get_logger()


@dataclass(slots=True)
class RecordingDetails:
    """A recorded answer. `duration_seconds` was measured by decoding it; the format goes by its content."""

    id: UUID
    question_id: UUID
    format: AudioFormat
    media_type: str
    size_bytes: int
    duration_seconds: float
    sample_rate: int
    channels: int
    sha256: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A recording whose bytes can be read, and the number of its question."""

    details: RecordingDetails
    question_number: int
    key: str


class Recordings:
    """The recordings of a user's answers, one a question at most."""

    def __init__(self, database: Database, desk: Desk, store: Store, inspection: Inspection) -> None:
        self._database = database
        self._desk = desk
        self._store = store
        self._inspection = inspection

    async def put(
        self, user_id: UUID, interview_id: UUID, question_id: UUID, pieces: AsyncIterator[bytes]
    ) -> RecordingDetails:
        """Takes the recorded answer to an open question, in place of an earlier one.

        The earlier one stays, with its transcript, unless all of the new one has come and is a recording. Raises
        NOT_FOUND; CONFLICT for a question that takes no answer (any more); TOO_LARGE beyond `MAX_RECORDING_BYTES`,
        UNSUPPORTED_MEDIA_TYPE and INVALID for what is no recording, UNAVAILABLE, and what the pieces raise.
        """
        async with self._database.transaction() as session:
            await open_question(session, user_id, interview_id, question_id)
        try:
            async with self._desk.receive(pieces, most_bytes=MAX_RECORDING_BYTES) as draft:
                sound = await self._inspection.of(draft.path)
                recording = await self._keep(user_id, interview_id, question_id, draft, sound)
        except TooLargeError:
            _UPLOADS.labels("audio_too_large").inc()
            raise audio_error("AUDIO_TOO_LARGE") from None
        except AppError as error:
            _UPLOADS.labels(error.reason).inc()
            raise
        _UPLOADS.labels(sound.format.value).inc()
        return recording_details(recording)

    async def _keep(
        self, user_id: UUID, interview_id: UUID, question_id: UUID, draft: Draft, sound: Sound
    ) -> Recording:
        recording = Recording(
            id=new_id(),
            user_id=user_id,
            interview_id=interview_id,
            question_id=question_id,
            format=sound.format.value,
            size_bytes=draft.size_bytes,
            sha256=draft.sha256,
            duration_seconds=sound.duration_seconds,
            sample_rate=sound.sample_rate,
            channels=sound.channels,
        )
        key = file_key(user_id, recording.id)
        async with self._database.transaction() as session:
            await session.execute(insert(DiscardedFile).values(key=key, due_at=func.now() + _UNCLAIMED))
        try:
            await self._store.keep(key, draft.path)
            async with self._database.transaction() as session:
                await open_question(session, user_id, interview_id, question_id, lock=True)
                claimed = delete(DiscardedFile).where(
                    DiscardedFile.key == key, DiscardedFile.due_at > func.now() + _CLAIM_MARGIN
                )
                if await session.scalar(claimed.returning(DiscardedFile.key)) is None:
                    raise AppError(ErrorKind.UNAVAILABLE, "storage_unavailable", "Storing it took too long. Try again.")
                await session.execute(delete(Recording).where(Recording.question_id == question_id))
                session.add(recording)
                await session.flush()
                await session.refresh(recording)
        except IntegrityError:
            raise not_found("interview") from None
        except BaseException:
            await asyncio.shield(self._discard_soon(key))
            raise
        return recording

    async def _discard_soon(self, key: str) -> None:
        """Has a file go now rather than later. Its row is there unless the recording came to be after all."""
        with contextlib.suppress(AppError):
            async with self._database.transaction() as session:
                row = update(DiscardedFile).where(DiscardedFile.key == key)
                await session.execute(row.values(due_at=func.now()))

    async def get(self, user_id: UUID, interview_id: UUID, question_id: UUID) -> RecordingFile:
        """The recorded answer to a question. Raises NOT_FOUND for the interview, the question and the recording."""
        async with self._database.transaction() as session:
            question = await owned_question(session, user_id, interview_id, question_id)
            recording = await recording_of(session, question_id)
        return RecordingFile(recording_details(recording), question.number, file_key(user_id, recording.id))

    async def read(self, file: RecordingFile, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of a recording from `start` to before `end`. Raises NOT_FOUND, UNAVAILABLE."""
        try:
            async for piece in self._store.read(file.key, start, end):
                yield piece
        except FileNotFoundError:
            _log.error("recording_lost", recording=str(file.details.id))
            raise not_found("recording") from None

    async def discard(self) -> None:
        """Removes the files that are due to go, and what killed processes have left on the desk."""
        await asyncio.to_thread(self._desk.sweep)
        async with self._database.transaction() as session:
            due = select(DiscardedFile.key).where(DiscardedFile.due_at <= func.now())
            keys = list(await session.scalars(due.order_by(DiscardedFile.due_at).limit(_DISCARDED_AT_ONCE)))
        for key in keys:
            row = DiscardedFile.key == key
            try:
                await self._store.delete(key)
            except AppError:  # the others need not wait behind it
                async with self._database.transaction() as session:
                    await session.execute(update(DiscardedFile).where(row).values(due_at=func.now() + _PAUSE))
                continue
            async with self._database.transaction() as session:
                await session.execute(delete(DiscardedFile).where(row))
            _DISCARDED.inc()


async def owned_question(
    session: AsyncSession, user_id: UUID, interview_id: UUID, question_id: UUID, *, lock: bool = False
) -> AskedQuestion:
    """The user's question, its interview locked on demand. Raises NOT_FOUND for the interview and for the question."""
    await owned(session, user_id, interview_id, lock=lock)
    question = await session.get(AskedQuestion, question_id)
    if question is None or question.interview_id != interview_id:
        raise not_found("question")
    return question


async def open_question(
    session: AsyncSession, user_id: UUID, interview_id: UUID, question_id: UUID, *, lock: bool = False
) -> AskedQuestion:
    """A question that still takes an answer. Raises NOT_FOUND, and CONFLICT for one that does not."""
    question = await owned_question(session, user_id, interview_id, question_id, lock=lock)
    interview = await owned(session, user_id, interview_id)
    if interview.state != InterviewState.IN_PROGRESS:
        raise not_in_progress(interview)
    if question.closed:
        raise AppError(ErrorKind.CONFLICT, "question_closed", "The round of that question is over.")
    await require_unanswered(session, question_id)
    return question


async def require_unanswered(session: AsyncSession, question_id: UUID) -> None:
    """Raises CONFLICT for a question that has its answer: what the answer was said in stays as it is."""
    if await session.scalar(select(Answer.id).where(Answer.question_id == question_id)) is not None:
        raise AppError(
            ErrorKind.CONFLICT, "question_answered", "That question has an answer already; each question takes one."
        )


async def recording_of(session: AsyncSession, question_id: UUID) -> Recording:
    """The recorded answer to a question. Raises NOT_FOUND."""
    recording = await session.scalar(select(Recording).where(Recording.question_id == question_id))
    if recording is None:
        raise AppError(ErrorKind.NOT_FOUND, "recording_not_found", "There is no recorded answer to this question.")
    return recording


def recording_details(row: Recording) -> RecordingDetails:
    """The recording of a row."""
    kind = AudioFormat(row.format)
    return RecordingDetails(
        id=row.id,
        question_id=row.question_id,
        format=kind,
        media_type=MEDIA_TYPES[kind],
        size_bytes=row.size_bytes,
        duration_seconds=row.duration_seconds,
        sample_rate=row.sample_rate,
        channels=row.channels,
        sha256=row.sha256.hex(),
        uploaded_at=row.uploaded_at,
    )
