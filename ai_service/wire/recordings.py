"""Recordings in messages."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from ai_service.errors import Fault, InvalidField
from ai_service.speech.recordings import Heard, Recordings, Transcript
from ai_service.speech.spool import Spool
from ai_service.wire.transcripts import (
    Part,
    read_audio,
    read_config,
    read_listening,
    write_recognizer,
    write_segment,
)
from protos.interview_engine.v1 import speech_pb2

_REST_SECONDS = 1.0


async def transcribe(
    recordings: Recordings, requests: AsyncIterator[speech_pb2.TranscribeRequest]
) -> speech_pb2.TranscribeResponse:
    """The recording in the requests, as text."""
    config = await read_config(requests)
    if config.encoding != speech_pb2.AUDIO_ENCODING_CONTAINER:
        raise InvalidField("config.encoding", "has to be AUDIO_ENCODING_CONTAINER of a whole recording")
    listening = read_listening(config)
    with recordings.spool(listening) as spool:
        await _fill(spool, requests)
        async with aclosing(recordings.hear(spool, listening, config.max_seconds)) as all_heard:
            async for heard in all_heard:
                if isinstance(heard, Transcript):
                    return speech_pb2.TranscribeResponse(transcript=_write_transcript(heard))
    raise RuntimeError("a recording ends with its transcript")


async def transcribe_live(
    recordings: Recordings,
    config: speech_pb2.TranscriptionConfig,
    requests: AsyncIterator[speech_pb2.TranscribeLiveRequest],
) -> AsyncGenerator[speech_pb2.TranscribeLiveResponse]:
    """The recording in the requests that follow a config of AUDIO_ENCODING_CONTAINER, bit by bit."""
    listening = read_listening(config)
    try:
        with recordings.spool(listening) as spool:
            await _fill(spool, requests)
            async with aclosing(recordings.hear(spool, listening, config.max_seconds)) as all_heard:
                async for heard in all_heard:
                    for response in _write_progress(heard):
                        yield response
    except Fault:
        await _read_rest(requests)
        raise


async def _fill(spool: Spool, requests: AsyncIterator[Part]) -> None:
    async for request in requests:
        if request.WhichOneof("part") == "speech_end":
            raise InvalidField("speech_end", "is for a conversation; a recording ends with its stream")
        await spool.add(read_audio(request))


async def _read_rest(requests: AsyncIterator[Part]) -> None:
    """What is still on its way: gRPC's Python client tells INTERNAL where a status arrives while it writes."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_REST_SECONDS):
            async for _ in requests:
                pass


def _write_progress(heard: Heard | Transcript) -> list[speech_pb2.TranscribeLiveResponse]:
    if isinstance(heard, Transcript):
        progressed = speech_pb2.Progressed(seconds=heard.duration_seconds, of_seconds=heard.duration_seconds)
        flushed = speech_pb2.Flushed(
            seconds=heard.duration_seconds,
            speech_seconds=heard.speech_seconds,
            recognizer=write_recognizer(heard.recognizer),
        )
        return [
            speech_pb2.TranscribeLiveResponse(progressed=progressed),
            speech_pb2.TranscribeLiveResponse(flushed=flushed),
        ]
    finals = [
        speech_pb2.FinalResult(segment=write_segment(segment), language=heard.language, transcription_delay=heard.delay)
        for segment in heard.segments
    ]
    progressed = speech_pb2.Progressed(seconds=heard.seconds, of_seconds=heard.of_seconds)
    return [
        *(speech_pb2.TranscribeLiveResponse(final=final) for final in finals),
        speech_pb2.TranscribeLiveResponse(progressed=progressed),
    ]


def _write_transcript(transcript: Transcript) -> speech_pb2.Transcript:
    return speech_pb2.Transcript(
        text=transcript.text,
        segments=[write_segment(segment) for segment in transcript.segments],
        language=transcript.language,
        duration_seconds=transcript.duration_seconds,
        confidence=transcript.confidence,
        speech_seconds=transcript.speech_seconds,
        recognizer=write_recognizer(transcript.recognizer),
    )
