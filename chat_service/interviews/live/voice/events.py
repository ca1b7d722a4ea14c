"""What a live interview by voice tells the one who speaks in it. All of it is of the moment."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chat_service.engine.live_speech import SpeechAbilities
from chat_service.errors import AppError
from chat_service.interviews.live.events import Subject


class VoiceState(StrEnum):
    """Whose turn it is: the candidate's, the engine's, the interviewer's."""

    LISTENING = "listening"
    PROCESSING = "processing"
    SPEAKING = "speaking"


@dataclass(frozen=True, slots=True)
class AudioReady:
    """Audio may be sent, from the frame of that number on."""

    next_sequence: int
    sample_rate: int
    abilities: SpeechAbilities


@dataclass(frozen=True, slots=True)
class AudioKept:
    """Every frame up to that number is kept, whatever happens to this worker."""

    sequence: int


@dataclass(frozen=True, slots=True)
class AudioGap:
    """A frame that is not the next one came, and was not kept: go on with the expected one."""

    expected: int
    received: int


@dataclass(frozen=True, slots=True)
class AudioStopped:
    """Audio is taken no more, until it is begun anew."""

    reason: str


@dataclass(frozen=True, slots=True)
class Activity:
    """The candidate begins to speak, or falls silent."""

    speaking: bool


@dataclass(frozen=True, slots=True)
class Transcription:
    """What has been said in the turn so far. Its first `stable` characters will not change.

    `is_final`: the turn has ended, and this is the answer; an empty text is none.
    """

    turn_id: UUID
    text: str
    stable: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class StateChanged:
    """Whose turn it is now."""

    state: VoiceState


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    """The interviewer begins to speak. Without a sample rate there is only the text, for the client to speak."""

    utterance: int
    subject: Subject
    subject_id: UUID
    text: str
    sample_rate: int | None


@dataclass(frozen=True, slots=True)
class UtteranceAudio:
    """Samples of a sentence, mono, 16 bits little endian. `text` is the sentence's, told with its first samples."""

    utterance: int
    sentence: int
    audio: bytes
    sample_rate: int
    text: str | None
    sentence_complete: bool


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """He has ended, or was interrupted: then what is still to be played is to be dropped. `heard` is what was heard."""

    utterance: int
    interrupted: bool
    heard: str


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """Something went wrong; the interview goes on."""

    error: AppError


VoiceEvent = (
    AudioReady
    | AudioKept
    | AudioGap
    | AudioStopped
    | Activity
    | Transcription
    | StateChanged
    | UtteranceStarted
    | UtteranceAudio
    | UtteranceEnded
    | VoiceFailed
)
