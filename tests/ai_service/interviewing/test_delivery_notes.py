import pytest

from ai_service.grading.grade import Delivery, FillerWord, SpokenDelivery
from ai_service.interviewing.delivery_notes import delivery_notes
from ai_service.interviewing.wording import load_wording


def _notes(delivery: Delivery) -> tuple[str, ...]:
    return delivery_notes(delivery, load_wording(), "seed")


def test_what_was_not_measured_gets_no_note() -> None:
    assert _notes(Delivery(200, 12)) == ()


@pytest.mark.parametrize(("count", "words", "noted"), [(4, 100, True), (3, 100, False), (4, 200, False)])
def test_a_filler_word_is_noted_when_it_comes_often(count: int, words: int, noted: bool) -> None:
    fillers = (FillerWord("um", (5,)), FillerWord("basically", tuple(range(count))))
    notes = _notes(Delivery(words, 5, filler_words=fillers))
    assert any("“basically” came up" in note for note in notes) is noted


@pytest.mark.parametrize(
    ("pace", "word"), [(220.0, "fast"), (80.0, "slow"), (110.0, None), (200.0, None), (None, None)]
)
def test_a_pace_that_is_hard_to_follow_is_noted(pace: float | None, word: str | None) -> None:
    notes = _notes(Delivery(100, 5, words_per_minute=pace))
    assert len(notes) == (word is not None)
    assert all(str(word) in note for note in notes)


@pytest.mark.parametrize(("certainty", "words", "noted"), [(30.0, 80, True), (90.0, 80, False), (30.0, 10, False)])
def test_hedging_is_noted_in_more_than_a_sentence(certainty: float, words: int, noted: bool) -> None:
    assert bool(_notes(Delivery(words, 5, confidence=certainty))) is noted


@pytest.mark.parametrize(
    ("silence", "words", "noted"), [(24.0, 60, True), (16.0, 60, False), (24.0, 20, False), (0.0, 60, False)]
)
def test_more_silence_than_interviews_have_is_noted(silence: float, words: int, noted: bool) -> None:
    spoken = SpokenDelivery(40.0, words, words, 120.0, 9, 4, silence, 6.25)
    notes = _notes(Delivery(words, 5, spoken=spoken))
    assert [("60 percent" in note, "6.2 seconds" in note) for note in notes] == [(True, True)] * noted


def test_every_note_says_that_it_is_apart_from_the_score() -> None:
    fillers = (FillerWord("um", tuple(range(9))),)
    notes = _notes(Delivery(100, 5, confidence=10.0, words_per_minute=250.0, filler_words=fillers))
    assert len(notes) == 3
    assert all("apart from the score" in note for note in notes)
