from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from ai_service.speech.activity import Activity, Started, Stopped, Thresholds
from ai_service.speech.recognition import Samples
from ai_service.speech.segmenting import (
    Closed,
    Cutting,
    Happening,
    Opened,
    PartialDue,
    Segmenter,
    SpeechStarted,
    SpeechStopped,
)
from ai_service.speech.silero import WINDOW, Silero
from tests.ai_service.speech import sounds

WINDOW_SECONDS = 0.032


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero.load()


class Written:
    """Gives the probabilities that were written down, and silence after them."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        self._left: Iterator[float] = iter(probabilities)

    def probabilities(self, samples: Samples) -> list[float]:
        return [next(self._left, 0.0) for _ in range(len(samples) // WINDOW)]


def happenings(probabilities: Sequence[float], cutting: Cutting | None = None) -> list[Happening]:
    segmenter = Segmenter(Written(probabilities), Thresholds(), cutting or Cutting())
    audio = bytes(2 * WINDOW * len(probabilities))
    return [*segmenter.hear(audio), *segmenter.end()]


def of_silero(silero: Silero, audio: bytes, size: int = 640) -> list[Happening]:
    segmenter = Segmenter(silero.stream(), Thresholds(), Cutting())
    heard = [one for piece in sounds.pieces(audio, size) for one in segmenter.hear(piece)]
    return [*heard, *segmenter.end()]


def closed(heard: list[Happening]) -> list[Closed]:
    return [one for one in heard if isinstance(one, Closed)]


def test_speech_begins_after_a_tenth_of_a_second_over_the_threshold_and_not_by_a_click() -> None:
    activity = Activity(Thresholds())
    assert [activity.next(one) for one in (0.9, 0.9, 0.9, 0.1)] == [None] * 4
    assert [activity.next(one) for one in (0.9, 0.5, 0.6, 0.5)] == [None, None, None, Started(4)]


def test_what_lies_between_the_thresholds_neither_begins_speech_nor_ends_it() -> None:
    activity = Activity(Thresholds())
    assert not any(activity.next(0.4) for _ in range(20))
    for _ in range(4):
        activity.next(0.9)
    assert not any(activity.next(0.4) for _ in range(20))
    assert [activity.next(0.4 if place % 2 else 0.3) for place in range(8)] == [None] * 7 + [Stopped(44)]


def test_speech_that_ends_within_the_stream_has_its_seconds_counted() -> None:
    segmenter = Segmenter(Written([0.9] * 10 + [0.1] * 10), Thresholds(), Cutting())
    list(segmenter.hear(bytes(2 * WINDOW * 30)))
    assert segmenter.speech_seconds == pytest.approx(10 * WINDOW_SECONDS)


def test_a_pause_within_the_hold_goes_on_with_the_same_words() -> None:
    heard = happenings([0.9] * 20 + [0.0] * 12 + [0.9] * 20 + [0.0] * 40)
    kinds = [type(one) for one in heard if not isinstance(one, PartialDue)]
    assert kinds == [SpeechStarted, Opened, SpeechStopped, SpeechStarted, SpeechStopped, Closed]


def test_a_pause_beyond_the_hold_ends_the_words() -> None:
    heard = happenings([0.9] * 20 + [0.0] * 25 + [0.9] * 20 + [0.0] * 40)
    assert [one.stretch.start for one in closed(heard)] == [0, (20 + 8 + 11) * WINDOW]
    assert [one.stretch.speech_end for one in closed(heard)] == [20 * WINDOW, 65 * WINDOW]


def test_partials_are_due_twice_a_second_while_speaking_and_when_speech_stops() -> None:
    heard = happenings([0.9] * 60 + [0.0] * 40)
    partials = [one for one in heard if isinstance(one, PartialDue)]
    assert [one.at_stop for one in partials] == [False, False, False, True]


def test_a_long_speech_is_cut_at_a_dip_and_at_the_latest_at_its_longest() -> None:
    cutting = Cutting(long_seconds=2.0, longest_seconds=3.0)
    with_dip = happenings([0.9] * 70 + [0.1] * 4 + [0.9] * 30 + [0.0] * 40, cutting)
    assert closed(with_dip)[0].stretch.length == 74 * WINDOW
    assert sum(isinstance(one, SpeechStopped) for one in with_dip) == 1
    without = happenings([0.9] * 1000, cutting)
    assert max(one.stretch.length for one in closed(without)) == 94 * WINDOW
    starts = [one.stretch.start for one in closed(without)]
    assert starts == [place * 94 * WINDOW for place in range(len(starts))]


def test_a_cut_right_before_silence_leaves_nothing_to_be_recognized() -> None:
    cutting = Cutting(long_seconds=2.0, longest_seconds=3.0)
    heard = happenings([0.9] * 70 + [0.1] * 60, cutting)
    assert [one.has_speech for one in closed(heard)] == [True, False]


def test_the_end_of_a_speech_by_word_of_the_speaker_closes_it_at_once() -> None:
    segmenter = Segmenter(Written([0.9] * 500), Thresholds(), Cutting())
    list(segmenter.hear(bytes(2 * WINDOW * 20)))
    flushed = list(segmenter.flush())
    assert [type(one) for one in flushed] == [SpeechStopped, Closed]
    assert list(segmenter.flush()) == []
    again = list(segmenter.hear(bytes(2 * WINDOW * 20)))
    opened = next(one for one in again if isinstance(one, Opened))
    assert opened.stretch.start == 20 * WINDOW


def test_sound_before_the_end_of_a_speech_is_no_part_of_the_next_one() -> None:
    segmenter = Segmenter(Written([0.9] * 500), Thresholds(), Cutting())
    assert list(segmenter.hear(bytes(2 * WINDOW * 3))) == []
    assert list(segmenter.flush()) == []
    opened = next(one for one in segmenter.hear(bytes(2 * WINDOW * 10)) if isinstance(one, Opened))
    assert opened.stretch.start == 3 * WINDOW


@pytest.mark.parametrize("name", sounds.NO_SPEECH)
def test_what_is_no_speech_never_becomes_speech(silero: Silero, name: str) -> None:
    assert of_silero(silero, sounds.pcm(sounds.NO_SPEECH[name](20.0))) == []


def test_music_over_the_threshold_now_and_then_is_nothing_to_be_recognized(silero: Silero) -> None:
    found = [one for seed in (8, 26, 29) for one in closed(of_silero(silero, sounds.pcm(sounds.melody(20.0, seed))))]
    assert found
    assert not any(one.has_speech for one in found)


@pytest.mark.parametrize("decibels", [None, 20.0, 10.0])
def test_recorded_speech_begins_and_ends_where_it_does(silero: Silero, decibels: float | None) -> None:
    speech = sounds.recorded("queue")
    audio = sounds.silence(1.0) + speech + sounds.silence(1.0)
    heard = of_silero(silero, audio if decibels is None else sounds.noisy(audio, decibels, seed=1))
    started = [one.at for one in heard if isinstance(one, SpeechStarted)]
    stopped = [one.at for one in heard if isinstance(one, SpeechStopped)]
    assert started == pytest.approx([1.2], abs=0.15)
    assert stopped == pytest.approx([1.0 + sounds.seconds_in(speech)], abs=0.25)
    assert [one.has_speech for one in closed(heard)] == [True]


@pytest.mark.parametrize("size", [1, 333, 1024, 20_001, 1 << 20])
def test_the_same_is_heard_however_the_bytes_are_cut(silero: Silero, size: int) -> None:
    audio = sounds.silence(0.5) + sounds.recorded("let_me_think")[:48_000] + sounds.silence(1.0)
    whole = of_silero(silero, audio, len(audio))
    cut = of_silero(silero, audio, size)
    assert [type(one) for one in cut] == [type(one) for one in whole]
    assert closed(cut)[0].stretch.start == closed(whole)[0].stretch.start
    np.testing.assert_array_equal(closed(cut)[0].stretch.samples(), closed(whole)[0].stretch.samples())
