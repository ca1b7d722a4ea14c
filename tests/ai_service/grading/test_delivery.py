import pytest

from ai_service.grading.delivery import Said, delivery_of
from ai_service.grading.grade import Delivery, ExpectedPoint, Speech
from ai_service.grading.words import words_of

POINTS = (ExpectedPoint("p", "A semaphore counts permits that threads acquire and release."),)


def _delivery(
    answer: str, *, seconds: float | None = None, keywords: tuple[str, ...] = (), story: bool = False
) -> Delivery:
    return delivery_of(
        Said(
            answer,
            words_of(answer),
            POINTS,
            "What is a lock?",
            story,
            extra_keywords=keywords,
            speech=None if seconds is None else Speech(seconds),
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


def test_hedges_are_counted_with_their_places() -> None:
    answer = "🙂 Cafe\u0301: I think it waits. Maybe it blocks, I think."
    hedges = {hedge.phrase: hedge.starts for hedge in _delivery(answer).hedges}
    assert hedges == {"i think": (9, 44), "maybe": (27,)}
    assert [answer[start : start + 7] for start in hedges["i think"]] == ["I think", "I think"]


def test_words_and_phrases_said_twice_in_a_row_are_told_with_their_places() -> None:
    answer = "🙂 The the lock is held. I would, I would wait. It had had a long long value, and that that is O(1) O(1)."
    repetitions = _delivery(answer).repetitions
    assert [(one.phrase, one.starts, one.in_a_row) for one in repetitions] == [
        ("the", (6,), True),
        ("i would", (33,), True),
    ]
    assert answer[6:9] == "the"
    assert answer[33:40] == "I would"


@pytest.mark.parametrize(
    ("answer", "stumbles"),
    [
        ("It is the, the lock.", ["the"]),
        ("It is I... I think so.", ["i"]),
        ("It finds the the write lock lock.", ["the", "lock"]),
        ("It is a write-write conflict, and SA-IS is linear.", []),
        ("He owns the data, data whose size is known.", []),
        ("She owns the service, the service stores it.", []),
        ("It waits. It waits again.", []),
    ],
)
def test_what_is_written_twice_on_purpose_is_no_stumble(answer: str, stumbles: list[str]) -> None:
    assert [one.phrase for one in _delivery(answer).repetitions] == stumbles


def test_a_phrase_said_three_times_is_told_once_and_costs_no_fluency() -> None:
    answer = " ".join(f"{verb} the shared cache line again." for verb in ("Read", "Write", "Drop"))
    delivery = _delivery(answer)
    (repetition,) = delivery.repetitions
    assert (repetition.phrase, repetition.in_a_row) == ("the shared cache line again", False)
    assert [answer[start : start + 10] for start in repetition.starts] == ["the shared"] * 3
    assert delivery.fluency == 100
    assert _delivery("Read the shared cache line. Write the shared cache line.").repetitions == ()


def test_sentences_are_measured_between_full_stops() -> None:
    delivery = _delivery("A semaphore counts permits. Threads wait.")
    assert (delivery.mean_sentence_words, delivery.longest_sentence_words, delivery.long_sentences) == (3.0, 4, ())


def test_a_run_without_full_stops_is_told_whole_however_the_grader_cuts_it() -> None:
    run = " ".join(["the lock waits and then it counts"] * 10)
    answer = f"🙂 Cafe\u0301 is open. {run}. It ends."
    delivery = _delivery(answer)
    assert [(answer[one.start : one.end], one.words) for one in delivery.long_sentences] == [(f"{run}.", 70)]
    assert delivery.longest_sentence_words == 70
    assert delivery.sentence_count > 3


def test_an_answer_without_any_sentence_has_no_lengths() -> None:
    delivery = _delivery("1. ")
    assert (delivery.word_count, delivery.mean_sentence_words, delivery.longest_sentence_words) == (1, None, None)


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


def _parts(answer: str, *, story: bool = False) -> dict[str, str | None]:
    parts = {part.name: part.quote for part in _delivery(answer, story=story).structure_parts}
    for quote in parts.values():
        assert quote is None or answer[quote.start : quote.end] == quote.text
    return {name: None if quote is None else quote.text for name, quote in parts.items()}


def test_structure_is_what_orders_an_answer_with_the_sentences_that_show_it() -> None:
    ordered = (
        "🙂 A semaphore counts. First, a thread asks for one. It waits, because none is free. In short, it counts."
    )
    assert _parts(ordered) == {
        "opening": "🙂 A semaphore counts.",
        "steps": "First, a thread asks for one.",
        "reasons": "It waits, because none is free.",
        "conclusion": "In short, it counts.",
    }
    assert _delivery(ordered).structure == 100
    assert set(_parts("It counts permits").values()) == {None}
    assert _delivery("It counts permits").structure == 0


@pytest.mark.parametrize("text", ["The next pointer moves to the first element.", "First nodes are read.", "At last."])
def test_a_word_that_orders_counts_only_where_it_orders(text: str) -> None:
    assert _parts(text)["steps"] is None


def test_an_opening_names_the_subject() -> None:
    assert _parts("Thank you for asking. A semaphore counts.")["opening"] is None


def test_the_parts_of_a_story_are_its_structure() -> None:
    story = "When I joined, the build broke daily. I had to fix it. I wrote a test. Faults fell by 40%."
    assert _parts(story, story=True) == {
        "situation": "When I joined, the build broke daily.",
        "task": "I had to fix it.",
        "action": "I wrote a test.",
        "result": "Faults fell by 40%.",
    }
    assert _delivery(story, story=True).structure == 100
    assert _parts("Last year I’d rest.", story=True)["situation"]
    assert _delivery("Builds break.", story=True).structure == 0


def test_grammar_is_the_share_of_sentences_without_an_issue() -> None:
    assert _delivery("A thread waits for a permit. It continues afterwards.").grammar == 100
    flawed = _delivery("🙂 I has a lock. It waits for a permit.")
    assert flawed.grammar == 50
    assert [(issue.start, issue.end, issue.suggestion) for issue in flawed.grammar_issues] == [(4, 7, "have")]


def test_an_empty_answer_has_counts_only() -> None:
    delivery = _delivery(" ")
    assert (delivery.word_count, delivery.sentence_count, delivery.grammar, delivery.fluency) == (0, 0, None, None)
