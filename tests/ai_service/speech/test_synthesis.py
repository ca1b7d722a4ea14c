import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from ai_service.errors import Fault, InvalidField
from ai_service.speech.endpoint import EndpointLimits, SpeechEndpoint
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.live_metrics import SynthesisMetrics
from ai_service.speech.synthesis import MOST_PIECE_BYTES, Sound, Spoken, Synthesis, Synthesizer, spoken_sentences
from ai_service.speech.synthesis_openai import EndpointSynthesizer
from ai_service.speech.synthesis_programs import ESPEAK, FLITE, Program, ProgramSynthesizer, installed
from tests.ai_service.wire.serving import until
from tests.fakes import openai_server as scripted
from tests.fakes.openai_server import ScriptedOpenAI

TEXT = "What is a queue? Explain it, e.g. by an example."

needs_flite = pytest.mark.skipif(shutil.which(FLITE) is None, reason="flite is not installed")


class Tones:
    """A `Synthesizer` whose samples are the number of the sentence."""

    name = "tones"

    def __init__(self, seconds: float = 0.5, rate: int = 16_000) -> None:
        self.seconds, self.rate = seconds, rate
        self.made: list[str] = []
        self.closed = 0

    def voice(self, language: str, voice: str) -> str:
        return voice or language

    async def speak(self, sentence: str, voice: str) -> AsyncGenerator[Sound]:
        self.made.append(sentence)
        try:
            yield Sound(len(self.made).to_bytes(2, "little") * round(self.rate * self.seconds), self.rate)
        finally:
            self.closed += 1

    async def close(self) -> None:
        pass


def synthesis(synthesizer: Synthesizer | None, bound: int = 4) -> tuple[Synthesis, CollectorRegistry]:
    registry = CollectorRegistry()
    return Synthesis(synthesizer, SynthesisMetrics(registry), bound), registry


async def spoken(synthesizer: Synthesizer, text: str = TEXT, language: str = "", voice: str = "") -> list[Spoken]:
    return [one async for one in synthesis(synthesizer)[0].speak(text, language, voice)]


async def failure(synthesizer: Synthesizer | None, text: str = TEXT) -> Fault:
    with pytest.raises(Fault) as caught:
        _ = [one async for one in synthesis(synthesizer)[0].speak(text)]
    return caught.value


async def test_each_sentence_tells_where_it_stands_in_the_text_and_when_it_is_complete() -> None:
    pieces = await spoken(Tones())
    sentences = [TEXT[one.start : one.end] for one in pieces if one.is_last]
    assert sentences == ["What is a queue?", "Explain it, e.g. by an example."]
    for number in (0, 1):
        audio = b"".join(one.sound.audio for one in pieces if one.sentence == number)
        assert audio == (number + 1).to_bytes(2, "little") * 8000
        assert [one.is_last for one in pieces if one.sentence == number].count(True) == 1


async def test_the_next_sentence_is_made_when_the_one_before_has_been_taken() -> None:
    tones = Tones()
    async with aclosing(synthesis(tones)[0].speak(TEXT)) as pieces:
        first = await anext(pieces)
        assert first.sound.audio
        assert tones.made == ["What is a queue?"]
    assert tones.closed == 1


async def test_pieces_are_bounded() -> None:
    pieces = await spoken(Tones(seconds=10), "One.")
    assert max(len(one.sound.audio) for one in pieces) == MOST_PIECE_BYTES
    assert sum(len(one.sound.audio) for one in pieces) == 320_000


def test_sentences_without_an_end_are_cut_and_those_without_a_word_are_left_out() -> None:
    text = "word " * 300 + "... !!! " + "x" * 1000 + ". 🙂. End."
    spans = list(spoken_sentences(text))
    assert all(0 < span.end - span.start <= 400 for span in spans)
    assert "".join(text[span.start : span.end] for span in spans).count("x") == 1000
    assert text[spans[-1].start : spans[-1].end].endswith("End.")
    assert list(spoken_sentences("?! ...")) == []


async def test_what_cannot_be_spoken_is_refused() -> None:
    assert (await failure(None)).reason == "NO_SYNTHESIZER"
    assert (await failure(Tones(), "a" * 5001)).reason == "TEXT_TOO_LONG"
    changing = Tones()
    speech = synthesis(changing)[0].speak(TEXT)
    await anext(speech)
    changing.rate = 8_000
    with pytest.raises(Fault, match="sample rate"):
        _ = [one async for one in speech]


async def test_more_texts_at_a_time_than_may_be_are_refused_and_times_are_measured() -> None:
    busy, registry = synthesis(Tones(), bound=1)
    async with aclosing(busy.speak(TEXT)) as first:
        await anext(first)
        with pytest.raises(Fault, match="SPEECH_CONVERSATIONS"):
            await anext(busy.speak(TEXT))
    assert [one async for one in busy.speak(TEXT)]

    def counted(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"ai_speech_synthesis_{name}_count", {"synthesizer": "tones", **labels})

    assert counted("ttfb_seconds") == 2
    assert (counted("seconds", outcome="cancelled"), counted("seconds", outcome="ok")) == (1, 1)


@pytest.fixture(scope="module")
def flite() -> ProgramSynthesizer:
    program = installed(FLITE)
    assert program is not None
    return ProgramSynthesizer(program, default_voice="", at_once=2, timeout_seconds=20)


@needs_flite
async def test_flite_speaks(flite: ProgramSynthesizer) -> None:
    pieces = await spoken(flite)
    assert {one.sound.sample_rate for one in pieces} == {16_000}
    for number, least in ((0, 0.7), (1, 1.5)):
        samples = np.frombuffer(b"".join(one.sound.audio for one in pieces if one.sentence == number), "<i2")
        assert least < len(samples) / 16_000 < 6
        assert np.abs(samples).max() > 3000


@needs_flite
@pytest.mark.parametrize(
    "text", ["-o {stolen}", "--help", "$(touch stolen); `touch stolen`", "a\0b\x1b[2J", "naïve 漢字 \ud800"]
)
async def test_nothing_in_a_text_is_an_option_or_a_command(
    flite: ProgramSynthesizer, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stolen = tmp_path / "stolen"
    assert sum(len(one.sound.audio) for one in await spoken(flite, text.replace("{stolen}", str(stolen)))) > 8_000
    assert files_in(tmp_path) == []


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@needs_flite
async def test_flite_has_its_own_voices_and_english_only(flite: ProgramSynthesizer) -> None:
    assert flite.voice("en", "") == "slt"
    assert flite.voice("en", "kal") == "kal"
    for voice in ("nobody", "-o", "/etc/passwd", "http://127.0.0.1/voice.flitevox"):
        with pytest.raises(InvalidField):
            flite.voice("en", voice)
    with pytest.raises(Fault, match="'de'"):
        flite.voice("de", "")


def program(tmp_path: Path, script: str) -> ProgramSynthesizer:
    """A synthesizer whose program is a shell script."""
    path = tmp_path / "speaks"
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(0o700)
    made = Program(FLITE, str(path), ("slt",), "slt", lambda voice: ("-voice", voice))
    return ProgramSynthesizer(made, default_voice="", at_once=1, timeout_seconds=20)


@pytest.mark.parametrize(
    "script", ["exit 1", "exit 0", "echo nothing > speech.wav", "head -c 17000000 /dev/zero > speech.wav"]
)
async def test_a_program_that_makes_no_speech_is_a_fault(tmp_path: Path, script: str) -> None:
    fault = await failure(program(tmp_path, script))
    assert isinstance(fault, SpeechModelFault)
    assert fault.reason == "SPEECH_MODEL_FAILED"


async def test_a_program_ends_with_the_one_who_waits_for_it(tmp_path: Path) -> None:
    started = tmp_path / "started"
    endless = program(tmp_path, f"echo $$ > {started}; exec tail -f /dev/null")
    speaking = asyncio.create_task(anext(synthesis(endless)[0].speak(TEXT)))
    await until(lambda: started.exists() and bool(started.read_text("utf-8").strip()))
    process = Path("/proc") / started.read_text("utf-8").strip()
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    assert not process.exists()


async def test_a_program_that_does_not_end_is_killed(tmp_path: Path) -> None:
    endless = program(tmp_path, "exec tail -f /dev/null")
    endless._timeout_seconds = 0.1
    assert (await failure(endless)).reason == "SPEECH_MODEL_TIMEOUT"


@pytest.mark.skipif(shutil.which(ESPEAK) is None, reason="espeak-ng is not installed")
async def test_espeak_speaks_several_languages() -> None:
    found = installed(ESPEAK)
    assert found is not None
    espeak = ProgramSynthesizer(found, default_voice="", at_once=2, timeout_seconds=20)
    for language in ("en", "de"):
        pieces = await spoken(espeak, "a [[b]] c. 1 2 3.", language)
        assert sum(len(one.sound.audio) for one in pieces) > 16_000
    with pytest.raises(Fault, match="'xx'"):
        espeak.voice("xx", "")


@pytest.fixture
async def server() -> AsyncIterator[ScriptedOpenAI]:
    async with ScriptedOpenAI.start() as running:
        yield running


@pytest.fixture
async def endpoint(server: ScriptedOpenAI) -> AsyncIterator[EndpointSynthesizer]:
    limits = EndpointLimits(timeout_seconds=5, attempts=2, connections=2, most_reply_bytes=200_000)
    speech_endpoint = SpeechEndpoint(base_url=server.base_url, api_key="key", limits=limits)
    made = EndpointSynthesizer(speech_endpoint, model="speaker", default_voice="", timeout_seconds=5)
    yield made
    await made.close()


async def nothing(writer: asyncio.StreamWriter) -> None:
    """A reply that breaks off after its head."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ncontent-length: 9999\r\n\r\n")
    await writer.drain()
    writer.transport.abort()


def audio(size: int) -> scripted.Step:
    return scripted.raw(b"\1\2" * (size // 2), content_type="audio/pcm")


async def test_an_endpoint_is_asked_sentence_by_sentence_for_samples(
    server: ScriptedOpenAI, endpoint: EndpointSynthesizer
) -> None:
    server.will(audio(9600), audio(70_000))
    pieces = await spoken(endpoint, voice="nova")
    assert [request.body for request in server.requests] == [
        {"model": "speaker", "voice": "nova", "input": sentence, "response_format": "pcm"}
        for sentence in ("What is a queue?", "Explain it, e.g. by an example.")
    ]
    assert server.requests[0].path == "/v1/audio/speech"
    assert {one.sound.sample_rate for one in pieces} == {24_000}
    assert b"".join(one.sound.audio for one in pieces) == b"\1\2" * 39_800
    assert all(len(one.sound.audio) % 2 == 0 for one in pieces)


async def test_audio_leaves_while_the_endpoint_still_makes_it(
    server: ScriptedOpenAI, endpoint: EndpointSynthesizer
) -> None:
    go_on = asyncio.Event()

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ncontent-length: 8001\r\n\r\n" + bytes(4001))
        await writer.drain()
        await go_on.wait()
        writer.write(bytes(4000))
        await writer.drain()

    server.will(send)
    speech = synthesis(endpoint)[0].speak("One.")
    first = await anext(speech)
    assert len(first.sound.audio) % 2 == 0
    go_on.set()
    rest = [one async for one in speech]
    assert len(first.sound.audio) + sum(len(one.sound.audio) for one in rest) == 8000
    assert rest[-1].is_last


@pytest.mark.parametrize(
    "passing",
    [scripted.error(503), scripted.reset(), scripted.html(200), audio(0), nothing],
    ids=["503", "reset", "html", "empty", "broken off"],
)
async def test_a_passing_failure_is_tried_again(
    server: ScriptedOpenAI, endpoint: EndpointSynthesizer, passing: scripted.Step
) -> None:
    server.will(passing, audio(9600))
    assert sum(len(one.sound.audio) for one in await spoken(endpoint, "One.")) == 9600


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (scripted.error(401), "SPEECH_MODEL_CREDENTIAL"),
        (scripted.error(404), "SPEECH_MODEL_NOT_FOUND"),
        (scripted.error(400), "SPEECH_MODEL_REQUEST_REFUSED"),
        (scripted.flood(300_000, declared=True), "SPEECH_MODEL_REPLY_TOO_LARGE"),
    ],
    ids=["401", "404", "400", "flood"],
)
async def test_a_lasting_failure_has_its_reason(
    server: ScriptedOpenAI, endpoint: EndpointSynthesizer, step: scripted.Step, reason: str
) -> None:
    server.will(step)
    assert (await failure(endpoint, "One.")).reason == reason
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("reset", "SPEECH_MODEL_FAILED"),
        ("flood", "SPEECH_MODEL_REPLY_TOO_LARGE"),
        ("stop", "SPEECH_MODEL_TIMEOUT"),
        ("drip", "SPEECH_MODEL_TIMEOUT"),
    ],
)
async def test_speech_that_breaks_off_is_a_fault_and_not_asked_for_again(
    server: ScriptedOpenAI, endpoint: EndpointSynthesizer, way: str, reason: str
) -> None:
    part = b"1000\r\n" + bytes(4096) + b"\r\n"

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm\r\ntransfer-encoding: chunked\r\n\r\n" + part)
        await writer.drain()
        if way == "reset":
            writer.transport.abort()
            return
        for _ in range(75 if way == "flood" else 0):
            writer.write(part)
            await writer.drain()
        while way == "drip":
            writer.write(b"2\r\n\0\0\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)
        await asyncio.Event().wait()

    server.will(send)
    if reason == "SPEECH_MODEL_TIMEOUT":
        endpoint._timeout_seconds = 0.3
    speech = synthesis(endpoint)[0].speak("One.")
    assert (await anext(speech)).sound.audio
    with pytest.raises(SpeechModelFault) as caught:
        _ = [one async for one in speech]
    assert caught.value.reason == reason
    assert len(server.requests) == 1
