import math
from itertools import pairwise

import pytest

from ai_service.interviewing.ability import estimate_ability, expected_score
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Difficulty, Domain, NotAssessableReason, Turn
from tests.ai_service.interviews import evaluation, turn


@pytest.mark.parametrize("start", list(Difficulty))
def test_without_answers_the_chosen_difficulty_fits(start: Difficulty) -> None:
    ability = estimate_ability(start, [])
    assert ability.fitting_rank() == pytest.approx(start.rank)
    assert expected_score(ability.overall, start) == pytest.approx(0.6)


def test_an_expected_score_leaves_the_ability_where_it_is(bank: Bank) -> None:
    question = bank.cell(Domain.DSA, Difficulty.HARD)[0].question
    before = estimate_ability(Difficulty.HARD, [])
    assert estimate_ability(Difficulty.HARD, [turn(question, 60.0)]).overall == pytest.approx(before.overall)


def test_the_first_answer_moves_the_ability_as_the_formula_says(bank: Bank) -> None:
    question = bank.cell(Domain.DSA, Difficulty.MEDIUM)[0].question
    lead = math.log(0.6 / 0.4)
    expected = -0.5 + lead + 2.0 * (0.9 - 0.6)
    assert estimate_ability(Difficulty.MEDIUM, [turn(question, 90.0)]).overall == pytest.approx(expected)


def test_later_answers_move_it_less(bank: Bank) -> None:
    questions = [entry.question for entry in bank.cell(Domain.DSA, Difficulty.MEDIUM)]
    estimates = [
        estimate_ability(Difficulty.MEDIUM, [turn(question, 0.0) for question in questions[:count]]).overall
        for count in range(6)
    ]
    steps = [before - after for before, after in pairwise(estimates)]
    assert all(step > 0 for step in steps)
    assert steps == sorted(steps, reverse=True)


def test_a_follow_up_moves_it_half_as_much(bank: Bank) -> None:
    entry = bank.cell(Domain.DSA, Difficulty.MEDIUM)[0]
    start = estimate_ability(Difficulty.MEDIUM, []).overall
    main = estimate_ability(Difficulty.MEDIUM, [turn(entry.question, 100.0)]).overall - start
    follow_up = estimate_ability(Difficulty.MEDIUM, [turn(entry.follow_ups[0], 100.0)]).overall - start
    assert follow_up == pytest.approx(main / 2)


def test_a_topic_moves_more_than_the_rest(bank: Bank) -> None:
    question = bank.cell(Domain.DSA, Difficulty.MEDIUM)[0].question
    ability = estimate_ability(Difficulty.MEDIUM, [turn(question, 0.0)])
    assert ability.of_topic(question.topic) < ability.overall
    assert ability.of_topic("another_topic") == ability.overall


def test_a_declined_answer_lowers_it_and_an_unreadable_one_does_not(bank: Bank) -> None:
    question = bank.cell(Domain.DSA, Difficulty.MEDIUM)[0].question
    start = estimate_ability(Difficulty.MEDIUM, [])

    def after(reason: NotAssessableReason) -> float:
        turns = [Turn(question, "", evaluation(question, None, reason=reason))]
        return estimate_ability(Difficulty.MEDIUM, turns).overall

    assert after(NotAssessableReason.DECLINED) < start.overall
    assert after(NotAssessableReason.UNINTELLIGIBLE) == start.overall
    assert estimate_ability(Difficulty.MEDIUM, [Turn(question)]) == start
