from collections.abc import Sequence

import pytest

from ai_service.grading.delivery import Said, delivery_of
from ai_service.grading.grade import Delivery, Speech, SpokenDelivery, SpokenWord
from ai_service.grading.transcripts import aligned
from ai_service.grading.words import words_of


def _speech(*words: str | float) -> Speech:
    """Words of 0.3 seconds from half a second on; a number is a silence in seconds."""
    now, spoken = 0.5, []
    for word in words:
        if isinstance(word, float):
            now += word
            continue
        spoken.append(SpokenWord(word, round(now, 3), round(now + 0.3, 3)))
        now += 0.3
    return Speech(1.0, tuple(spoken))


def _delivery(answer: str, speech: Speech) -> Delivery:
    return delivery_of(Said(answer, words_of(answer), (), "What is a lock?", speech=speech))


def _spoken(answer: str, speech: Speech) -> SpokenDelivery:
    spoken = _delivery(answer, speech).spoken
    assert spoken is not None
    return spoken


PAUSING = _speech("A", "semaphore", 0.2, "counts", 0.25, "permits.", 1.4, "Um,", "threads", 1.0, "wait.")
ANSWER = "🙂 A semaphore counts permits. Um, threads wait."


def test_pauses_are_told_with_their_places_and_lengths() -> None:
    spoken = _spoken(ANSWER, PAUSING)
    assert [(one.at, one.seconds, one.after, one.before) for one in spoken.pauses] == [
        (1.6, 0.25, "counts", "permits."),
        (2.15, 1.4, "permits.", "Um,"),
        (4.15, 1.0, "threads", "wait."),
    ]
    assert [ANSWER[one.start :][:4] for one in spoken.pauses if one.start is not None] == ["perm", "Um, ", "wait"]
    assert (spoken.pause_count, spoken.long_pause_count) == (3, 2)
    assert (spoken.pause_seconds, spoken.longest_pause_seconds) == (2.65, 1.4)


def test_pace_has_the_pauses_in_it_and_articulation_has_not() -> None:
    delivery = _delivery(ANSWER, PAUSING)
    assert delivery.spoken is not None
    assert delivery.spoken.speech_seconds == pytest.approx(4.95)
    assert delivery.words_per_minute == round(60 * 7 / 4.95, 1)
    assert delivery.spoken.articulation_rate == round(60 * 7 / (4.95 - 2.65), 1)


def test_fillers_have_the_times_at_which_they_were_said() -> None:
    answer = "Um, it waits, you know, and um, blocks."
    spoken = _spoken(answer, _speech("Um,", 1.0, "it", "waits,", "you", "know,", "and", "um,", "blocks."))
    assert [(one.word, one.start, one.at, one.seconds) for one in spoken.fillers] == [
        ("um", 0, 0.5, 0.3),
        ("you know", 14, 2.4, 0.6),
        ("um", 28, 3.3, 0.3),
    ]


def test_an_edited_answer_keeps_the_speechs_figures_and_the_places_that_still_stand() -> None:
    speech = _speech("uh", 0.6, "a", "sema", "four", 0.5, "counts", "permits", 0.8, "um", "it", "waits", 2.0, "yeah")
    answer = "A semaphore counts permits, um, it waits. Added afterwards, basically."
    delivery = _delivery(answer, speech)
    spoken = delivery.spoken
    assert spoken is not None
    assert (spoken.word_count, spoken.timed_word_count) == (10, 5)
    assert delivery.words_per_minute == round(60 * 10 / spoken.speech_seconds, 1)
    assert [one.seconds for one in spoken.pauses] == [0.6, 0.5, 0.8, 2.0]
    places = [None if one.start is None else answer[one.start : one.start + 2] for one in spoken.pauses]
    assert places == [None, None, "um", None]
    assert [(one.word, one.at) for one in spoken.fillers] == [("um", 4.2)]
    assert [one.word for one in delivery.filler_words] == ["um", "basically"]


def test_a_rewritten_answer_has_no_places_and_still_a_pace() -> None:
    delivery = _delivery("Mutexes exclude each other from the section.", PAUSING)
    assert delivery.spoken is not None
    assert delivery.spoken.timed_word_count == 0
    assert {one.start for one in delivery.spoken.pauses} == {None}
    assert delivery.words_per_minute == round(60 * 7 / 4.95, 1)


def test_words_that_overlap_or_come_out_of_order_make_no_pause() -> None:
    words = (SpokenWord("one", 0.0, 3.0), SpokenWord("two", 1.0, 1.5), SpokenWord("three", 2.0, 3.2))
    spoken = _spoken("One two three.", Speech(3.2, words))
    assert (spoken.pause_count, spoken.longest_pause_seconds, spoken.speech_seconds) == (0, 0.0, 3.2)


def test_a_recognized_word_may_be_several_or_none() -> None:
    answer = "Write-ahead logging - O(n log n)."
    spoken = _spoken(answer, _speech("Write-ahead", 0.5, "logging", "-", 0.5, "O(n log n)."))
    assert (spoken.word_count, spoken.timed_word_count) == (4, 4)
    assert [one.start for one in spoken.pauses] == [12, None]


def test_no_words_with_times_are_no_spoken_delivery() -> None:
    assert _delivery("It waits.", Speech(2.0)).spoken is None
    assert _delivery("It waits.", _speech("...")).spoken is None


def test_of_very_many_pauses_the_first_are_listed_and_all_are_counted() -> None:
    words = [part for _ in range(700) for part in ("so", 0.3)]
    spoken = _spoken("So so.", _speech(*words))
    assert (len(spoken.pauses), spoken.pause_count) == (500, 699)


@pytest.mark.parametrize(
    ("spoken", "written", "kept"),
    [
        ("a b c", "a b c", [(0, 0), (1, 1), (2, 2)]),
        ("a b x c d", "a b y z c d", [(0, 0), (1, 1), (4, 3), (5, 4)]),
        ("a b c d e f", "c d z a b", [(0, 2), (1, 3)]),
        ("um the lock is held", "the lock is um held", [(0, 1), (1, 2), (2, 3)]),
        ("x the y", "u the w", []),
        ("yes", "yes", [(0, 0)]),
        ("yes", "well yes", [(1, 0)]),
        ("", "a", []),
        ("a", "", []),
    ],
)
def test_words_are_aligned_in_runs(spoken: str, written: str, kept: Sequence[tuple[int, int]]) -> None:
    assert list(aligned(spoken.split(), written.split()).items()) == kept
