"""A running server that hears and speaks, with a client, and a recognizer of tests."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from grpc import aio
from prometheus_client import CollectorRegistry

from ai_service.interviewing.workers import Workers
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.hearing import Hearing
from ai_service.speech.live import LiveRecognition, LiveRules
from ai_service.speech.live_metrics import LiveMetrics, SynthesisMetrics
from ai_service.speech.recognition import (
    SAMPLE_RATE,
    Listening,
    Recognizer,
    RecognizerIdentity,
    Samples,
    SpokenWord,
    TranscriptSegment,
    Utterance,
)
from ai_service.speech.recording_metrics import RecordingMetrics
from ai_service.speech.recordings import RecordingRules, Recordings
from ai_service.speech.silero import Silero
from ai_service.speech.speech import Speech
from ai_service.speech.synthesis import Synthesis, Synthesizer
from protos.interview_engine.v1 import speech_pb2 as speech
from protos.interview_engine.v1 import speech_pb2_grpc
from tests.ai_service.speech import sounds
from tests.ai_service.wire.serving import METADATA, SECONDS, Serving

Request = speech.TranscribeLiveRequest
Response = speech.TranscribeLiveResponse
END = Request(speech_end=speech.SpeechEnd())


@dataclass
class Counting:
    """A `Recognizer` that hears one word for each half second of audio, once it is let."""

    identity: RecognizerIdentity = field(default_factory=lambda: RecognizerIdentity("faster-whisper", "counting"))
    languages: tuple[str, ...] = ("en",)
    fault: SpeechModelFault | None = None
    heard: list[float] = field(default_factory=list)
    given_up: int = 0
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        seconds = len(samples) / SAMPLE_RATE
        self.heard.append(seconds)
        try:
            await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.fault is not None:
            raise self.fault
        words = tuple(SpokenWord(f"w{n}", n / 2, n / 2 + 0.4, 0.9) for n in range(int(seconds * 2)))
        text = " ".join(word.text for word in words)
        return Utterance("en", (TranscriptSegment(text, 0.0, seconds, 0.9, words),) if words else ())

    async def close(self) -> None:
        pass


@dataclass
class Conversing:
    """A server that hears by a recognizer, and a client of it."""

    stub: Any
    recognizer: Any

    def call(self, requests: AsyncIterator[Request], timeout: float = SECONDS) -> Any:
        return self.stub.TranscribeLive(requests, metadata=METADATA, timeout=timeout)

    async def hear(self, requests: Iterable[Request]) -> list[Response]:
        return [one async for one in self.call(each(requests))]

    async def hear_open(self, requests: Iterable[Request]) -> list[Response]:
        """As `hear`, but the client does not end: gRPC's tells INTERNAL where a status comes while it writes."""
        return [one async for one in self.call(each(requests, ends=False))]


@asynccontextmanager
async def conversing(
    silero: Silero, recognizer: Recognizer | None, rules: LiveRules, synthesizer: Synthesizer | None = None
) -> AsyncIterator[Conversing]:
    registry = CollectorRegistry()
    hearing = Hearing(recognizer.identity if recognizer else None)
    if recognizer is not None:
        hearing.arrive(recognizer)
    speech_of = Speech(
        hearing,
        Recordings(hearing, silero, RecordingMetrics(registry), RecordingRules()),
        LiveRecognition(hearing, silero, LiveMetrics(registry), rules),
        Synthesis(synthesizer, SynthesisMetrics(registry), 1),
    )
    async with Serving.start(Workers(threads=1, bound=1)) as serving:
        await serving.server.open_speech(speech_of)
        yield Conversing(speech_pb2_grpc.SpeechServiceStub(serving.channel), recognizer)
    await speech_of.close()


def config(**fields: Any) -> Request:
    encoding = speech.AUDIO_ENCODING_PCM_S16LE
    return Request(config=speech.TranscriptionConfig(encoding=encoding, **fields))


def frames(audio: bytes, size: int = 1280) -> list[Request]:
    return [Request(audio=piece) for piece in sounds.pieces(audio, size)]


async def each(requests: Iterable[Request], *, ends: bool = True) -> AsyncIterator[Request]:
    for request in requests:
        yield request
    if not ends:
        await asyncio.Event().wait()


async def rest_of(call: Any) -> list[Response]:
    """What is still to be read of a call."""
    events = []
    while (event := await call.read()) is not aio.EOF:
        events.append(event)
    return events


def kinds(events: Iterable[Response]) -> list[str]:
    return [event.WhichOneof("event") or "" for event in events]


def finals(events: Iterable[Response]) -> list[speech.FinalResult]:
    return [event.final for event in events if event.WhichOneof("event") == "final"]
