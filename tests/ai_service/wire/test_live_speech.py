"""Running conversations over gRPC, heard by silero, with recognizers of tests and with pocketsphinx."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from grpc import aio

from ai_service.speech import sphinx
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.live import LiveRules
from ai_service.speech.recognition import (
    RecognizerIdentity,
)
from ai_service.speech.silero import Silero
from tests.ai_service.speech import sounds
from tests.ai_service.wire.conversing import (
    END,
    Counting,
    Request,
    Response,
    config,
    conversing,
    each,
    finals,
    frames,
    kinds,
    rest_of,
)
from tests.ai_service.wire.serving import SECONDS, refusal, until


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero.load()


Converse = Callable[..., Any]


@pytest.fixture
def converse(silero: Silero) -> Converse:
    return lambda recognizer=None, **rules: conversing(silero, recognizer or Counting(), LiveRules(**rules))


SPEECH = sounds.silence(0.5) + sounds.recorded("queue") + sounds.silence(1.0)


@pytest.mark.skipif(not sphinx.is_installed(), reason="pocketsphinx is not made for this Python")
async def test_words_are_recognized_while_and_after_they_are_spoken(converse: Converse) -> None:
    events: list[Response] = []
    has_partial = asyncio.Event()

    async def requests() -> AsyncIterator[Request]:
        half = 333 * 260
        for request in (config(language="en"), *frames(SPEECH[:half], 333)):
            yield request
        await has_partial.wait()
        for request in frames(SPEECH[half:], 333):
            yield request

    async with converse(sphinx.Sphinx(1)) as conversation:
        async for event in conversation.call(requests()):
            events.append(event)
            if event.WhichOneof("event") == "partial":
                has_partial.set()
    told = kinds(events)
    assert told[:2] == ["speech_started", "partial"]
    assert told[-1] == "flushed"
    assert told.count("speech_stopped") == 1
    words = [word for final in finals(events) for word in final.segment.words]
    assert {"worker", "from", "result"} <= {word.text for word in words}
    assert 0.4 < words[0].start < 1.2
    assert words[-1].end <= sounds.seconds_in(SPEECH)
    assert all(one.start <= one.end for one in words)
    assert all(final.transcription_delay >= 0 and final.language == "en" for final in finals(events))
    flushed = events[-1].flushed
    assert flushed.seconds == pytest.approx(sounds.seconds_in(SPEECH), abs=0.001)
    assert flushed.speech_seconds == pytest.approx(4.4, abs=0.3)
    assert flushed.recognizer.low_accuracy


@pytest.mark.parametrize("name", ["silence", "white noise", "hum", "melody"])
async def test_no_words_are_looked_for_where_nobody_speaks(converse: Converse, name: str) -> None:
    async with converse() as conversation:
        events = await conversation.hear([config(), *frames(sounds.pcm(sounds.NO_SPEECH[name](10.0))), END])
        assert kinds(events) == ["flushed", "flushed"]
        assert conversation.recognizer.heard == []


async def test_the_end_of_speech_by_word_of_the_speaker_makes_everything_final_at_once(converse: Converse) -> None:
    sent: asyncio.Queue[Request | None] = asyncio.Queue()

    async def requests() -> AsyncIterator[Request]:
        while (request := await sent.get()) is not None:
            yield request

    async with converse(partials="off") as conversation:
        call = conversation.call(requests())
        for request in (config(), *frames(SPEECH[:64_000]), END):
            sent.put_nowait(request)
        told = [await call.read() for _ in range(4)]
        assert kinds(told) == ["speech_started", "speech_stopped", "final", "flushed"]
        for request in frames(SPEECH[64_000:]):
            sent.put_nowait(request)
        sent.put_nowait(None)
        rest = await rest_of(call)
    assert kinds(rest) == ["speech_started", "speech_stopped", "final", "flushed"]
    assert rest[2].final.segment.start >= told[2].final.segment.end - 0.04


def stepwise(*steps: tuple[asyncio.Event | None, list[Request]]) -> AsyncIterator[Request]:
    """The requests of each step once its event has come."""

    async def requests() -> AsyncIterator[Request]:
        for event, some in steps:
            if event is not None:
                await event.wait()
            for request in some:
                yield request

    return requests()


async def test_what_was_heard_when_speech_stopped_is_not_recognized_again(converse: Converse) -> None:
    is_heard = asyncio.Event()
    until_stop = sounds.silence(0.5) + sounds.recorded("queue") + sounds.silence(0.4)
    async with converse() as conversation:
        call = conversation.call(
            stepwise((None, [config(), *frames(until_stop)]), (is_heard, frames(sounds.silence(1.0))))
        )
        told: list[Response] = []
        while "speech_stopped" not in kinds(told) or told[-1].WhichOneof("event") != "partial":
            told.append(await call.read())
        asked = len(conversation.recognizer.heard)
        is_heard.set()
        rest = await rest_of(call)
        assert kinds(rest) == ["final", "flushed"]
        assert rest[0].final.segment.text == told[-1].partial.text
        assert len(conversation.recognizer.heard) == asked


async def test_a_partial_result_in_the_making_is_given_up_for_the_final_one(converse: Converse) -> None:
    slow, is_asked = Counting(), asyncio.Event()
    slow.may_go_on.clear()
    async with converse(slow) as conversation:
        call = conversation.call(stepwise((None, [config(), *frames(SPEECH[:64_000])]), (is_asked, [END])))
        await until(lambda: len(slow.heard) == 1)
        is_asked.set()
        await until(lambda: len(slow.heard) == 2)
        assert slow.given_up == 1
        slow.may_go_on.set()
        assert kinds(await rest_of(call)) == ["speech_started", "speech_stopped", "final", "flushed", "flushed"]


async def test_an_endpoint_that_is_paid_is_asked_for_final_words_only(converse: Converse) -> None:
    paid = Counting(RecognizerIdentity("openai", "whisper-1"))
    async with converse(paid) as conversation:
        events = await conversation.hear([config(), *frames(SPEECH)])
    assert "partial" not in kinds(events)
    assert len(paid.heard) == 1
    willing = Counting(RecognizerIdentity("openai", "whisper-1"))
    async with converse(willing, partials="on") as conversation:
        assert "partial" in kinds(await conversation.hear([config(), *frames(SPEECH)]))


async def test_speech_is_noticed_while_the_recognizer_is_busy(converse: Converse) -> None:
    slow = Counting()
    slow.may_go_on.clear()
    async with converse(slow) as conversation:
        call = conversation.call(each([config(), *frames(SPEECH), *frames(SPEECH)]))
        told = [await call.read() for _ in range(4)]
        assert kinds(told) == ["speech_started", "speech_stopped"] * 2
        slow.may_go_on.set()
        assert kinds(await rest_of(call)).count("final") == 2


async def test_who_sends_faster_than_words_are_recognized_has_to_wait(converse: Converse) -> None:
    taken = 0

    async def requests() -> AsyncIterator[Request]:
        nonlocal taken
        yield config()
        for _ in range(60):
            for frame in frames(SPEECH, 32_000):
                taken += 1
                yield frame

    slow = Counting()
    slow.may_go_on.clear()
    async with converse(slow) as conversation:
        call = conversation.call(requests())
        started = 0
        while started < 8:
            started += kinds([await call.read()]) == ["speech_started"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                while True:
                    started += kinds([await call.read()]) == ["speech_started"]
        assert started < 20
        assert taken < 300
        call.cancel()


async def test_a_long_speech_costs_a_bounded_recognition(converse: Converse) -> None:
    quick = Counting()
    async with converse(quick) as conversation:
        pauseless = sounds.recorded("queue")[6_400:-16_000] * 12
        events = await conversation.hear([config(), *frames(pauseless, 32_000)])
    assert max(quick.heard) <= 21.0
    assert len(finals(events)) >= 2


async def test_a_second_conversation_over_the_bound_is_refused(converse: Converse) -> None:
    async with converse(conversations=1) as conversation:
        hold = asyncio.Event()

        async def first() -> AsyncIterator[Request]:
            for request in (config(), *frames(SPEECH[:64_000])):
                yield request
            await hold.wait()

        call = conversation.call(first())
        assert kinds([await call.read()]) == ["speech_started"]
        refused = await refusal(conversation.hear([config(), *frames(SPEECH)]))
        assert (refused.code, refused.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "SPEECH_BUSY")
        hold.set()
        assert kinds(await rest_of(call))[-1] == "flushed"
        assert kinds(await conversation.hear([config()])) == ["flushed"]


@pytest.mark.parametrize("way", ["cancelled", "out of time"])
async def test_a_conversation_that_is_given_up_gives_back_its_place(converse: Converse, way: str) -> None:
    slow = Counting()
    slow.may_go_on.clear()

    async def endless() -> AsyncIterator[Request]:
        for request in (config(), *frames(SPEECH)):
            yield request
        await asyncio.Event().wait()

    async with converse(slow, conversations=1, partials="off") as conversation:
        call = conversation.call(endless(), timeout=0.6 if way == "out of time" else SECONDS)
        await until(lambda: bool(slow.heard))
        if way == "cancelled":
            call.cancel()
        with pytest.raises((aio.AioRpcError, asyncio.CancelledError)):
            while True:
                await call.read()
        await until(lambda: slow.given_up == 1)
        slow.may_go_on.set()
        assert kinds(await conversation.hear([config()])) == ["flushed"]


async def test_a_conversation_longer_than_may_be_is_ended(converse: Converse) -> None:
    async with converse() as conversation:
        requests = [config(max_seconds=2.0), *frames(sounds.silence(2.01))]
        refused = await refusal(conversation.hear_open(requests))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "AUDIO_TOO_LONG")


async def test_a_recognizer_that_fails_ends_the_conversation_with_its_reason(converse: Converse) -> None:
    broken = Counting(fault=SpeechModelFault("SPEECH_MODEL_FAILED", "it failed"))
    broken.may_go_on.clear()

    async def requests() -> AsyncIterator[Request]:
        for request in (config(), *frames(SPEECH)):
            yield request
        broken.may_go_on.set()
        await asyncio.Event().wait()

    async with converse(broken) as conversation:
        refused = await refusal(rest_of(conversation.call(requests())))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "SPEECH_MODEL_FAILED")


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([config(language="xx")], "LANGUAGE_UNSUPPORTED"),
        ([Request(audio=bytes(64))], "INVALID_FIELD"),
        ([config(), config()], "INVALID_FIELD"),
        ([config(), Request(audio=bytes(1024 * 1024 + 1))], "INVALID_FIELD"),
        ([config(max_seconds=-1)], "INVALID_FIELD"),
    ],
)
async def test_requests_that_do_not_fit_are_refused(converse: Converse, requests: list[Request], reason: str) -> None:
    async with converse() as conversation:
        refused = await refusal(conversation.hear(requests))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_an_installation_without_a_recognizer_says_so(silero: Silero) -> None:
    async with conversing(silero, None, LiveRules()) as conversation:
        refused = await refusal(conversation.hear([config()]))
    assert (refused.code, refused.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "NO_RECOGNIZER")
