"""Shapes of the messages on the socket of contract 002."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from chat_service.contracts.fields import Input
from chat_service.contracts.interviewer_platform.errors import CodedError


class AudioChunk(Input):
    """A piece of what the user says, in base64."""

    type: Literal["audio_chunk"]
    data: str
    sample_rate: Annotated[int, Field(ge=8000, le=96000, description="Samples a second")]


class SpeechEnd(Input):
    """The user has said all that he had to say."""

    type: Literal["speech_end"]


CLIENT_MESSAGES = (AudioChunk, SpeechEnd)


@dataclass(slots=True)
class ErrorEvent:
    """Why a message was not heard."""

    type: Literal["error"]
    error: CodedError


SERVER_EVENTS = (ErrorEvent,)
