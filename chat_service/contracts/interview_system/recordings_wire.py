"""Recorded answers of contract 004, and their transcripts. Durations are in seconds."""

from uuid import UUID

from pydantic import BaseModel, Field

from chat_service.contracts.fields import Input, Language
from chat_service.interviews.recordings.inspection import AudioFormat
from chat_service.interviews.recordings.recordings import RecordingDetails
from chat_service.interviews.recordings.transcripts import TranscriptDetails, TranscriptStatus


class Audio(BaseModel):
    """A recording that was taken. `file_path` is its name in the document's manner, and no place on any disk."""

    audio_id: UUID
    file_path: str = Field(examples=["/uploads/sessions/xxx/q-1.mp3"])
    duration: float
    format: AudioFormat
    size_bytes: int


class TranscriptionRequest(Input):
    """How the recording is to be transcribed."""

    language: Language | None = Field(None, examples=["en"])


class Transcript(BaseModel):
    """What was said. While `status` is `transcribing` there is no text, and `progress` goes from 0 to 1.

    `confidence` is None where the recognizer tells none; `warning` says where the text should be read with care.
    """

    transcript: str | None
    language: str | None
    duration: float
    confidence: float | None
    word_count: int | None
    status: TranscriptStatus
    progress: float
    failure: str | None
    edited: bool
    warning: str | None


def audio_out(session_id: UUID, recording: RecordingDetails) -> Audio:
    """A recording."""
    return Audio(
        audio_id=recording.id,
        file_path=f"/uploads/sessions/{session_id}/{recording.question_id}.{recording.format.value}",
        duration=round(recording.duration_seconds, 1),
        format=recording.format,
        size_bytes=recording.size_bytes,
    )


def transcript_out(transcript: TranscriptDetails) -> Transcript:
    """A transcript."""
    return Transcript(
        transcript=transcript.text,
        language=transcript.language,
        duration=round(transcript.duration_seconds, 1),
        confidence=None if transcript.confidence is None else round(transcript.confidence, 2),
        word_count=transcript.word_count,
        status=transcript.status,
        progress=transcript.progress,
        failure=transcript.failure,
        edited=transcript.edited,
        warning=transcript.warning,
    )
