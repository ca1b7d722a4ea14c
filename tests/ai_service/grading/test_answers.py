"""Answers in candidates' own words, read from answers.yaml beside this file."""

from pathlib import Path

import pytest
import yaml

from ai_service.interviewing.bank import Bank
from tests.ai_service.grading.conftest import Score

ANSWERS = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: str(case["question"]))
def test_a_good_answer_beats_half_of_one_and_both_beat_a_wrong_one(
    bank: Bank, score: Score, case: dict[str, str]
) -> None:
    question = bank.by_key[case["question"]].question
    good, half, wrong = (score(question, case[kind]) for kind in ("good", "half", "wrong"))
    assert good >= 50
    assert good >= half + 5
    assert half > wrong
    assert wrong < 45


def test_good_half_and_wrong_answers_lie_well_apart_on_average(bank: Bank, score: Score) -> None:
    means = [
        sum(score(bank.by_key[case["question"]].question, case[kind]) for case in ANSWERS) / len(ANSWERS)
        for kind in ("good", "half", "wrong")
    ]
    assert means[0] > 75
    assert 30 < means[1] < 55
    assert means[2] < 20
