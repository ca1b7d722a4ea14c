from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from ai_service.speech.live import LiveRules
from ai_service.speech.silero import Silero
from protos.interview_engine.v1 import speech_pb2 as speech
from tests.ai_service.speech.test_synthesis import TEXT, Tones
from tests.ai_service.wire.conversing import Conversing, conversing
from tests.ai_service.wire.serving import METADATA, SECONDS, refusal, until


@pytest.fixture
def tones() -> Tones:
    return Tones(seconds=5)


@pytest.fixture
async def speaking(tones: Tones) -> AsyncIterator[Conversing]:
    async with conversing(Silero.load(), None, LiveRules(), tones) as running:
        yield running


def synthesize(speaking: Conversing, **fields: Any) -> Any:
    return speaking.stub.Synthesize(speech.SynthesizeRequest(**fields), metadata=METADATA, timeout=SECONDS)


async def pieces_of(call: Any) -> list[speech.SynthesizeResponse]:
    return [piece async for piece in call]


async def test_a_text_is_spoken_in_small_messages_that_know_their_sentences(speaking: Conversing) -> None:
    pieces = await pieces_of(synthesize(speaking, text=TEXT))
    assert {piece.sample_rate for piece in pieces} == {16_000}
    assert max(len(piece.audio) for piece in pieces) == 64 * 1024
    assert sum(len(piece.audio) for piece in pieces) == 2 * 160_000
    complete = [(piece.sentence, TEXT[piece.start : piece.end]) for piece in pieces if piece.sentence_complete]
    assert complete == [(0, "What is a queue?"), (1, "Explain it, e.g. by an example.")]


async def test_a_listener_who_leaves_ends_the_work(speaking: Conversing, tones: Tones) -> None:
    call = synthesize(speaking, text="One sentence. " * 300)
    assert (await call.read()).audio
    call.cancel()
    await until(lambda: len(tones.made) == tones.closed)
    assert len(tones.made) < 100


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": ""}, "INVALID_FIELD"),
        ({"text": " \n"}, "INVALID_FIELD"),
        ({"text": "a" * 5001}, "TEXT_TOO_LONG"),
        ({"text": "a", "voice": "v" * 101}, "INVALID_FIELD"),
        ({"text": "a", "language": "english!!"}, "INVALID_FIELD"),
    ],
)
async def test_what_does_not_fit_is_refused(speaking: Conversing, fields: dict[str, str], reason: str) -> None:
    refused = await refusal(pieces_of(synthesize(speaking, **fields)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_an_installation_tells_whether_it_speaks(speaking: Conversing) -> None:
    described = await speaking.stub.DescribeSpeech(speech.DescribeSpeechRequest(), metadata=METADATA)
    assert described.synthesizer == "tones"
    async with conversing(Silero.load(), None, LiveRules()) as silent:
        described = await silent.stub.DescribeSpeech(speech.DescribeSpeechRequest(), metadata=METADATA)
        assert described.synthesizer == ""
        refused = await refusal(pieces_of(synthesize(silent, text=TEXT)))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_SYNTHESIZER")
