"""A topic's ability follows the answers and what they were asked at."""

import pytest

from chat_service.analytics.ability import Attempt, ability
from chat_service.engine.models import Difficulty, QuestionKind


def _main(difficulty: Difficulty, score: float, times: int = 1) -> list[Attempt]:
    return [Attempt(difficulty, QuestionKind.MAIN, score)] * times


def test_a_topic_without_answers_lies_between_medium_and_hard() -> None:
    assert (ability([]).logit, ability([]).answers) == (0.0, 0)


def test_the_same_score_shows_more_at_a_harder_question() -> None:
    shown = [ability(_main(difficulty, 70.0)).logit for difficulty in Difficulty]
    assert shown == sorted(shown)
    assert shown[0] < 0 < shown[-1]


def test_the_first_answer_moves_it_by_the_published_rule() -> None:
    assert ability(_main(Difficulty.MEDIUM, 100.0)).logit == pytest.approx(2 * (1 - 0.6225), abs=0.006)


def test_a_follow_up_moves_it_half_as_much() -> None:
    whole = ability(_main(Difficulty.HARD, 100.0)).logit
    half = ability([Attempt(Difficulty.HARD, QuestionKind.FOLLOW_UP, 100.0)]).logit
    assert half == pytest.approx(whole / 2, abs=0.011)


def test_it_settles_where_the_scores_are_expected() -> None:
    settled = ability(_main(Difficulty.MEDIUM, 60.0, 200))
    assert settled.fits is Difficulty.MEDIUM
    assert settled.expected_score == pytest.approx(60.0, abs=1)
    assert settled.answers == 200


@pytest.mark.parametrize(("score", "bound", "fits"), [(0.0, -3.5, Difficulty.EASY), (100.0, 3.5, Difficulty.EXPERT)])
def test_it_stays_in_its_bounds(score: float, bound: float, fits: Difficulty) -> None:
    difficulty = Difficulty.EASY if bound < 0 else Difficulty.EXPERT
    shown = ability(_main(difficulty, score, 5000))
    assert abs(shown.logit) <= abs(bound)
    assert shown.fits is fits
