"""The parts of a voice session: what was heard, at what speed audio is taken, and how little waits to be sent."""

import asyncio
import math
import struct
from itertools import pairwise
from uuid import uuid4

import pytest

from chat_service.errors import AppError
from chat_service.interviews.live.voice.events import AudioKept, Transcription, UtteranceAudio, VoiceEvent
from chat_service.interviews.live.voice.intake import Intake, Pace
from chat_service.interviews.live.voice.outbox import Outbox
from chat_service.interviews.live.voice.playing import Playing

TEXT = "How does it work? What does it cost at last?"
FIRST, SECOND = (0, 17), (18, 44)


def tone(rate: int, seconds: float) -> bytes:
    """A sound of 440 Hz."""
    return b"".join(
        struct.pack("<h", int(8000 * math.sin(2 * math.pi * 440 * one / rate))) for one in range(int(rate * seconds))
    )


def crossings(samples: bytes) -> int:
    values = struct.unpack(f"<{len(samples) // 2}h", samples)
    return sum(one < 0 <= other for one, other in pairwise(values))


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000])
def test_other_rates_become_16000_without_a_seam_between_frames(rate: int) -> None:
    intake, sound, frame = Intake(rate), tone(rate, 1.0), rate // 50 * 2
    heard = b"".join(intake.samples(sound[start : start + frame]) for start in range(0, len(sound), frame))
    assert len(heard) / 32_000 == pytest.approx(1.0, abs=0.02)
    assert crossings(heard) == pytest.approx(440, abs=8)


def test_16000_stays_as_it_is() -> None:
    assert Intake(16_000).samples(b"\x01\x02\x03\x04") == b"\x01\x02\x03\x04"


@pytest.mark.parametrize("rate", [0, -16_000, 7999, 48_001])
def test_a_rate_that_no_microphone_has_is_refused(rate: int) -> None:
    with pytest.raises(AppError, match="sample_rate"):
        Intake(rate)


def test_audio_is_taken_at_twice_its_own_speed_and_half_a_minute_at_once() -> None:
    pace = Pace()
    assert sum(pace.delay(1.0, 0.0) for _ in range(30)) == 0.0
    assert pace.delay(1.0, 0.0) == pytest.approx(0.5)
    assert pace.delay(1.0, 1.0) == pytest.approx(0.0)
    assert pace.delay(1.0, 1.5) == pytest.approx(0.0)
    assert pace.delay(1.0, 1.6) == pytest.approx(0.4)
    real_time = Pace()
    assert not any(real_time.delay(0.1, now / 10) for now in range(10_000))


def test_tiny_frames_count_as_more_than_they_last() -> None:
    pace = Pace()
    delays = [pace.delay(2 / 32_000, 0.0) for _ in range(3500)]
    assert delays[2999] == pytest.approx(0.0)
    assert delays[-1] > 1.0


def sent() -> Playing:
    """Both sentences, of two seconds each, sent at 10.0."""
    playing = Playing(TEXT)
    playing.sent(0, *FIRST, 2.0, 10.0, complete=True)
    playing.sent(1, *SECOND, 2.0, 10.0, complete=True)
    return playing


@pytest.mark.parametrize(
    ("now", "heard"),
    [
        (10.0, ""),
        (11.0, "How does"),
        (12.0, "How does it work?"),
        (13.0, "How does it work? What does it"),
        (14.0, TEXT),
        (99.0, TEXT),
    ],
)
def test_what_was_heard_is_reckoned_by_the_clock_sentence_by_sentence(now: float, heard: str) -> None:
    assert TEXT[: sent().heard(now)].rstrip() == heard


def test_a_client_may_say_how_far_it_has_played() -> None:
    playing = sent()
    playing.told(0.5, 12.0)
    assert playing.played(12.0) == 0.5
    assert TEXT[: playing.heard(12.5)].rstrip() == "How does"
    playing.told(99.0, 12.0)
    assert playing.played(12.0) == 4.0
    assert playing.left(12.0) == 0.0


def test_a_player_that_had_run_dry_goes_on_with_what_comes_next() -> None:
    playing = Playing(TEXT)
    playing.sent(0, *FIRST, 2.0, 10.0, complete=True)
    assert playing.left(20.0) == 0.0
    playing.sent(1, *SECOND, 2.0, 20.0, complete=True)
    assert playing.left(20.5) == pytest.approx(1.5)
    assert playing.heard_sentences(20.5) == 17


async def taken(outbox: Outbox, count: int) -> list[VoiceEvent]:
    """The next events; nothing else waits."""
    events = outbox.events()
    got = [await anext(events) for _ in range(count)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await anext(events)
    return got


async def test_newer_news_take_the_place_of_older_ones() -> None:
    outbox, turn = Outbox(), uuid4()
    for one in range(1000):
        outbox.tell(AudioKept(one))
    for one in range(1000):
        outbox.tell(Transcription(turn, str(one), 0, is_final=False))
    outbox.tell(Transcription(turn, "all", 3, is_final=True))
    assert await taken(outbox, 3) == [
        AudioKept(999),
        Transcription(turn, "999", 0, is_final=False),
        Transcription(turn, "all", 3, is_final=True),
    ]


async def test_audio_waits_for_the_reader_and_can_be_taken_back() -> None:
    outbox = Outbox()
    frame = UtteranceAudio(1, 0, b"\0\0", 16_000, None, sentence_complete=False)
    for _ in range(4):
        await outbox.tell_audio(frame)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await outbox.tell_audio(frame)
    outbox.tell(AudioKept(1))
    outbox.drop_audio()
    assert await taken(outbox, 1) == [AudioKept(1)]
