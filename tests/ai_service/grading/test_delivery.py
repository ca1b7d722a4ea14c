import pytest

from ai_service.grading.delivery import Said, delivery_of
from ai_service.grading.grade import Delivery, ExpectedPoint
from ai_service.grading.words import words_of

POINTS = (ExpectedPoint("p", "A semaphore counts permits that threads acquire and release."),)


def _delivery(
    answer: str, *, seconds: float | None = None, keywords: tuple[str, ...] = (), story: bool = False
) -> Delivery:
    return delivery_of(
        Said(
            answer, words_of(answer), POINTS, "What is a lock?", story, extra_keywords=keywords, speech_seconds=seconds
        )
    )


def test_fillers_are_counted_with_their_places() -> None:
    answer = "Um, a semaphore, like, counts. It looks like a lock, um, you know."
    fillers = {filler.word: filler.starts for filler in _delivery(answer).filler_words}
    assert fillers == {"um": (0, 53), "like": (17,), "you know": (57,)}
    for word, starts in fillers.items():
        assert all(answer[start : start + len(word)].lower() == word for start in starts)


def test_fluency_falls_with_fillers_and_stumbles() -> None:
    plain = _delivery("A semaphore counts permits and threads wait for one.").fluency
    filled = _delivery("Um, a semaphore, uh, counts permits and and threads, er, wait for one.").fluency
    assert plain == 100
    assert filled is not None
    assert filled < 20


def test_confidence_falls_with_hedges() -> None:
    sure = _delivery("A semaphore counts permits.").confidence
    unsure = _delivery("I think a semaphore maybe counts permits, but I'm not sure.").confidence
    assert sure == 100
    assert unsure == 0


def test_pace_needs_the_time_of_speech() -> None:
    answer = " ".join(["word"] * 120)
    assert _delivery(answer, seconds=60).words_per_minute == 120
    assert _delivery(answer).words_per_minute is None
    assert _delivery(answer, seconds=0).words_per_minute is None


def test_keywords_are_the_points_rare_words_and_the_callers() -> None:
    delivery = _delivery("A semaphore hands out permits.", keywords=("hands out", "Mutexes", "semaphores"))
    assert {"hands out", "semaphores"} <= set(delivery.keywords_found)
    assert "Mutexes" in delivery.keywords_missing
    assert delivery.keyword_coverage == pytest.approx(
        100 * len(delivery.keywords_found) / (len(delivery.keywords_found) + len(delivery.keywords_missing)), abs=0.1
    )


def test_structure_counts_what_orders_an_answer() -> None:
    ordered = "First, a thread asks for a permit. Then it waits, because none is free. In short, it counts."
    assert _delivery(ordered).structure == 100
    assert _delivery("It counts permits").structure == 0


def test_the_parts_of_a_story_are_its_structure() -> None:
    story = "When I joined, the build broke daily. I had to fix it. I wrote a test. As a result, it stayed green."
    assert _delivery(story, story=True).structure == 100
    assert _delivery("Builds break.", story=True).structure == 0


def test_grammar_is_the_share_of_sentences_without_an_issue() -> None:
    assert _delivery("A thread waits for a permit. It continues afterwards.").grammar == 100
    assert _delivery("I has a lock. It waits for a permit.").grammar == 50


def test_an_empty_answer_has_counts_only() -> None:
    delivery = _delivery(" ")
    assert (delivery.word_count, delivery.sentence_count, delivery.grammar, delivery.fluency) == (0, 0, None, None)
