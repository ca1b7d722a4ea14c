"""Running conversations in messages."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from ai_service.errors import Fault
from ai_service.speech.live import Final, Flushed, LiveEvent, LiveRecognition, Partial, SpeechEnd
from ai_service.speech.segmenting import SpeechStarted, SpeechStopped
from ai_service.wire.transcripts import read_audio, read_listening, write_recognizer, write_segment
from protos.interview_engine.v1 import speech_pb2

_END = SpeechEnd()
_DRAIN_SECONDS = 0.5


async def transcribe_conversation(
    live: LiveRecognition,
    config: speech_pb2.TranscriptionConfig,
    requests: AsyncIterator[speech_pb2.TranscribeLiveRequest],
) -> AsyncGenerator[speech_pb2.TranscribeLiveResponse]:
    """What is heard in the requests that follow a config of AUDIO_ENCODING_PCM_S16LE."""
    heard = live.converse(read_listening(config), _inputs(requests), config.max_seconds)
    try:
        async with aclosing(heard) as events:
            async for event in events:
                yield _write(event)
    except Fault:
        await _drain(requests)
        raise


async def _drain(requests: AsyncIterator[speech_pb2.TranscribeLiveRequest]) -> None:
    """Take what a client sends who was refused before anything was read of it.

    A client of gRPC whose message is under way when the status comes is told INTERNAL in its place.
    """
    with suppress(TimeoutError, Fault):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in requests:
                pass


async def _inputs(requests: AsyncIterator[speech_pb2.TranscribeLiveRequest]) -> AsyncIterator[bytes | SpeechEnd]:
    async for request in requests:
        yield _END if request.WhichOneof("part") == "speech_end" else read_audio(request)


def _write(event: LiveEvent) -> speech_pb2.TranscribeLiveResponse:
    response = speech_pb2.TranscribeLiveResponse()
    match event:
        case SpeechStarted(at):
            response.speech_started.at = at
        case SpeechStopped(at):
            response.speech_stopped.at = at
        case Partial(segment):
            response.partial.CopyFrom(write_segment(segment))
        case Final(segment, language, delay):
            response.final.segment.CopyFrom(write_segment(segment))
            response.final.language = language
            response.final.transcription_delay = delay
        case Flushed(seconds, speech_seconds, recognizer):
            response.flushed.seconds = seconds
            response.flushed.speech_seconds = speech_seconds
            response.flushed.recognizer.CopyFrom(write_recognizer(recognizer))
    return response
