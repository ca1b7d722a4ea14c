from dataclasses import replace

import pytest

from ai_service.grading.grade import Delivery, FillerWord, PointStatus
from ai_service.interviewing.averages import graded_turns
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Domain, NotAssessableReason, QuestionReview, Turn
from ai_service.interviewing.reviews import question_reviews
from ai_service.interviewing.wording import load_wording
from tests.ai_service.interviews import evaluation, turn


def _reviews(*turns: Turn) -> tuple[QuestionReview, ...]:
    return question_reviews(graded_turns(turns), load_wording())


@pytest.mark.parametrize("domain", Domain)
def test_a_review_tells_what_was_said_and_what_a_full_answer_says(bank: Bank, domain: Domain) -> None:
    question = bank.by_domain[domain][0].question
    statuses = {question.points[0].id: PointStatus.MISSED, question.points[1].id: PointStatus.CONTRADICTED}
    (review,) = _reviews(turn(question, 42.0, statuses=statuses))
    assert (review.question, review.score, review.not_assessable_reason) == (question, 42.0, None)
    shown = {point.id: (point.status, point.quote.text if point.quote else None) for point in review.points}
    assert shown[question.points[0].id] == (PointStatus.MISSED, None)
    assert shown[question.points[1].id] == (PointStatus.CONTRADICTED, f"on {question.points[1].id}")
    assert shown[question.points[2].id] == (PointStatus.COVERED, f"on {question.points[2].id}")
    assert review.full_answer == " ".join(question.reference_answer.split())


def test_without_a_reference_the_points_make_the_full_answer(bank: Bank) -> None:
    question = replace(bank.by_domain[Domain.DSA][0].question, reference_answer=" ")
    (review,) = _reviews(turn(question))
    assert all(point.text in review.full_answer for point in question.points)


def test_an_answer_without_a_score_says_why(bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    unread = Turn(question, "", evaluation(question, None, reason=NotAssessableReason.LANGUAGE))
    (review,) = _reviews(unread)
    assert (review.score, review.not_assessable_reason) == (None, NotAssessableReason.LANGUAGE)


def test_what_stood_out_in_the_delivery_is_noted(bank: Bank) -> None:
    question = bank.by_domain[Domain.DSA][0].question
    said = Delivery(60, 4, filler_words=(FillerWord("um", (1, 5, 9, 13)),))
    graded = replace(evaluation(question, 70.0), delivery=said)
    (review,) = _reviews(Turn(question, "um um um um", graded))
    assert ["“um” came up 4 times" in note for note in review.delivery_notes] == [True]


def test_turns_keep_their_order_and_ungraded_ones_are_left_out(bank: Bank) -> None:
    entry = bank.by_domain[Domain.DSA][0]
    reviews = _reviews(turn(entry.question), Turn(entry.follow_ups[0], "pending"), turn(entry.follow_ups[0], 10.0))
    assert [review.question.key for review in reviews] == [entry.question.key, entry.follow_ups[0].key]
