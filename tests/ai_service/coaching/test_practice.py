"""Practice questions from the bank: fitting, fresh, and honest about how they were found."""

import pytest

from ai_service.coaching.coaching import PracticeMatch, PracticeQuestion, PracticeWish
from ai_service.coaching.practice import Practice
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.interview import Difficulty


@pytest.fixture(scope="module")
def practice(grader: Grader, bank: Bank) -> Practice:
    return Practice(grader.reader, bank, load_composition())


def choose(
    practice: Practice,
    skill: str = "",
    role: str = "",
    level: Difficulty = Difficulty.MEDIUM,
    seen: tuple[str, ...] = (),
) -> PracticeQuestion:
    return practice.choose(PracticeWish(role, skill, level, seen))


def test_the_documented_wish_gets_a_question_on_machine_learning(practice: Practice) -> None:
    found = choose(practice, "Machine Learning", "Data Scientist")
    assert found.question.topic.startswith("machine_learning")
    assert (found.match, found.question.difficulty) == (PracticeMatch.SKILL, Difficulty.MEDIUM)
    assert "Machine Learning" in found.match_explanation
    assert found.question.points
    assert found.structure


@pytest.mark.parametrize(
    ("skill", "match"),
    [
        ("SQL", PracticeMatch.SKILL),
        ("React.js", PracticeMatch.SKILL),
        ("k8s", PracticeMatch.SKILL),
        ("Hash tables", PracticeMatch.SKILL),
        ("sharding", PracticeMatch.WORDS),
        ("looking after passwords of customers", PracticeMatch.MEANING),
        ("ornamental welding of copper roofs", PracticeMatch.ROLE),
    ],
)
def test_how_a_question_was_found_is_told(practice: Practice, skill: str, match: PracticeMatch) -> None:
    found = choose(practice, skill, "Backend Engineer")
    assert found.match is match, (found.match_explanation, found.question.text)
    assert skill in found.match_explanation
    assert found.match is not PracticeMatch.ROLE or "nothing near" in found.match_explanation


@pytest.mark.parametrize(("skill", "role"), [("copper welding", ""), ("", "Welder"), ("copper welding", "Welder")])
def test_a_general_question_is_explained_by_what_was_asked_for_and_nothing_else(
    practice: Practice, skill: str, role: str
) -> None:
    told = choose(practice, skill, role).match_explanation
    assert told.endswith("is a general one.")
    assert ("“copper welding”" in told, "“Welder”" in told, "job" in told) == (bool(skill), bool(role), bool(role))


@pytest.mark.parametrize("level", list(Difficulty))
def test_a_difficulty_that_is_not_there_is_told(practice: Practice, level: Difficulty) -> None:
    found = choose(practice, "data structures", level=level)
    assert found.question.difficulty is level
    rare = choose(practice, "union find", level=level)
    assert (rare.question.difficulty is level) != ("none of the difficulty" in rare.match_explanation)


def test_no_question_comes_twice_until_all_fitting_ones_were_had(practice: Practice, bank: Bank) -> None:
    fitting = {one.question.key for one in bank.questions if one.question.topic == "hash_tables"}
    seen: list[str] = []
    for _ in fitting:
        seen.insert(0, choose(practice, "Hash tables", seen=tuple(seen)).question.key)
    assert set(seen) == fitting
    again = choose(practice, "Hash tables", seen=tuple(seen))
    assert again.question.key == seen[-1]
    assert "longest ago" in again.match_explanation


def test_a_job_alone_gets_its_own_questions_and_an_unknown_one_is_told(practice: Practice) -> None:
    found = choose(practice, role="QA Engineer")
    assert found.question.topic.startswith("qa_")
    assert found.match is PracticeMatch.ROLE
    assert "no such job" in choose(practice, role="Florist").match_explanation
