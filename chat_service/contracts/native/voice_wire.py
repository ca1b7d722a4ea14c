"""Shapes of the messages of voice on a native live socket, and its binary frames."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from chat_service.contracts.fields import Language, Whole
from chat_service.contracts.native.stream_wire import Event, Nothing
from chat_service.contracts.native.wire import Input
from chat_service.interviews.live.events import InterviewerSpoke, Subject, VoiceTurn
from chat_service.interviews.live.voice.intake import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE

SEQUENCE_BYTES = 4


class AudioStartData(Input):
    """The microphone. The frames follow in binary; `audio_ready` says from which number on.

    `next_sequence` gives up what was sent before that number and is lost.
    """

    sample_rate: Whole = Field(16_000, ge=MIN_SAMPLE_RATE, le=MAX_SAMPLE_RATE, description="Samples a second")
    next_sequence: Whole | None = Field(None, ge=1, le=2**32 - 1)
    language: Language | None = Field(None, examples=["en"])


class AudioStartMessage(Input):
    """Opens the microphone, here or again: `audio_ready` follows, and the interviewer speaks from now on."""

    type: Literal["audio_start"]
    data: AudioStartData = Field(default_factory=AudioStartData)


class SpeechEndMessage(Input):
    """The candidate says that he has ended. What he said becomes his answer; silence and noise do not."""

    type: Literal["speech_end"]
    data: Nothing = Field(default_factory=Nothing)


class InterruptMessage(Input):
    """The interviewer is to be silent, as when the candidate begins to speak."""

    type: Literal["interrupt"]
    data: Nothing = Field(default_factory=Nothing)


class PlaybackData(Input):
    """How far an utterance has been played."""

    utterance: Whole = Field(ge=0, le=2**32 - 1)
    played_seconds: float = Field(ge=0, le=36_000)


class PlaybackMessage(Input):
    """Says how far the interviewer's speech has been played, so that it is known what was heard. No reply."""

    type: Literal["playback"]
    data: PlaybackData


class AudioStopMessage(Input):
    """Closes the microphone; `audio_stopped` follows. `audio_start` goes on with the same turn."""

    type: Literal["audio_stop"]
    data: Nothing = Field(default_factory=Nothing)


CLIENT_MESSAGES: tuple[type[BaseModel], ...] = (
    AudioStartMessage,
    SpeechEndMessage,
    InterruptMessage,
    PlaybackMessage,
    AudioStopMessage,
)


@dataclass(slots=True)
class RecognizerOut:
    """Who recognizes. With `low_accuracy` the candidate should read what was understood."""

    engine: str
    model: str
    low_accuracy: bool


@dataclass(slots=True)
class AudioReadyData:
    """Frames are taken from `next_sequence` on. Without a synthesizer the browser has to speak."""

    next_sequence: int
    sample_rate: int
    recognizer: RecognizerOut | None
    synthesizer: str | None


@dataclass(slots=True)
class AudioReadyEvent(Event):
    """The microphone is open. Of the moment, like all that follows but `interviewer_spoke` and `voice_turn`."""

    type: Literal["audio_ready"]
    data: AudioReadyData


@dataclass(slots=True)
class AudioAckData:
    """The newest frame that is kept."""

    audio_sequence: int


@dataclass(slots=True)
class AudioAckEvent(Event):
    """Every frame up to this one is kept and need not be sent again, whatever becomes of this worker."""

    type: Literal["audio_ack"]
    data: AudioAckData


@dataclass(slots=True)
class AudioGapData:
    """The number of the next frame, and the one that came."""

    expected: int
    received: int


@dataclass(slots=True)
class AudioGapEvent(Event):
    """A frame is missing: go on with the expected one. Those behind it are not kept until it has come."""

    type: Literal["audio_gap"]
    data: AudioGapData


@dataclass(slots=True)
class AudioStoppedData:
    """Why: "stopped", or the code of the error before it."""

    reason: str


@dataclass(slots=True)
class AudioStoppedEvent(Event):
    """Audio is taken no more until `audio_start`."""

    type: Literal["audio_stopped"]
    data: AudioStoppedData


@dataclass(slots=True)
class VoiceActivityData:
    """Whether somebody speaks."""

    is_speaking: bool


@dataclass(slots=True)
class VoiceActivityEvent(Event):
    """The candidate begins to speak, or falls silent. A pause is not an end."""

    type: Literal["voice_activity"]
    data: VoiceActivityData


@dataclass(slots=True)
class TranscriptionData:
    """What was said in this turn so far, of which the first `stable_characters` will not change.

    `is_final`: the turn has ended and this is handed in as the answer; an empty text is not.
    """

    turn_id: UUID
    text: str
    stable_characters: int
    is_final: bool


@dataclass(slots=True)
class TranscriptionEvent(Event):
    """What was understood; each takes the place of the one before it in the same turn."""

    type: Literal["transcription"]
    data: TranscriptionData


@dataclass(slots=True)
class VoiceStateData:
    """`listening` to the candidate, `processing` his answer (what is said meanwhile is not heard), or `speaking`."""

    state: Literal["listening", "processing", "speaking"]


@dataclass(slots=True)
class VoiceStateEvent(Event):
    """Whose turn it is."""

    type: Literal["voice_state"]
    data: VoiceStateData


@dataclass(slots=True)
class UtteranceStartedData:
    """Something that the interviewer says: a question, or the feedback on an answer.

    Its audio follows in binary frames. When `sample_rate` is null there is none: show the text, or have the browser
    speak it.
    """

    utterance: int
    subject: Subject
    subject_id: UUID
    text: str
    sample_rate: int | None


@dataclass(slots=True)
class UtteranceStartedEvent(Event):
    """The interviewer begins to speak."""

    type: Literal["utterance_started"]
    data: UtteranceStartedData


@dataclass(slots=True)
class UtteranceSentenceData:
    """The sentence whose samples come next."""

    utterance: int
    sentence: int
    text: str


@dataclass(slots=True)
class UtteranceSentenceEvent(Event):
    """A sentence of an utterance begins."""

    type: Literal["utterance_sentence"]
    data: UtteranceSentenceData


@dataclass(slots=True)
class UtteranceEndedData:
    """`heard` is the part of the text that was played. When interrupted, drop what is still to be played of it."""

    utterance: int
    interrupted: bool
    heard: str


@dataclass(slots=True)
class UtteranceEndedEvent(Event):
    """The interviewer has ended, or was interrupted."""

    type: Literal["utterance_ended"]
    data: UtteranceEndedData


@dataclass(slots=True)
class InterviewerSpokeEvent(Event):
    """What was heard of a question or of feedback, for the record. Kept and numbered."""

    type: Literal["interviewer_spoke"]
    data: InterviewerSpoke


@dataclass(slots=True)
class VoiceTurnEvent(Event):
    """How a spoken answer became one, and what took how long. Kept and numbered."""

    type: Literal["voice_turn"]
    data: VoiceTurn


SERVER_EVENTS: tuple[type[Event], ...] = (
    AudioReadyEvent,
    AudioAckEvent,
    AudioGapEvent,
    AudioStoppedEvent,
    VoiceActivityEvent,
    TranscriptionEvent,
    VoiceStateEvent,
    UtteranceStartedEvent,
    UtteranceSentenceEvent,
    UtteranceEndedEvent,
    InterviewerSpokeEvent,
    VoiceTurnEvent,
)
