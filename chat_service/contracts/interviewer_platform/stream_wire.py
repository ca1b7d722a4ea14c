"""Shapes of the messages on the socket of contract 002."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from chat_service.contracts.fields import Input, Whole
from chat_service.contracts.interviewer_platform.errors import CodedError
from chat_service.interviews.live.voice.intake import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE


class AudioChunk(Input):
    """A piece of what the user says: mono samples of 16 bits, little endian, in base64."""

    type: Literal["audio_chunk"]
    data: str
    sample_rate: Annotated[Whole, Field(ge=MIN_SAMPLE_RATE, le=MAX_SAMPLE_RATE, description="Samples a second")]


class SpeechEnd(Input):
    """The user has said all that he had to say."""

    type: Literal["speech_end"]


CLIENT_MESSAGES = (AudioChunk, SpeechEnd)


@dataclass(slots=True)
class Transcription:
    """What the user has said since he may speak; when final, this is his answer."""

    type: Literal["transcription"]
    text: str
    is_final: bool


@dataclass(slots=True)
class AudioResponse:
    """A sentence of the interviewer's, as a WAV file in base64. `data` is null where nothing speaks: show the text."""

    type: Literal["audio_response"]
    data: str | None
    text: str


@dataclass(slots=True)
class Status:
    """Whose turn it is: the user's, the engine's, the interviewer's."""

    type: Literal["status"]
    state: Literal["listening", "processing", "speaking"]


@dataclass(slots=True)
class ErrorEvent:
    """What could not be done. The socket stays open."""

    type: Literal["error"]
    error: CodedError


SERVER_EVENTS = (Transcription, AudioResponse, Status, ErrorEvent)
