"""Recognition by an OpenAI-compatible endpoint: real HTTP, the real SDK, and every way in which one can fail."""

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ai_service.deadline import begin_call
from ai_service.speech.endpoint import EndpointLimits, SpeechEndpoint
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.recognition import SAMPLE_RATE, Listening, Samples, SpokenWord, TranscriptSegment, Utterance
from ai_service.speech.transcriptions import Transcriptions
from tests.ai_service.wire.serving import until
from tests.fakes.aimock import aimock
from tests.fakes.openai_server import ScriptedOpenAI, Step, drip, error, flood, hang, html, raw, reset

AUDIO: Samples = np.arange(2 * SAMPLE_RATE, dtype=np.int16)
VERBOSE = {
    "task": "transcribe",
    "language": "english",
    "duration": 2.0,
    "text": " So far, so good. ",
    "words": [
        {"word": "So", "start": 0.1, "end": 0.3},
        {"word": "far", "start": 0.3, "end": 0.6},
        {"word": "so", "start": 1.0, "end": 1.2},
        {"word": "good", "start": 1.2, "end": 9.9},
    ],
    "segments": [
        {"id": 0, "text": " So far,", "start": 0.0, "end": 0.8, "avg_logprob": -0.1},
        {"id": 1, "text": " so good.", "start": 0.8, "end": 2.4, "avg_logprob": -0.5},
    ],
}


def said(body: Any) -> Step:
    return raw(json.dumps(body).encode())


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedOpenAI]:
    async with ScriptedOpenAI.start() as endpoint:
        yield endpoint


def client_of(base_url: str, timeout_seconds: float = 5.0, attempts: int = 3) -> Transcriptions:
    limits = EndpointLimits(timeout_seconds=timeout_seconds, attempts=attempts, connections=4)
    return Transcriptions(SpeechEndpoint(base_url=base_url, api_key="sk-a-test-key", limits=limits), "whisper-1")


@pytest.fixture
async def recognizer(endpoint: ScriptedOpenAI) -> AsyncIterator[Transcriptions]:
    recognizer = client_of(endpoint.base_url)
    yield recognizer
    await recognizer.close()


async def failure(recognizer: Transcriptions) -> SpeechModelFault:
    with pytest.raises(SpeechModelFault) as caught:
        await recognizer.recognize(AUDIO, Listening())
    assert "sk-a-test-key" not in caught.value.message
    return caught.value


async def test_words_come_with_their_times_inside_of_the_audio(
    endpoint: ScriptedOpenAI, recognizer: Transcriptions
) -> None:
    endpoint.will(said(VERBOSE))
    heard = await recognizer.recognize(AUDIO, Listening("en", "so far"))
    assert heard.language == "en"
    first, second = heard.segments
    assert (first.text, first.start, first.end) == ("So far,", 0.0, 0.8)
    assert first.words == (SpokenWord("So", 0.1, 0.3), SpokenWord("far", 0.3, 0.6))
    assert (second.text, second.start, second.end) == ("so good.", 0.8, 2.0)
    assert second.words == (SpokenWord("so", 1.0, 1.2), SpokenWord("good", 1.2, 2.0))
    assert first.confidence == pytest.approx(0.905, abs=0.001)
    asked = endpoint.requests[0]
    assert asked.path == "/v1/audio/transcriptions"
    assert asked.headers["authorization"] == "Bearer sk-a-test-key"
    file = asked.body.pop("file")
    assert asked.body == {
        "model": "whisper-1",
        "response_format": "verbose_json",
        "timestamp_granularities[]": ["word", "segment"],
        "language": "en",
        "prompt": "so far",
    }
    with wave.open(io.BytesIO(file)) as sent:
        assert (sent.getframerate(), sent.getnchannels(), sent.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        assert np.array_equal(np.frombuffer(sent.readframes(sent.getnframes()), "<i2"), AUDIO)


async def test_an_endpoint_that_knows_less_is_asked_for_less_once_and_for_all(
    endpoint: ScriptedOpenAI, recognizer: Transcriptions
) -> None:
    endpoint.refused_words = {"timestamp_granularities[]": "no such parameter"}
    endpoint.refused_modes = {"json"}
    endpoint.answer = lambda _: raw(b"So far,\n so good.\n", content_type="text/plain")
    whole = Utterance("en", (TranscriptSegment("So far, so good.", 0.0, 2.0),))
    assert await recognizer.recognize(AUDIO, Listening("en")) == whole
    assert [one.mode for one in endpoint.requests] == ["verbose_json", "verbose_json", "json", "text"]
    assert await recognizer.recognize(AUDIO, Listening("en")) == whole
    assert len(endpoint.requests) == 5


async def test_json_without_times_is_one_segment(endpoint: ScriptedOpenAI, recognizer: Transcriptions) -> None:
    endpoint.will(said({"text": "So\u0000 far \ufffd", "language": "klingon"}))
    heard = await recognizer.recognize(AUDIO, Listening())
    assert heard == Utterance("", (TranscriptSegment("So far", 0.0, 2.0),))


@pytest.mark.parametrize("body", [{"text": "  "}, {**VERBOSE, "text": "", "segments": [], "words": []}])
async def test_nothing_said_is_no_segment(
    endpoint: ScriptedOpenAI, recognizer: Transcriptions, body: dict[str, Any]
) -> None:
    endpoint.will(said(body))
    assert (await recognizer.recognize(AUDIO, Listening())).segments == ()


@pytest.mark.parametrize(
    "step",
    [
        error(500),
        error(503, retry_after="0"),
        error(429, retry_after_ms="1"),
        html(502),
        reset(),
        reset(b'{"te'),
        raw(b"<html>"),
        said({"words": []}),
        said({**VERBOSE, "segments": "none"}),
    ],
)
async def test_what_passes_is_tried_again(endpoint: ScriptedOpenAI, recognizer: Transcriptions, step: Step) -> None:
    endpoint.will(step, said(VERBOSE))
    assert len((await recognizer.recognize(AUDIO, Listening())).segments) == 2
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("step", "reason", "requests"),
    [
        (error(401), "SPEECH_MODEL_CREDENTIAL", 1),
        (error(404), "SPEECH_MODEL_NOT_FOUND", 1),
        (error(429, code="insufficient_quota"), "SPEECH_MODEL_QUOTA_SPENT", 1),
        (error(429, retry_after="120"), "SPEECH_MODEL_RATE_LIMITED", 1),
        (error(413), "SPEECH_MODEL_REQUEST_REFUSED", 1),
        (flood(2_000_000, declared=False), "SPEECH_MODEL_REPLY_TOO_LARGE", 1),
        (error(400), "SPEECH_MODEL_REQUEST_REFUSED", 4),
        (error(500), "SPEECH_MODEL_FAILED", 3),
        (raw(b"{}"), "SPEECH_MODEL_PROTOCOL", 3),
    ],
)
async def test_what_stays_is_told_by_name(
    endpoint: ScriptedOpenAI, recognizer: Transcriptions, step: Step, reason: str, requests: int
) -> None:
    endpoint.answer = lambda _: step
    fault = await failure(recognizer)
    assert (fault.reason, len(endpoint.requests)) == (reason, requests)
    assert fault.details.get("retry_after_seconds") == ("120" if reason == "SPEECH_MODEL_RATE_LIMITED" else None)


@pytest.mark.parametrize("step", [hang(), drip()])
async def test_an_attempt_has_a_bound_and_so_has_the_call(endpoint: ScriptedOpenAI, step: Step) -> None:
    endpoint.answer = lambda _: step
    hasty = client_of(endpoint.base_url, timeout_seconds=0.3, attempts=2)
    assert (await failure(hasty)).reason == "SPEECH_MODEL_TIMEOUT"
    assert len(endpoint.requests) == 2
    await hasty.close()

    async def in_a_short_call() -> SpeechModelFault:
        begin_call(0.6)
        patient = client_of(endpoint.base_url, timeout_seconds=60.0)
        try:
            return await failure(patient)
        finally:
            await patient.close()

    async with asyncio.timeout(30):
        assert (await asyncio.create_task(in_a_short_call())).reason == "SPEECH_MODEL_TIMEOUT"


async def test_who_goes_away_ends_the_request(endpoint: ScriptedOpenAI, recognizer: Transcriptions) -> None:
    endpoint.answer = lambda _: hang()
    asking = asyncio.create_task(recognizer.recognize(AUDIO, Listening()))
    await until(lambda: len(endpoint.requests) == 1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(lambda: not endpoint._tasks)


async def test_a_third_partys_server_understands_and_is_understood(tmp_path: Path) -> None:
    spoken = {"text": "So far, so good.", "language": "english", "duration": 2.0, "words": VERBOSE["words"]}
    fixtures = [{"match": {"endpoint": "transcription"}, "response": {"transcription": spoken}}]
    async with aimock(tmp_path, fixtures) as base_url:
        recognizer = client_of(base_url)
        heard = await recognizer.recognize(AUDIO, Listening())
        await recognizer.close()
    assert [segment.text for segment in heard.segments] == ["So far, so good."]
    assert [word.text for word in heard.segments[0].words] == ["So", "far", "so", "good"]
