"""Recordings over gRPC: decoded in a process, cut by silero, and told by recognizers of tests and by pocketsphinx."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import CollectorRegistry

from ai_service.interviewing.workers import Workers
from ai_service.speech import sphinx
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
from ai_service.speech.synthesis import Synthesis
from protos.interview_engine.v1 import speech_pb2 as pb
from protos.interview_engine.v1 import speech_pb2_grpc
from tests.ai_service.speech.containers import recording, silent_flac, wav
from tests.ai_service.speech.sounds import NO_SPEECH, pcm, recorded, silence
from tests.ai_service.wire.serving import METADATA, SECONDS, Serving, refusal, until

CONTAINER = pb.AUDIO_ENCODING_CONTAINER
# Two sentences with so much silence between them that they are two stretches, 5 and 2.8 s long.
PAUSE = 4.0
TWO_SENTENCES = recorded("hash_map") + silence(PAUSE) + recorded("do_not_know")
SECOND_AT = len(recorded("hash_map")) / 2 / SAMPLE_RATE + PAUSE


@dataclass
class Telling:
    """A `Recognizer` that says "one two" of whatever it hears, once it is let."""

    identity: RecognizerIdentity = field(default_factory=lambda: RecognizerIdentity("faster-whisper", "telling"))
    languages: tuple[str, ...] = ("en", "de")
    fault: Exception | None = None
    asked: list[tuple[float, Listening]] = field(default_factory=list)
    given_up: int = 0
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        self.asked.append((len(samples) / SAMPLE_RATE, listening))
        try:
            await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        if self.fault is not None:
            raise self.fault
        words = (SpokenWord("one", 0.5, 0.75, 0.5), SpokenWord("two", 1.0, 1.25, 1.0))
        return Utterance(listening.language or "de", (TranscriptSegment("One, two.", 0.5, 1.25, 0.75, words),))

    async def close(self) -> None:
        pass


@dataclass
class Hosting:
    """A server, its client, and the hearing and metrics behind it."""

    serving: Serving
    stub: Any
    hearing: Hearing
    registry: CollectorRegistry
    speech: Speech

    async def transcribe(self, data: bytes, size: int = 65536, **config: Any) -> pb.Transcript:
        requests = (pb.TranscribeRequest(**part) for part in parts(data, size, **config))
        response: pb.TranscribeResponse = await self.stub.Transcribe(requests, metadata=METADATA, timeout=SECONDS)
        return response.transcript

    async def events(self, data: bytes, **config: Any) -> list[pb.TranscribeLiveResponse]:
        requests = (pb.TranscribeLiveRequest(**part) for part in parts(data, 65536, **config))
        return [one async for one in self.stub.TranscribeLive(requests, metadata=METADATA, timeout=SECONDS)]

    def sample(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def parts(data: bytes, size: int, **config: Any) -> Iterator[dict[str, Any]]:
    yield {"config": pb.TranscriptionConfig(**{"encoding": CONTAINER, **config})}
    for start in range(0, len(data), size):
        yield {"audio": data[start : start + size]}


Host = Callable[..., AbstractAsyncContextManager[Hosting]]


@pytest.fixture(scope="module")
def host() -> Host:
    """Starts a server that hears by a recognizer, or by none."""
    silero = Silero.load()

    @asynccontextmanager
    async def start(recognizer: Recognizer | None, *, loaded: bool = True, **rules: Any) -> AsyncIterator[Hosting]:
        registry = CollectorRegistry()
        hearing = Hearing(recognizer.identity if recognizer else None)
        if recognizer is not None and loaded:
            hearing.arrive(recognizer)
        speech = Speech(
            hearing,
            Recordings(hearing, silero, RecordingMetrics(registry), RecordingRules(**rules)),
            LiveRecognition(hearing, silero, LiveMetrics(registry), LiveRules()),
            Synthesis(None, SynthesisMetrics(registry), 1),
        )
        async with Serving.start(Workers(threads=1, bound=1)) as serving:
            await serving.server.open_speech(speech)
            stub: Any = speech_pb2_grpc.SpeechServiceStub(serving.channel)
            yield Hosting(serving, stub, hearing, registry, speech)
        await speech.close()

    return start


async def health(hosting: Hosting) -> int:
    request = health_pb2.HealthCheckRequest(service="interview_engine.v1.SpeechService")
    stub: Any = health_pb2_grpc.HealthStub(hosting.serving.channel)
    return int((await stub.Check(request, timeout=SECONDS)).status)


async def test_a_recording_becomes_a_transcript_at_its_own_times(host: Host) -> None:
    telling = Telling()
    async with host(telling) as hosting:
        transcript = await hosting.transcribe(
            recording("webm", np.frombuffer(TWO_SENTENCES, np.int16)), hints="hash map"
        )
        assert hosting.sample("ai_speech_recording_seconds_count", engine="faster-whisper", outcome="ok") == 1
        audio = hosting.sample("ai_speech_audio_seconds_total", engine="faster-whisper", outcome="ok")
        assert audio == pytest.approx(transcript.duration_seconds)
    assert transcript.text == "One, two. One, two."
    assert transcript.duration_seconds == pytest.approx(len(TWO_SENTENCES) / 2 / SAMPLE_RATE, abs=0.1)
    assert 6.0 < transcript.speech_seconds < 8.2
    assert transcript.confidence == 0.75
    assert transcript.language == "de"
    assert (transcript.recognizer.engine, transcript.recognizer.low_accuracy) == ("faster-whisper", False)
    first, second = transcript.segments
    assert first.words[0].start == pytest.approx(0.5, abs=0.3)
    assert second.words[0].start == pytest.approx(SECOND_AT + 0.5, abs=0.5)
    assert second.words[1].end - second.words[0].start == pytest.approx(0.75)
    # The language that was found out holds for the rest; the silence between went to nobody.
    assert [listening for _, listening in telling.asked] == [Listening("", "hash map"), Listening("de", "hash map")]
    assert sum(seconds for seconds, _ in telling.asked) < 12


@pytest.mark.skipif(not sphinx.is_installed(), reason="pocketsphinx is made for Python 3.11 and 3.13 only")
async def test_real_words_are_understood(host: Host) -> None:
    async with host(sphinx.Sphinx(processes=1)) as hosting:
        described = await hosting.stub.DescribeSpeech(pb.DescribeSpeechRequest(), metadata=METADATA, timeout=SECONDS)
        mp3 = recording("mp3", np.frombuffer(recorded("do_not_know"), np.int16))
        transcript = await hosting.transcribe(mp3, language="en")
    assert transcript.text == "i do not know the answer to this question"
    assert described.recognizer == transcript.recognizer
    assert transcript.recognizer.low_accuracy
    assert list(described.languages) == ["en"]


@pytest.mark.parametrize("name", ["silence", "white noise", "keyboard"])
async def test_what_nobody_says_has_no_words(host: Host, name: str) -> None:
    telling = Telling()
    async with host(telling) as hosting:
        transcript = await hosting.transcribe(wav(pcm(NO_SPEECH[name](8.0))))
    assert (transcript.text, len(transcript.segments), transcript.speech_seconds) == ("", 0, 0.0)
    assert not transcript.HasField("confidence")
    assert transcript.duration_seconds == 8.0
    assert telling.asked == []


async def test_progress_and_final_results_come_one_by_one(host: Host) -> None:
    telling = Telling()
    async with host(telling) as hosting:
        events = await hosting.events(wav(TWO_SENTENCES))
        kinds = [event.WhichOneof("event") for event in events]
        of = len(TWO_SENTENCES) / 2 / SAMPLE_RATE
        progress = [event.progressed.seconds for event in events if event.HasField("progressed")]
        assert kinds == ["progressed", "final", "progressed", "final", "progressed", "progressed", "flushed"]
        assert progress == sorted(progress)
        assert (progress[0], progress[-1]) == (0.0, of)
        assert {event.progressed.of_seconds for event in events if event.HasField("progressed")} == {of}
        assert events[1].final.segment.text == "One, two."
        assert events[1].final.transcription_delay >= 0
        assert events[-1].flushed.seconds == of
        assert events[-1].flushed.recognizer.model == "telling"
        # Each is told before the next one is begun.
        telling.may_go_on.clear()
        requests = (pb.TranscribeLiveRequest(**part) for part in parts(wav(TWO_SENTENCES), 65536))
        call = hosting.stub.TranscribeLive(requests, metadata=METADATA, timeout=SECONDS)
        assert (await call.read()).WhichOneof("event") == "progressed"
        await until(lambda: len(telling.asked) == 3)
        call.cancel()
        await until(lambda: telling.given_up == 1)


@pytest.mark.parametrize(
    ("data", "config", "reason"),
    [
        pytest.param(b"", {}, "AUDIO_EMPTY", id="nothing"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), {}, "AUDIO_UNSUPPORTED", id="an image"),
        pytest.param(wav(bytes(64_000), rate=0), {}, "AUDIO_DAMAGED", id="0 Hz"),
        pytest.param(wav(silence(3)), {"max_seconds": 2.5}, "AUDIO_TOO_LONG", id="over the caller's bound"),
        pytest.param(silent_flac(1800), {}, "AUDIO_TOO_LONG", id="over the service's bound"),
        pytest.param(b"x", {"language": "fr"}, "LANGUAGE_UNSUPPORTED", id="an unknown language"),
        pytest.param(b"x", {"encoding": pb.AUDIO_ENCODING_UNSPECIFIED}, "INVALID_FIELD", id="no encoding"),
        pytest.param(b"x", {"encoding": 7}, "INVALID_FIELD", id="an unknown encoding"),
        pytest.param(b"x", {"hints": "x" * 1001}, "INVALID_FIELD", id="long hints"),
        pytest.param(b"x", {"max_seconds": -1.0}, "INVALID_FIELD", id="a bound below zero"),
        pytest.param(b"x", {"max_seconds": float("nan")}, "INVALID_FIELD", id="a bound that is no number"),
    ],
)
async def test_what_cannot_be_used_is_refused_by_name(
    host: Host, data: bytes, config: dict[str, Any], reason: str
) -> None:
    async with host(Telling()) as hosting:
        told = await refusal(hosting.transcribe(data, **config))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_a_bad_recording_is_refused_by_name_where_it_is_told_bit_by_bit(host: Host) -> None:
    async with host(Telling()) as hosting:
        told = await refusal(hosting.events(wav(bytes(640_000), channels=8)))
        assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_DAMAGED")
        # And the next one is heard.
        assert (await hosting.events(wav(silence(1))))[-1].flushed.seconds == 1.0


async def test_the_parts_have_an_order_and_a_size(host: Host) -> None:
    async with host(Telling()) as hosting:

        async def told(*requests: pb.TranscribeRequest) -> tuple[str, list[str]]:
            refused = await refusal(hosting.stub.Transcribe(iter(requests), metadata=METADATA, timeout=SECONDS))
            return refused.reason, refused.fields

        config = pb.TranscribeRequest(config=pb.TranscriptionConfig(encoding=CONTAINER))
        pcm_config = pb.TranscribeRequest(config=pb.TranscriptionConfig(encoding=pb.AUDIO_ENCODING_PCM_S16LE))
        assert await told() == ("INVALID_FIELD", ["config"])
        assert await told(pb.TranscribeRequest(audio=b"x")) == ("INVALID_FIELD", ["config"])
        assert await told(config, config) == ("INVALID_FIELD", ["config"])
        assert await told(pcm_config) == ("INVALID_FIELD", ["config.encoding"])
        assert await told(config, pb.TranscribeRequest(audio=bytes(1024**2 + 1))) == ("INVALID_FIELD", ["audio"])
        end = pb.TranscribeLiveRequest(speech_end=pb.SpeechEnd())
        live = iter([pb.TranscribeLiveRequest(config=config.config), end])
        call = hosting.stub.TranscribeLive(live, metadata=METADATA, timeout=SECONDS)
        assert (await refusal(call.read())).fields == ["speech_end"]
        too_much = hosting.transcribe(bytes(51 * 1024**2), size=1024**2)
        assert (await refusal(too_much)).reason == "AUDIO_TOO_LARGE"


async def test_as_many_as_may_are_under_way_and_who_goes_away_makes_room(host: Host) -> None:
    telling = Telling()
    telling.may_go_on.clear()
    async with host(telling, under_way=2, at_once=1) as hosting:
        spoken = wav(recorded("do_not_know"))
        first = asyncio.create_task(hosting.transcribe(spoken))
        await until(lambda: len(telling.asked) == 1)
        waiting = asyncio.create_task(hosting.transcribe(spoken))
        await until(lambda: hosting.sample("ai_speech_recordings") == 2)
        told = await refusal(hosting.transcribe(spoken))
        assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SPEECH_BUSY")
        assert "SPEECH_RECORDINGS" in told.message
        first.cancel()
        await until(lambda: telling.given_up == 1)
        telling.may_go_on.set()
        assert (await waiting).text == "One, two."
        await until(lambda: hosting.sample("ai_speech_recordings") == 0)
        cancelled = {"engine": "faster-whisper", "outcome": "cancelled"}
        assert hosting.sample("ai_speech_recording_seconds_count", **cancelled) == 1


async def test_a_recognizers_failure_is_told_and_counted(host: Host) -> None:
    fault = SpeechModelFault("SPEECH_MODEL_RATE_LIMITED", "later", retry_after_seconds=7)
    async with host(Telling(fault=fault)) as hosting:
        told = await refusal(hosting.transcribe(wav(recorded("do_not_know"))))
        outcome = {"engine": "faster-whisper", "outcome": "speech_model_rate_limited"}
        assert hosting.sample("ai_speech_recording_seconds_count", **outcome) == 1
    assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SPEECH_MODEL_RATE_LIMITED")
    assert told.details["retry_after_seconds"] == "7"


async def test_an_installation_without_a_recognizer_says_so(host: Host) -> None:
    async with host(None) as hosting:
        described = await hosting.stub.DescribeSpeech(pb.DescribeSpeechRequest(), metadata=METADATA, timeout=SECONDS)
        assert await health(hosting) == health_pb2.HealthCheckResponse.SERVING
        large = bytes(20 * 1024**2)
        for told in (await refusal(hosting.transcribe(large)), await refusal(hosting.events(large))):
            assert (told.code, told.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_RECOGNIZER")
    assert not described.HasField("recognizer")


async def test_a_model_that_is_still_being_loaded_can_be_waited_for(host: Host) -> None:
    telling = Telling()
    async with host(telling, loaded=False) as hosting:
        told = await refusal(hosting.transcribe(wav(silence(1))))
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SPEECH_MODEL_LOADING")
        assert await health(hosting) == health_pb2.HealthCheckResponse.NOT_SERVING
        hosting.hearing.fail("the hub cannot be reached")
        told = await refusal(hosting.transcribe(wav(silence(1))))
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SPEECH_MODEL_FAILED")
        assert told.message == "the hub cannot be reached"
        described = await hosting.stub.DescribeSpeech(pb.DescribeSpeechRequest(), metadata=METADATA, timeout=SECONDS)
        assert described.recognizer.model == "telling"
        hosting.hearing.arrive(telling)
        await hosting.serving.server.open_speech(hosting.speech)
        assert await health(hosting) == health_pb2.HealthCheckResponse.SERVING
        assert (await hosting.transcribe(wav(silence(1)))).duration_seconds == 1.0


async def test_the_credential_is_asked_for_in_every_call(host: Host) -> None:
    async with host(Telling()) as hosting:
        stub = hosting.stub
        for call in (
            stub.Transcribe(iter(()), timeout=SECONDS),
            stub.TranscribeLive(iter(()), timeout=SECONDS).read(),
            stub.Synthesize(pb.SynthesizeRequest(text="x"), timeout=SECONDS).read(),
            stub.DescribeSpeech(pb.DescribeSpeechRequest(), timeout=SECONDS),
        ):
            assert (await refusal(call)).code is grpc.StatusCode.UNAUTHENTICATED
