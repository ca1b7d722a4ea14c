"""Transcripts of recorded answers: made once, by whoever comes to it first, and submitted as the answer.

A short recording is transcribed while its request waits, a longer one by a durable job. The job is there in either case
until the transcript is, so that one whose process was killed is made by another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.engine.live_speech import RecognizerInUse
from chat_service.engine.models import SpokenTiming, SpokenWord
from chat_service.errors import AppError, ErrorKind, invalid
from chat_service.interviews.answering import MAX_ANSWER_CHARACTERS, Answering
from chat_service.interviews.idempotency import RequestKey
from chat_service.interviews.interview import AnsweredTurn
from chat_service.interviews.recordings.recordings import owned_question, recording_of, require_unanswered
from chat_service.interviews.recordings.tables import Recording, StoredTranscript
from chat_service.interviews.recordings.transcription import Transcription
from chat_service.interviews.tables import Answer
from chat_service.storage.database import Database
from chat_service.storage.jobs import Jobs

TRANSCRIPTION_JOB = "transcription"

_WORDS = TypeAdapter(tuple[SpokenWord, ...])
_LOW_ACCURACY = "Recognized with low accuracy. Read it, and correct what was misheard, before you submit it."


class TranscriptStatus(StrEnum):
    """Whether there is a text: not yet, now, or not until it is asked for again."""

    TRANSCRIBING = "transcribing"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class TranscriptDetails:
    """A transcript on its way, or there.

    `progress` is the share that is done, 0 to 1; `failure` a reason code, set when it was given up. `text` is None
    until it is ready, empty when nothing was said, and `edited` once the candidate has changed it. `words` stay as they
    were recognized, with seconds from the beginning of the recording. `confidence` is 0 to 1, None where the recognizer
    tells none. `answered` says that the question has its answer, which fixes the text.
    """

    recording_id: UUID
    question_id: UUID
    status: TranscriptStatus
    progress: float
    failure: str | None
    text: str | None
    edited: bool
    language: str | None
    duration_seconds: float
    speech_seconds: float | None
    confidence: float | None
    word_count: int | None
    words: tuple[SpokenWord, ...]
    recognizer: RecognizerInUse | None
    warning: str | None
    answered: bool
    requested_at: datetime
    transcribed_at: datetime | None


class Transcripts:
    """What was said in recorded answers."""

    def __init__(
        self,
        database: Database,
        jobs: Jobs,
        transcription: Transcription,
        answering: Answering,
        *,
        inline_seconds: float,
        patience_seconds: float,
    ) -> None:
        """A recording of up to `inline_seconds` is waited for, `patience_seconds` at most."""
        self._database = database
        self._jobs = jobs
        self._transcription = transcription
        self._answering = answering
        self._inline_seconds = inline_seconds
        self._patience = patience_seconds

    async def make(
        self, user_id: UUID, interview_id: UUID, question_id: UUID, *, language: str | None = None, wait: bool = True
    ) -> TranscriptDetails:
        """Has the recorded answer transcribed: the transcript, or how far it has come.

        Without `wait` a durable job does it; with it a short recording is waited for, and the job does it when that
        takes too long. Asked again it gives what there is; begins anew after a failure, and for another language while
        the question has no answer. Raises NOT_FOUND; CONFLICT for the latter; and when it was waited for what
        `SpeechRecognition` raises, save UNAVAILABLE: the job tries that again.
        """
        if language is not None:
            known = await self.find(user_id, interview_id, question_id)
            if known is None or not known.answered:
                # What there is, and what the candidate has made of it, is not given up for what cannot be had.
                await self._transcription.require_language(language)
        details = await self._ask(user_id, interview_id, question_id, language, wait=wait)
        if details.status is not TranscriptStatus.TRANSCRIBING or not self._is_inline(
            details.duration_seconds, wait=wait
        ):
            return details
        try:
            await self._transcription.run(details.recording_id, within_seconds=self._patience)
        finally:
            await self._settle(details.recording_id)
        return await self.read(user_id, interview_id, question_id)

    async def _settle(self, recording_id: UUID) -> None:
        """Has the job begin now if there is work left for it."""
        async with self._database.transaction() as session:
            row = await session.get(StoredTranscript, recording_id, with_for_update=True)
            if row is not None and row.status == TranscriptStatus.TRANSCRIBING:
                await self._plan(session, recording_id, delay=timedelta(0))
            else:
                await self._jobs.withdraw(session, TRANSCRIPTION_JOB, [str(recording_id)])

    async def _plan(self, session: AsyncSession, recording_id: UUID, *, delay: timedelta) -> None:
        """Puts the job into the queue, in place of one that waits there; one that is worked on stays the only one."""
        key = str(recording_id)
        await self._jobs.withdraw(session, TRANSCRIPTION_JOB, [key])
        await self._jobs.enqueue(session, TRANSCRIPTION_JOB, {"recording_id": key}, key=key, delay=delay)

    async def _ask(
        self, user_id: UUID, interview_id: UUID, question_id: UUID, language: str | None, *, wait: bool
    ) -> TranscriptDetails:
        async with self._database.transaction() as session:
            await owned_question(session, user_id, interview_id, question_id, lock=True)
            recording = await recording_of(session, question_id)
            row = await session.get(StoredTranscript, recording.id, with_for_update=True)
            if row is None:
                row = StoredTranscript(recording_id=recording.id, user_id=user_id)
                session.add(row)
                _begin(row, language)
            elif language is not None and language != row.wanted_language:
                await require_unanswered(session, question_id)
                _begin(row, language)
            elif row.status == TranscriptStatus.FAILED:
                _begin(row, row.wanted_language)
            await session.flush()
            if row.status == TranscriptStatus.TRANSCRIBING:
                inline = self._is_inline(recording.duration_seconds, wait=wait)
                await self._plan(session, recording.id, delay=timedelta(seconds=self._patience if inline else 0))
            await session.refresh(row)
            return await _details(session, recording, row)

    def _is_inline(self, duration_seconds: float, *, wait: bool) -> bool:
        return wait and duration_seconds <= self._inline_seconds

    async def read(self, user_id: UUID, interview_id: UUID, question_id: UUID) -> TranscriptDetails:
        """The transcript of a recorded answer, or how far it has come. Raises NOT_FOUND when it was not asked for."""
        found = await self.find(user_id, interview_id, question_id)
        if found is None:
            raise _no_transcript()
        return found

    async def find(self, user_id: UUID, interview_id: UUID, question_id: UUID) -> TranscriptDetails | None:
        """As `read`, None when there is no recording or its transcript was not asked for."""
        async with self._database.transaction() as session:
            await owned_question(session, user_id, interview_id, question_id)
            recording = await session.scalar(select(Recording).where(Recording.question_id == question_id))
            row = None if recording is None else await session.get(StoredTranscript, recording.id)
            return None if recording is None or row is None else await _details(session, recording, row)

    async def edit(self, user_id: UUID, interview_id: UUID, question_id: UUID, text: str) -> TranscriptDetails:
        """Puts the candidate's text in place of what was recognized. The same text changes nothing.

        Raises NOT_FOUND, INVALID for a text that cannot be an answer, CONFLICT until there is a transcript and once the
        question has its answer.
        """
        if not text.strip():
            raise invalid("text", "is empty; write what you said, or record it anew")
        if len(text) > MAX_ANSWER_CHARACTERS:
            raise invalid("text", f"has {len(text)} characters; at most {MAX_ANSWER_CHARACTERS} are read")
        async with self._database.transaction() as session:
            await owned_question(session, user_id, interview_id, question_id, lock=True)
            recording = await recording_of(session, question_id)
            row = await session.get(StoredTranscript, recording.id, with_for_update=True)
            if row is None:
                raise _no_transcript()
            _require_ready(row.status, row.failure)
            if text != row.text:
                await require_unanswered(session, question_id)
                row.text, row.edited = text, True
                await session.flush()
            return await _details(session, recording, row)

    async def submit(
        self, user_id: UUID, interview_id: UUID, question_id: UUID, *, request: RequestKey | None = None
    ) -> AnsweredTurn:
        """Answers the question with its transcript, with the times at which the words were said.

        Raises as `Answering.answer` does; INVALID `nothing_said` for a transcript without words; CONFLICT until it is
        ready.
        """
        found = await self.read(user_id, interview_id, question_id)
        _require_ready(found.status, found.failure)
        if found.text is None or not found.text.strip():
            raise AppError(
                ErrorKind.INVALID,
                "nothing_said",
                "Nothing was said in this recording, so there is nothing to submit. Record it anew, or write it.",
            )
        return await self._answering.answer(
            user_id, interview_id, found.text, question_id=question_id, spoken=_timing(found), request=request
        )

    async def work(self, payload: Mapping[str, str]) -> None:
        """Does the job of `make`, once. Raises what stood in the way, for another attempt."""
        await self._transcription.run(UUID(payload["recording_id"]))

    async def give_up(self, payload: Mapping[str, str], reason: str) -> None:
        """Records that the job of `make` came to nothing, and why."""
        async with self._database.transaction() as session:
            await session.execute(
                update(StoredTranscript)
                .where(
                    StoredTranscript.recording_id == UUID(payload["recording_id"]),
                    StoredTranscript.status == TranscriptStatus.TRANSCRIBING.value,
                )
                .values(status=TranscriptStatus.FAILED.value, failure=reason[:60], holder=None, held_until=None)
            )


def _begin(row: StoredTranscript, language: str | None) -> None:
    row.status, row.progress, row.failure = TranscriptStatus.TRANSCRIBING.value, 0.0, None
    row.wanted_language, row.language, row.text, row.edited = language, None, None, False
    row.confidence = row.speech_seconds = row.words = row.recognizer = row.transcribed_at = None
    row.holder = row.held_until = None
    row.requested_at = datetime.now(UTC)


def _require_ready(status: str, failure: str | None) -> None:
    if status == TranscriptStatus.TRANSCRIBING:
        raise AppError(
            ErrorKind.CONFLICT, "transcript_not_ready", "The recording is still being transcribed.", retry_after=1
        )
    if status == TranscriptStatus.FAILED:
        raise AppError(
            ErrorKind.CONFLICT,
            "transcript_failed",
            f"The recording could not be transcribed ({failure}). It is kept: ask for the transcript again.",
        )


def _no_transcript() -> AppError:
    return AppError(
        ErrorKind.NOT_FOUND, "transcript_not_found", "There is no transcript of an answer to this question yet."
    )


def _timing(found: TranscriptDetails) -> SpokenTiming:
    if found.words:
        return SpokenTiming(round(found.words[-1].end - found.words[0].start, 3), found.words)
    return SpokenTiming(found.speech_seconds or found.duration_seconds)


async def _details(session: AsyncSession, recording: Recording, row: StoredTranscript) -> TranscriptDetails:
    answered = await session.scalar(select(func.count()).where(Answer.question_id == recording.question_id))
    recognizer = None if row.recognizer is None else RecognizerInUse(**row.recognizer)
    return TranscriptDetails(
        recording_id=recording.id,
        question_id=recording.question_id,
        status=TranscriptStatus(row.status),
        progress=row.progress,
        failure=row.failure,
        text=row.text,
        edited=row.edited,
        language=row.language,
        duration_seconds=recording.duration_seconds,
        speech_seconds=row.speech_seconds,
        confidence=row.confidence,
        word_count=None if row.text is None else len(row.text.split()),
        words=_WORDS.validate_python(row.words or ()),
        recognizer=recognizer,
        warning=_LOW_ACCURACY if recognizer and recognizer.low_accuracy and not row.edited else None,
        answered=bool(answered),
        requested_at=row.requested_at,
        transcribed_at=row.transcribed_at,
    )
