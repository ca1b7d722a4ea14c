from dataclasses import replace

import pytest

from ai_service.errors import QuestionsExhausted
from ai_service.grading.grade import PointStatus
from ai_service.interviewing.bank import Bank, BankQuestion, Topic
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Domain, NotAssessableReason, Question, QuestionKind, Turn
from ai_service.interviewing.questions import Questions
from tests.ai_service.interviews import all_missed, context, evaluation, turn


@pytest.fixture(scope="module")
def questions(bank: Bank) -> Questions:
    return Questions(bank, load_composition())


@pytest.fixture(scope="module")
def entry(bank: Bank) -> BankQuestion:
    """A question with two follow-ups on different points."""
    return next(
        entry
        for entry in bank.by_domain[Domain.DSA]
        if len({follow_up.probed_point_id for follow_up in entry.follow_ups}) >= 2
    )


def _next(questions: Questions, turns: list[Turn], *, limit: int = 10, seen: tuple[str, ...] = ()) -> Question:
    keys = [asked.question.key for asked in turns]
    return questions.next(context(question_limit=limit), turns, [*seen, *keys]).question


def test_a_missed_point_is_probed(questions: Questions, bank: Bank) -> None:
    for domain in bank.by_domain:
        for candidate in bank.by_domain[domain]:
            for follow_up in candidate.follow_ups:
                missed = {follow_up.probed_point_id: PointStatus.MISSED}
                chosen = _next(questions, [turn(candidate.question, 70.0, statuses=missed)])
                assert chosen.kind is QuestionKind.FOLLOW_UP
                assert chosen.parent_key == candidate.question.key
                assert chosen.probed_point_id == follow_up.probed_point_id


def test_a_full_answer_is_not_probed(questions: Questions, entry: BankQuestion) -> None:
    assert _next(questions, [turn(entry.question, 100.0)]).kind is QuestionKind.MAIN


def test_a_contradicted_point_is_probed_before_a_missed_one(questions: Questions, entry: BankQuestion) -> None:
    for contradicted in entry.follow_ups:
        statuses = all_missed(entry.question)
        statuses[contradicted.probed_point_id] = PointStatus.CONTRADICTED
        chosen = _next(questions, [turn(entry.question, 10.0, statuses=statuses)])
        assert chosen.probed_point_id == contradicted.probed_point_id


def test_a_question_has_at_most_two_follow_ups_each_on_another_point(questions: Questions, bank: Bank) -> None:
    for candidate in bank.by_domain[Domain.DSA]:
        turns = [turn(candidate.question, 20.0, statuses=all_missed(candidate.question))]
        follow_ups: list[Question] = []
        while (chosen := _next(questions, turns, limit=50)).kind is QuestionKind.FOLLOW_UP:
            follow_ups.append(chosen)
            turns.append(turn(chosen, 20.0, statuses=all_missed(chosen)))
        assert 1 <= len(follow_ups) <= 2
        probed = [follow_up.probed_point_id for follow_up in follow_ups]
        assert len(set(probed)) == len(probed)
        assert chosen.key != candidate.question.key


def test_of_many_follow_ups_two_are_asked_and_one_a_point(entry: BankQuestion) -> None:
    first, second = entry.question.points[:2]
    follow_ups = tuple(
        replace(entry.follow_ups[0], key=f"{entry.question.key}.probe-{number}", probed_point_id=point.id)
        for number, point in enumerate((first, first, second, second, *entry.question.points[2:3]))
    )
    topic = Topic(entry.question.domain, entry.question.topic, entry.question.topic_title, "Study it.")
    bank = Bank((BankQuestion(entry.question, follow_ups),), (topic,), "test")
    questions = Questions(bank, load_composition())
    turns = [turn(entry.question, 20.0, statuses=all_missed(entry.question))]
    for _ in range(2):
        chosen = _next(questions, turns, limit=50)
        assert chosen.kind is QuestionKind.FOLLOW_UP
        turns.append(turn(chosen, 20.0, statuses=all_missed(chosen)))
    assert len({asked.question.probed_point_id for asked in turns[1:]}) == 2
    assert _next(questions, turns, limit=50).kind is QuestionKind.MAIN


@pytest.mark.parametrize("reason", list(NotAssessableReason))
def test_an_answer_without_a_score_is_not_probed(
    questions: Questions, entry: BankQuestion, reason: NotAssessableReason
) -> None:
    unscored = Turn(entry.question, "", evaluation(entry.question, None, reason=reason))
    assert _next(questions, [unscored]).kind is QuestionKind.MAIN
    assert _next(questions, [Turn(entry.question)]).kind is QuestionKind.MAIN


def test_a_declined_follow_up_ends_the_probing(questions: Questions, entry: BankQuestion) -> None:
    main = turn(entry.question, 20.0, statuses=all_missed(entry.question))
    follow_up = _next(questions, [main])
    declined = Turn(follow_up, "", evaluation(follow_up, None))
    assert _next(questions, [main, declined]).kind is QuestionKind.MAIN


def test_a_follow_up_that_was_asked_before_is_left_out(questions: Questions, entry: BankQuestion) -> None:
    main = turn(entry.question, 20.0, statuses=all_missed(entry.question))
    first = _next(questions, [main])
    second = _next(questions, [main], seen=(first.key,))
    assert second.kind is QuestionKind.FOLLOW_UP
    assert second.key != first.key
    everything = tuple(follow_up.key for follow_up in entry.follow_ups)
    assert _next(questions, [main], seen=everything).kind is QuestionKind.MAIN


@pytest.mark.parametrize(("limit", "most"), [(1, 0), (3, 1), (5, 2), (10, 4)])
def test_follow_ups_leave_room_for_other_subjects(questions: Questions, limit: int, most: int) -> None:
    turns: list[Turn] = []
    for _ in range(limit):
        chosen = _next(questions, turns, limit=limit)
        turns.append(turn(chosen, 20.0, statuses=all_missed(chosen)))
    assert sum(asked.question.kind is QuestionKind.FOLLOW_UP for asked in turns) == most


def test_a_question_from_outside_the_bank_is_followed_by_a_main_question(
    questions: Questions, entry: BankQuestion
) -> None:
    foreign = Question(
        key="model-1",
        text="What is a bloom filter good for?",
        kind=QuestionKind.MAIN,
        domain=Domain.DSA,
        difficulty=entry.question.difficulty,
        topic="sketches",
        topic_title="Sketches",
        points=entry.question.points,
        reference_answer="",
        time_limit_seconds=120,
        source=entry.question.source,
    )
    assert _next(questions, [turn(foreign, 20.0, statuses=all_missed(foreign))]).kind is QuestionKind.MAIN


def test_where_only_a_follow_up_is_wanted_no_main_question_takes_its_place(
    questions: Questions, entry: BankQuestion
) -> None:
    missed = turn(entry.question, 20.0, statuses=all_missed(entry.question))
    keys = [entry.question.key]
    assert questions.next(context(), [missed], keys, follow_up_only=True).question.parent_key == entry.question.key
    with pytest.raises(QuestionsExhausted):
        questions.next(context(), [turn(entry.question, 100.0)], keys, follow_up_only=True)
