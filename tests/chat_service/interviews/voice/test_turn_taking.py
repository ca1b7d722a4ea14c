"""Whose turn it is: a pause, thinking aloud, a broken-off sentence and an end are told apart."""

import json
from importlib.resources import files

import pytest

from chat_service.interviews.live.voice.phrases import PHRASES, Ending
from chat_service.interviews.live.voice.turn_taking import EndedBy, TurnTaking, TurnTimes

TIMES = TurnTimes(done=1.0, open=2.0, trailing=4.0, longest=100.0)


def said(*texts: str, until: float = 10.0) -> TurnTaking:
    """A turn in which the texts were said, up to that time."""
    taking = TurnTaking(TIMES)
    taking.speech_started(until - 1)
    taking.speech_stopped(until)
    for text in texts:
        taking.final(text)
    return taking


def ends_after(taking: TurnTaking) -> float | None:
    """How long a silence from 10.0 on ends the turn; None: only words help."""
    verdict = taking.verdict(10.0)
    assert verdict.ended_by is None
    if verdict.look_again_at is None or verdict.look_again_at >= 100.0:
        return None
    assert taking.verdict(verdict.look_again_at - 0.001).ended_by is None
    assert taking.verdict(verdict.look_again_at).ended_by is EndedBy.SILENCE
    return verdict.look_again_at - 10.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("I would use a hash map.", 1.0),
        ("Is it sorted?", 1.0),
        ("I don't know", 1.0),
        ("That's it", 1.0),
        ("i would use a hash map", 2.0),
        ("I would use a hash map because", 4.0),
        ("I would use a hash map, so", 4.0),
        ("A hash map,", 4.0),
        ("It costs O(1), um", 4.0),
        ("I would sort the", 4.0),
        ("I would start with...", 4.0),
        ("There are caches for example", 4.0),
        ("We shard by user. Let me think.", 60.0),
        ("We shard by user, give me a minute", 75.0),
        ("Let me think. I would shard by user.", 1.0),
        ("let me think i would shard by user", 2.0),
        ("It takes one second", 2.0),
    ],
)
def test_how_long_a_silence_ends_a_turn_depends_on_how_the_words_end(text: str, seconds: float) -> None:
    assert ends_after(said(text)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["um", "Uh, well, so", "Hmm.", "Let me think about that for a minute.", "Okay, can you give me a minute please"],
)
def test_sounds_of_thinking_and_a_plea_alone_never_become_an_answer(text: str) -> None:
    taking = said(text)
    assert ends_after(taking) is None
    taking.speech_started(50.0)
    taking.speech_stopped(55.0)
    taking.final("I would use a hash map.")
    assert taking.verdict(56.0).ended_by is EndedBy.SILENCE
    assert taking.text == f"{text} I would use a hash map."


def test_silence_and_noise_never_end_a_turn() -> None:
    taking = TurnTaking(TIMES)
    assert taking.verdict(1000.0).ended_by is None
    taking.speech_started(1001.0)
    taking.speech_stopped(1002.0)
    taking.announce_end()
    assert taking.verdict(9000.0).ended_by is None


def test_a_pause_is_no_end_and_starts_anew_with_every_word() -> None:
    taking = said("I would use a hash map.")
    assert taking.verdict(10.9).ended_by is None
    taking.speech_started(10.95)
    assert taking.verdict(20.0).ended_by is None
    taking.speech_stopped(21.0)
    taking.partial("And it costs")
    assert taking.verdict(22.9).ended_by is None
    assert taking.verdict(23.0).ended_by is EndedBy.SILENCE
    assert (taking.text, taking.final_text) == ("I would use a hash map. And it costs", "I would use a hash map.")


def test_a_silence_behind_words_that_are_not_known_yet_may_be_one_in_a_thought() -> None:
    taking = said("I would use a hash map.")
    taking.speech_started(10.5)
    taking.speech_stopped(11.0)
    assert taking.verdict(14.9).ended_by is None
    assert taking.verdict(15.0).ended_by is EndedBy.SILENCE
    taking.partial("It is fast.")
    assert taking.verdict(12.0).ended_by is EndedBy.SILENCE


def test_an_announced_end_ends_at_once_when_words_were_said() -> None:
    taking = TurnTaking(TIMES)
    taking.speech_started(1.0)
    taking.announce_end()
    assert taking.verdict(1.0).ended_by is None
    taking.partial("Because")
    assert taking.verdict(1.0).ended_by is EndedBy.ANNOUNCED


def test_a_turn_lasts_no_longer_than_it_may_however_much_is_said() -> None:
    taking = said("And so on and")
    taking.speech_started(50.0)
    assert taking.verdict(108.9).ended_by is None
    assert taking.verdict(109.0).ended_by is EndedBy.TOO_LONG


def test_a_plea_buys_as_much_of_its_time_as_is_set() -> None:
    taking = TurnTaking(TurnTimes(done=1.0, trailing=2.0, plea_factor=0.1))
    taking.speech_started(0.0)
    taking.speech_stopped(10.0)
    taking.final("We shard by user. Let me think.")
    assert taking.verdict(15.9).ended_by is None
    assert taking.verdict(16.0).ended_by is EndedBy.SILENCE


def test_the_phrases_are_as_they_are_read() -> None:
    raw = json.loads(files("chat_service.interviews.live.voice").joinpath("turn_phrases.json").read_text("utf-8"))
    assert set(raw) == set(PHRASES.__dataclass_fields__)
    for name, phrases in raw.items():
        texts = [one["phrase"] if name == "asking_for_time" else one for one in phrases]
        assert len(texts) == len(set(texts)), name
        assert all(text == text.lower().strip() and text for text in texts), name
    for plea in PHRASES.asking_for_time:
        assert 5 <= plea.seconds <= 180
        assert PHRASES.read(plea.phrase)[0] is Ending.ASKS_FOR_TIME, plea.phrase
