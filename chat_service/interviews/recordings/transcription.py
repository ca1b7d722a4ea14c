"""Transcribing a recording, by one process at a time.

Whoever works on a transcript holds its row for a few seconds and goes on holding it as long as he lives, so that the
work of a killed process can be taken over soon.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import structlog
from prometheus_client import Counter, Histogram
from pydantic_core import to_jsonable_python

from chat_service.engine.speech import HeardSpeech, SpeechRecognition
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.recordings.tables import file_key
from chat_service.storage.database import Database
from chat_service.storage.files import Store

HELD_SECONDS = 6
_BEAT_SECONDS = 1.0
_POLL_SECONDS = 0.2
# A recognizer on a slow processor may take three times as long as the recording lasts.
_SECONDS_A_SECOND = 3.0

_CLAIM = """
UPDATE transcripts t SET holder = $2, held_until = now() + make_interval(secs => $3)
FROM recordings r JOIN questions q ON q.id = r.question_id
WHERE t.recording_id = $1 AND r.id = t.recording_id AND t.status = 'transcribing'
  AND (t.held_until IS NULL OR t.held_until <= now())
RETURNING t.user_id, t.wanted_language, r.size_bytes, r.duration_seconds, q.text
"""
_STATUS = "SELECT status FROM transcripts WHERE recording_id = $1"
_HOLD = """
UPDATE transcripts SET held_until = now() + make_interval(secs => $3), progress = greatest(progress, $4)
WHERE recording_id = $1 AND holder = $2 RETURNING true
"""
_LET_GO = "UPDATE transcripts SET holder = NULL, held_until = NULL WHERE recording_id = $1 AND holder = $2"
_RECORD = """
UPDATE transcripts
SET status = 'ready', progress = 1, text = $3, language = $4, confidence = $5, speech_seconds = $6, words = $7,
    recognizer = $8, transcribed_at = now(), holder = NULL, held_until = NULL
WHERE recording_id = $1 AND holder = $2 AND status = 'transcribing'
"""
_FAIL = """
UPDATE transcripts SET status = 'failed', failure = $3, holder = NULL, held_until = NULL
WHERE recording_id = $1 AND holder = $2 AND status = 'transcribing'
"""

_OUTCOMES = Counter("transcriptions", "Attempts at transcripts by how they ended", ("outcome",))
_SECONDS = Histogram(
    "transcription_seconds", "Time that a transcript took", buckets=(0.5, 1, 2.5, 5, 10, 30, 60, 180, 600, 1800)
)
_log = structlog.get_logger()


class Transcription:
    """Turns recordings into text."""

    def __init__(
        self, database: Database, store: Store, recognition: SpeechRecognition, *, deadline_seconds: float
    ) -> None:
        """`deadline_seconds` come beside what the length of a recording allows."""
        self._database = database
        self._store = store
        self._recognition = recognition
        self._deadline = deadline_seconds

    async def require_language(self, language: str) -> None:
        """Raises INVALID for a language that is not recognized here. What else is amiss shows when it is tried."""
        try:
            await self._recognition.require_recognizer(language)
        except AppError as error:
            if error.kind is ErrorKind.INVALID:
                raise

    async def run(self, recording_id: UUID, *, within_seconds: float | None = None) -> None:
        """Makes the transcript of a recording, unless it is there, was given up, or the recording is gone.

        With `within_seconds` it is waited for so long, also when somebody else works on it, and left as it is then or
        when the engine is away; and what is wrong with the recording is raised beside being recorded. Without, work of
        somebody else's and an engine that is away raise UNAVAILABLE.
        """
        if within_seconds is None:
            await self._run(recording_id, told=False)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                await self._run_or_wait(recording_id)

    async def _run_or_wait(self, recording_id: UUID) -> None:
        while True:
            try:
                await self._run(recording_id, told=True)
            except AppError as error:
                if error.kind is not ErrorKind.UNAVAILABLE:
                    raise
                if error.reason != "transcription_under_way":
                    return
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return

    async def _run(self, recording_id: UUID, *, told: bool) -> None:
        holder = uuid4()
        row = await self._database.fetch_row(_CLAIM, recording_id, holder, HELD_SECONDS)
        if row is None:
            status = await self._database.fetch_row(_STATUS, recording_id)
            if status is not None and status["status"] == "transcribing":
                raise AppError(
                    ErrorKind.UNAVAILABLE,
                    "transcription_under_way",
                    "The recording is being transcribed.",
                    retry_after=HELD_SECONDS,
                )
            return
        began = time.monotonic()
        try:
            heard = await self._hear(recording_id, holder, row)
            if heard is not None:
                await self._record(recording_id, holder, heard)
                _SECONDS.observe(time.monotonic() - began)
        except AppError as error:
            _OUTCOMES.labels(error.reason).inc()
            if error.kind is ErrorKind.UNAVAILABLE:
                await self._let_go(recording_id, holder)
                raise
            await self._database.fetch(_FAIL, recording_id, holder, error.reason[:60])
            if told:
                raise
        except BaseException:
            _OUTCOMES.labels("interrupted").inc()
            await asyncio.shield(self._let_go(recording_id, holder))
            raise

    async def _hear(self, recording_id: UUID, holder: UUID, row: asyncpg.Record) -> HeardSpeech | None:
        """What is said; None when the recording was replaced or deleted meanwhile."""
        progress = _Progress()
        hearing = asyncio.ensure_future(
            self._recognition.transcribe(
                self._read(file_key(row["user_id"], recording_id), row["size_bytes"]),
                language=row["wanted_language"],
                hints=row["text"],
                max_seconds=row["duration_seconds"] + 1,
                deadline_seconds=self._deadline + _SECONDS_A_SECOND * row["duration_seconds"],
                on_progress=progress.set,
            )
        )
        try:
            while not (await asyncio.wait({hearing}, timeout=_BEAT_SECONDS))[0]:
                if not await self._database.fetch(_HOLD, recording_id, holder, HELD_SECONDS, progress.share):
                    return None
            return hearing.result()
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await hearing

    async def _read(self, key: str, size: int) -> AsyncIterator[bytes]:
        try:
            async for piece in self._store.read(key, 0, size):
                yield piece
        except FileNotFoundError:
            _log.error("recording_lost", key=key)
            raise AppError(
                ErrorKind.NOT_FOUND, "recording_lost", "The file of this recording is gone. Record the answer anew."
            ) from None

    async def _record(self, recording_id: UUID, holder: UUID, heard: HeardSpeech) -> None:
        await self._database.fetch(
            _RECORD,
            recording_id,
            holder,
            heard.text.replace("\0", ""),
            heard.language[:8] if heard.language else None,
            heard.confidence,
            heard.speech_seconds,
            to_jsonable_python(heard.words),
            to_jsonable_python(heard.recognizer),
        )
        _OUTCOMES.labels("ready").inc()

    async def _let_go(self, recording_id: UUID, holder: UUID) -> None:
        with contextlib.suppress(AppError):
            await self._database.fetch(_LET_GO, recording_id, holder)


class _Progress:
    """The share of a recording that has been worked through, 0 to 1."""

    def __init__(self) -> None:
        self.share = 0.0

    def set(self, share: float) -> None:
        """Goes forward only."""
        self.share = max(self.share, share)
