"""Transcription in messages."""

from collections.abc import AsyncIterator, Mapping

from ai_service.errors import InvalidField
from ai_service.speech.recognition import Listening, RecognizerIdentity, SpokenWord, TranscriptSegment
from ai_service.wire import rules
from protos.interview_engine.v1 import speech_pb2

MOST_CHUNK_BYTES = 1024 * 1024
_MOST_HINT_CHARACTERS = 1_000
_MOST_LANGUAGE_CHARACTERS = 8
_MOST_SECONDS = 24 * 3600.0
_ENCODINGS: Mapping[int, int] = {number: number for number in speech_pb2.AudioEncoding.values() if number}

Part = speech_pb2.TranscribeRequest | speech_pb2.TranscribeLiveRequest


async def read_config(parts: AsyncIterator[Part]) -> speech_pb2.TranscriptionConfig:
    """The config, which has to come first. Raises `InvalidField`."""
    first = await anext(parts, None)
    if first is None or first.WhichOneof("part") != "config":
        raise InvalidField("config", "has to come first")
    config = first.config
    rules.member("config.encoding", config.encoding, _ENCODINGS)
    rules.text("config.language", config.language, _MOST_LANGUAGE_CHARACTERS)
    rules.text("config.hints", config.hints, _MOST_HINT_CHARACTERS)
    rules.number("config.max_seconds", config.max_seconds, 0, _MOST_SECONDS)
    return config


def read_listening(config: speech_pb2.TranscriptionConfig) -> Listening:
    """What to listen for."""
    return Listening(config.language.strip().lower(), config.hints)


def read_audio(part: Part) -> bytes:
    """The bytes of a part. Raises `InvalidField` for a second config and for too many bytes."""
    if part.WhichOneof("part") == "config":
        raise InvalidField("config", "comes once")
    if len(part.audio) > MOST_CHUNK_BYTES:
        raise InvalidField("audio", f"has {len(part.audio)} bytes; at most {MOST_CHUNK_BYTES} are allowed")
    return part.audio


def write_recognizer(identity: RecognizerIdentity) -> speech_pb2.Recognizer:
    """Who recognizes."""
    return speech_pb2.Recognizer(engine=identity.engine, model=identity.model, low_accuracy=identity.low_accuracy)


def write_segment(segment: TranscriptSegment) -> speech_pb2.TranscriptSegment:
    """A run of words."""
    return speech_pb2.TranscriptSegment(
        text=segment.text,
        start=segment.start,
        end=segment.end,
        confidence=segment.confidence,
        words=[_write_word(word) for word in segment.words],
    )


def _write_word(word: SpokenWord) -> speech_pb2.SpokenWord:
    return speech_pb2.SpokenWord(text=word.text, start=word.start, end=word.end, confidence=word.confidence)
