import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

from prometheus_client import CollectorRegistry

from ai_service.speech.hearing import Hearing
from ai_service.speech.live import Flushed, LiveRecognition, LiveRules, SpeechEnd
from ai_service.speech.live_metrics import LiveMetrics
from ai_service.speech.recognition import Listening
from ai_service.speech.silero import Silero
from tests.ai_service.speech import sounds
from tests.ai_service.wire.conversing import Counting


def recognition(registry: CollectorRegistry) -> LiveRecognition:
    recognizer = Counting()
    hearing = Hearing(recognizer.identity)
    hearing.arrive(recognizer)
    return LiveRecognition(hearing, Silero.load(), LiveMetrics(registry), LiveRules())


async def test_ends_of_speech_without_end_wait_for_the_one_who_listens() -> None:
    sent = 0

    async def inputs() -> AsyncIterator[bytes | SpeechEnd]:
        nonlocal sent
        while True:
            sent += 1
            yield SpeechEnd()

    async with aclosing(recognition(CollectorRegistry()).converse(Listening(), inputs())) as events:
        assert isinstance(await anext(events), Flushed)
        for _ in range(5000):
            await asyncio.sleep(0)
        assert sent < 1000


async def test_delays_and_conversations_are_measured() -> None:
    registry = CollectorRegistry()
    under_way: list[float | None] = []

    async def inputs() -> AsyncIterator[bytes | SpeechEnd]:
        under_way.append(registry.get_sample_value("ai_speech_conversations"))
        yield sounds.recorded("do_not_know")

    events = [event async for event in recognition(registry).converse(Listening(), inputs())]
    assert isinstance(events[-1], Flushed)
    assert under_way == [1]
    assert registry.get_sample_value("ai_speech_conversations") == 0
    assert registry.get_sample_value("ai_speech_transcription_delay_seconds_count") == 1
    assert registry.get_sample_value("ai_speech_utterances_total", {"outcome": "words"}) == 1
