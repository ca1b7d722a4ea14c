"""The corpus and the replay of the false-cut-off measurement."""

from itertools import islice

import numpy as np
import pytest

from ai_service.speech.segmenting import SpeechStarted, SpeechStopped
from chat_service.interviews.live.voice.turn_taking import TurnTimes
from tests.bench import cutoff
from tests.bench.cutoff import Heard, Pause

TIMES = TurnTimes(done=1.0, open=2.0, trailing=4.0)


def test_the_corpus_is_the_same_each_time_and_its_pauses_are_as_long_as_they_say() -> None:
    some, again = list(islice(cutoff.corpus(), 16)), list(islice(cutoff.corpus(), 16))
    assert [one.audio for one in some] == [one.audio for one in again]
    assert {one.kind for one in some} == set(Pause)
    for one in some:
        first, second = one.parts
        assert (second.start - first.end) / 16_000 == pytest.approx(one.pause, abs=0.001)
        assert first.text
        assert second.text
        samples = np.frombuffer(one.audio, "<i2")[first.end : second.start]
        assert (np.abs(samples).max() > 0) == (one.noise is not None)


def replayed(*events: Heard, punctuated: bool = True) -> float | None:
    return cutoff._ends_at(events, TIMES, punctuated=punctuated)


def test_a_turn_ends_so_long_after_its_last_sound_as_its_words_say() -> None:
    spoken = (Heard(1.2, SpeechStarted(1.0)), Heard(5.3, SpeechStopped(5.0)), Heard(5.3, "It is sorted."))
    assert replayed(*spoken) == pytest.approx(6.0)
    assert replayed(*spoken, punctuated=False) == pytest.approx(7.0)


def test_a_turn_goes_on_where_speech_is_noticed_in_time() -> None:
    first = (Heard(1.2, SpeechStarted(1.0)), Heard(5.3, SpeechStopped(5.0)), Heard(5.3, "It is sorted."))
    second = (Heard(9.3, SpeechStopped(9.0)), Heard(9.3, "It is sorted. Twice."))
    assert replayed(*first, Heard(5.9, SpeechStarted(5.8)), *second) == pytest.approx(10.0)
    assert replayed(*first, Heard(6.1, SpeechStarted(5.9)), *second) == pytest.approx(6.0)
