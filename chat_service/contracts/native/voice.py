"""The native messages of voice: what a client asks for, and what it is told."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel

from chat_service.contracts.native import voice_wire as wire
from chat_service.contracts.native.stream_wire import Event
from chat_service.contracts.voice_socket import (
    AudioAsk,
    BeginAudio,
    EndSpeech,
    Frame,
    Interrupt,
    Played,
    StopAudio,
    Told,
)
from chat_service.errors import AppError, invalid
from chat_service.interviews.live.voice import events as voice

DESCRIPTION = f"""
**Speech.** After `audio_start` the client sends the microphone in binary frames: {wire.SEQUENCE_BYTES} bytes, the
frame's number (unsigned, big endian, from 1 on, one more each), then mono samples of 16 bits, little endian, of at most
one second; 20 to 100 ms are a good size. The numbers go on for the whole interview, over all sockets: `audio_ready`
tells the next one. `audio_ack` tells the newest frame that is kept; after a broken connection open a socket, on any
worker, send `audio_start` and every frame from `next_sequence` on. A frame that is there is ignored, one that is not
next gets `audio_gap`. One connection speaks in an interview at a time; another one's `audio_start` gets an error
`another_speaker`, unless the first has sent no frame for some seconds: a dead one makes place. Audio is taken at up to
twice its own speed, 30 s at once.

The server finds out by itself when speech begins and ends. A pause is no end: how long a silence has to last depends on
how the words before it end, and “let me think” buys time; `speech_end` ends a turn at once. `transcription` tells what
is understood meanwhile, and with `is_final` what is handed in as the answer, as if it had been typed.

The interviewer speaks in binary frames as well: {wire.SEQUENCE_BYTES} bytes, the utterance's number (unsigned, big
endian), then mono samples of 16 bits, little endian, at the sample rate of `utterance_started`. He stops when the
candidate begins to speak: on `utterance_ended` with `interrupted` drop all that is still to be played of it. A noise
without words makes him go on, in another utterance, with the sentence that was not heard. `playback` may tell how far
he has been played; else it is reckoned by the clock. What was heard of him is kept, in `interviewer_spoke`.
"""


def asked(message: BaseModel) -> AudioAsk | None:
    """What a client's message asks for; None where it is not of voice."""
    match message:
        case wire.AudioStartMessage(data=data):
            return BeginAudio(data.sample_rate, data.next_sequence, data.language or "")
        case wire.SpeechEndMessage():
            return EndSpeech()
        case wire.InterruptMessage():
            return Interrupt()
        case wire.PlaybackMessage(data=playback):
            return Played(playback.utterance, playback.played_seconds)
        case wire.AudioStopMessage():
            return StopAudio()
    return None


def frame(content: bytes) -> Frame:
    """A client's binary frame. Raises INVALID for one without samples."""
    if len(content) <= wire.SEQUENCE_BYTES:
        raise invalid("audio", "has no samples behind its number", reason="audio_empty")
    number = int.from_bytes(content[: wire.SEQUENCE_BYTES], "big")
    if not number:
        raise invalid("audio", "has the number 0; numbers begin with 1", reason="audio_damaged")
    return Frame(content[wire.SEQUENCE_BYTES :], number)


def told(
    event: voice.VoiceEvent, json: Callable[[Event], bytes], tell_error: Callable[[AppError], bytes]
) -> Sequence[Told]:
    """The messages of an event."""
    match event:
        case voice.VoiceFailed(error):
            return [Told("error", tell_error(error))]
        case voice.UtteranceAudio():
            return _audio(event, json)
    message = _message(event)
    return [Told(message.type, json(message))]  # type: ignore[attr-defined]


def _audio(event: voice.UtteranceAudio, json: Callable[[Event], bytes]) -> Sequence[Told]:
    messages = []
    if event.text is not None:
        sentence = wire.UtteranceSentenceData(event.utterance, max(0, event.sentence), event.text)
        named = wire.UtteranceSentenceEvent(None, datetime.now(UTC), None, "utterance_sentence", sentence)
        messages.append(Told(named.type, json(named)))
    if event.audio:
        number = event.utterance.to_bytes(wire.SEQUENCE_BYTES, "big")
        messages.append(Told("audio", number + event.audio, binary=True))
    return messages


def _message(event: voice.VoiceEvent) -> Event:  # noqa: PLR0911 - one for each
    at = None, datetime.now(UTC), None
    match event:
        case voice.AudioReady(next_sequence, sample_rate, abilities):
            one = abilities.recognizer
            recognizer = None if one is None else wire.RecognizerOut(one.engine, one.model, one.low_accuracy)
            ready = wire.AudioReadyData(next_sequence, sample_rate, recognizer, abilities.synthesizer)
            return wire.AudioReadyEvent(*at, "audio_ready", ready)
        case voice.AudioKept(sequence):
            return wire.AudioAckEvent(*at, "audio_ack", wire.AudioAckData(sequence))
        case voice.AudioGap(expected, received):
            return wire.AudioGapEvent(*at, "audio_gap", wire.AudioGapData(expected, received))
        case voice.AudioStopped(reason):
            return wire.AudioStoppedEvent(*at, "audio_stopped", wire.AudioStoppedData(reason))
        case voice.Activity(speaking):
            return wire.VoiceActivityEvent(*at, "voice_activity", wire.VoiceActivityData(speaking))
        case voice.Transcription(turn_id, text, stable, is_final):
            said = wire.TranscriptionData(turn_id, text, stable, is_final)
            return wire.TranscriptionEvent(*at, "transcription", said)
        case voice.StateChanged(state):
            return wire.VoiceStateEvent(*at, "voice_state", wire.VoiceStateData(state.value))
        case voice.UtteranceStarted(utterance, subject, subject_id, text, rate):
            started = wire.UtteranceStartedData(utterance, subject, subject_id, text, rate)
            return wire.UtteranceStartedEvent(*at, "utterance_started", started)
        case voice.UtteranceEnded(utterance, interrupted, heard):
            ended = wire.UtteranceEndedData(utterance, interrupted, heard)
            return wire.UtteranceEndedEvent(*at, "utterance_ended", ended)
    raise TypeError(type(event).__name__)
