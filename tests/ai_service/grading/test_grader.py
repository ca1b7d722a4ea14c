import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_service.grading import grader as grading
from ai_service.grading.embedding import EmbeddedText
from ai_service.grading.grade import Assessability, Delivery, ExpectedPoint, GradedAnswer, PointStatus
from ai_service.grading.grader import Grader

QUESTION = "How does a hash table find a key, and what does it cost?"
POINTS = (
    ExpectedPoint(
        "hash", "A hash function turns the key into the index of a bucket.", ("The key is hashed to a slot.",), 2
    ),
    ExpectedPoint("cost", "A lookup takes O(1) time on average.", ("On average it is constant time.",), 2),
    ExpectedPoint("collisions", "Keys that fall into the same bucket are kept in a chain or probed for.", (), 1),
    ExpectedPoint("isolation", "The table does not keep the keys in sorted order.", (), 1),
)
ANSWER = (
    "The key goes through a hash function, which gives the bucket where it lives. If two keys end up in one bucket, "
    "they are chained in a list. Looking something up is O(1) on average, and the keys are not sorted."
)


def _graded(grader: Grader, answer: str) -> GradedAnswer:
    return grader.grade(question=QUESTION, points=POINTS, reference="", answer=answer)


def _status(graded: GradedAnswer, point: str) -> PointStatus:
    return next(match.status for match in graded.points if match.point.id == point)


def test_every_point_that_was_said_is_found_with_its_quote(grader: Grader) -> None:
    graded = _graded(grader, ANSWER)
    assert all(match.credit >= 0.5 for match in graded.points)
    quotes = {match.point.id: match.quote.text for match in graded.points if match.quote}
    assert "hash function" in quotes["hash"]
    assert "O(1)" in quotes["cost"]
    assert "chained" in quotes["collisions"]


def test_another_complexity_contradicts_the_point(grader: Grader) -> None:
    for wrong in ("A lookup takes O(n) time on average.", "A lookup takes O(n log n) time on average."):
        assert _status(_graded(grader, wrong), "cost") is PointStatus.CONTRADICTED
    for right in ("A lookup takes O( 1 ) time on average.", "A lookup takes constant time on average."):
        assert _status(_graded(grader, right), "cost") is PointStatus.COVERED


@pytest.mark.parametrize(
    "denial",
    [
        "A lookup is not O(1) on average.",
        "A lookup does not take O(1) time on average.",
        "A lookup never takes O(1) time on average.",
        "It is false that a lookup takes O(1) time on average.",
    ],
)
def test_a_denied_point_is_contradicted_and_earns_nothing(grader: Grader, denial: str) -> None:
    graded = _graded(grader, denial)
    match = next(match for match in graded.points if match.point.id == "cost")
    assert (match.status, match.credit) == (PointStatus.CONTRADICTED, 0.0)
    assert match.quote is not None


def test_a_negative_point_is_contradicted_by_its_affirmation(grader: Grader) -> None:
    assert (
        _status(_graded(grader, "The table keeps the keys in sorted order."), "isolation") is PointStatus.CONTRADICTED
    )
    assert _status(_graded(grader, "The table does not keep the keys sorted."), "isolation") is PointStatus.COVERED


def test_contradictions_lower_accuracy(grader: Grader) -> None:
    right = _graded(grader, ANSWER).signals
    wrong = _graded(grader, ANSWER.replace("O(1)", "O(n)")).signals
    assert wrong["accuracy"].value < right["accuracy"].value - 0.2
    assert wrong["coverage"].value < right["coverage"].value


def test_properties_that_were_swapped_between_two_things_are_contradicted(grader: Grader) -> None:
    points = (
        ExpectedPoint("order", "A stack returns the newest element first, and a queue returns the oldest one first."),
    )

    def status(answer: str) -> PointStatus:
        question = "What is the difference between a stack and a queue?"
        return grader.grade(question=question, points=points, reference="", answer=answer).points[0].status

    assert status("A stack returns the oldest element first, and a queue returns the newest one first.") is (
        PointStatus.CONTRADICTED
    )
    assert status("A queue returns the oldest element first, whereas a stack returns the newest one first.") is (
        PointStatus.COVERED
    )


def test_the_signals_are_bounded_by_coverage(grader: Grader) -> None:
    for answer in (ANSWER, "A hash function gives the bucket.", "Nobody knows what this table is for."):
        signals = _graded(grader, answer).signals
        assert set(signals) == {"coverage", "accuracy", "reasoning", "focus"}
        assert all(0 <= signal.value <= signals["coverage"].value for signal in signals.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400))
def test_any_text_is_graded_and_quoted_to_the_letter(grader: Grader, answer: str) -> None:
    _check_quotes(_graded(grader, answer), answer)


def test_quotes_count_code_points(grader: Grader) -> None:
    answer = "🙂🙂 Ümläut “quoted”! " + ANSWER.replace(" ", "  ") + "\n\n– done 🎉"
    graded = _graded(grader, answer)
    assert graded.points[0].quote is not None
    _check_quotes(graded, answer)


def _check_quotes(graded: GradedAnswer, answer: str) -> None:
    quotes = [match.quote for match in graded.points] + [q for s in graded.signals.values() for q in s.evidence]
    for quote in quotes:
        if quote is not None:
            assert answer[quote.start : quote.end] == quote.text != ""


def test_lone_surrogates_do_no_harm(grader: Grader) -> None:
    assert _graded(grader, "\ud800 A hash function \udfff gives the bucket.").assessability is Assessability.ASSESSABLE


def test_a_long_answer_is_read_to_its_end(grader: Grader) -> None:
    filler = " ".join(f"In chapter {n} we talked about the history of the city and its {n} bridges." for n in range(55))
    graded = _graded(grader, f"{filler} {ANSWER}"[-20_000:])
    assert _status(graded, "hash") is not PointStatus.MISSED


def test_without_points_the_sentences_of_the_reference_are_the_points(grader: Grader) -> None:
    graded = grader.grade(
        question=QUESTION,
        points=(),
        reference="The key is hashed to a slot. Lookups are O(1) on average.",
        answer=ANSWER,
    )
    assert [match.status for match in graded.points] == [PointStatus.PARTIAL, PointStatus.COVERED]


def test_a_prepared_question_leaves_only_the_answer_to_read(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    question, points = f"{QUESTION} Prepared.", (ExpectedPoint("hash", "A prepared point about hashing a key."),)
    reference = "The prepared reference: the key is hashed to a slot."
    grader.prepare(question=question, points=points, reference=reference)
    read: list[str] = []
    embed = grader._reader._embedder.embed

    def watched(texts: Sequence[str]) -> list[EmbeddedText]:
        read.extend(texts)
        return embed(texts)

    monkeypatch.setattr(grader._reader._embedder, "embed", watched)
    grader.grade(question=question, points=points, reference=reference, answer="The key is hashed to a slot there.")
    assert read == ["The key is hashed to a slot there."]


@pytest.mark.parametrize("reference", [" ", "***", "?\n..."])
def test_nothing_to_grade_against_is_refused(grader: Grader, reference: str) -> None:
    with pytest.raises(ValueError, match="at least one expected point or a reference"):
        grader.grade(question=QUESTION, points=(), reference=reference, answer=ANSWER)


def test_an_answer_without_a_score_has_neither_points_nor_signals(grader: Grader) -> None:
    for answer, state in (("", Assessability.EMPTY), ("I don't know, sorry.", Assessability.DECLINED)):
        graded = _graded(grader, answer)
        assert (graded.assessability, graded.points, graded.signals) == (state, (), {})


def test_threads_get_the_same_results(grader: Grader) -> None:
    answers = [ANSWER, ANSWER.replace("O(1)", "O(n)"), "A hash function gives the bucket.", "Keys are in a chain."] * 6
    expected = [_graded(grader, answer) for answer in answers]
    barrier = threading.Barrier(4)

    def grade_all(_: int) -> list[GradedAnswer]:
        barrier.wait(timeout=30)
        return [_graded(grader, answer) for answer in answers]

    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(grade_all, range(4)):
            assert [graded.points for graded in result] == [graded.points for graded in expected]


def test_similarity_finds_the_same_question_in_other_words(grader: Grader) -> None:
    texts = (
        "How would you detect a cycle in a linked list?",
        "Explain how to find out whether a linked list contains a loop.",
        "Tell me about a conflict with a colleague.",
    )
    matrix = grader.similarity(texts)
    assert matrix.shape == (3, 3)
    assert np.allclose(np.diag(matrix), 1, atol=1e-3)
    assert matrix[0, 1] > 0.65
    assert matrix[0, 2] < 0.3
    assert grader.similarity([]).shape == (0, 0)


def test_delivery_changes_nothing_that_a_score_is_made_of(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = f"Um, I think, you know, the the table have keys. {ANSWER} Maybe."
    measured = _graded(grader, answer)
    figures = measured.delivery
    assert all((figures.filler_words, figures.hedges, figures.repetitions, figures.grammar_issues))
    monkeypatch.setattr(grading, "delivery_of", lambda _: Delivery(0, 0))
    assert replace(measured, delivery=Delivery(0, 0)) == _graded(grader, answer)
