import json
import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ai_service.errors import ResourceError
from ai_service.interviewing.averages import GradedTurn
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Difficulty, Domain, Question, QuestionKind, ReadinessLevel
from ai_service.interviewing.standing import STANDING_FILE, Standards, load_standards
from tests.ai_service.interviews import evaluation

DATA: dict[str, Any] = yaml.safe_load(STANDING_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def standards() -> Standards:
    return load_standards()


def _graded(question: Question, score: float | None, difficulty: Difficulty = Difficulty.MEDIUM) -> GradedTurn:
    return GradedTurn(replace(question, difficulty=difficulty), evaluation(question, score))


def _mains(bank: Bank, topics: int, answers: int) -> list[Question]:
    """`answers` main questions on `topics` topics, which are made up."""
    known = bank.by_domain[Domain.DSA][0].question
    return [replace(known, key=f"q{number}", topic=f"topic_{number % topics}") for number in range(answers)]


def _standing(
    standards: Standards, turns: Sequence[GradedTurn], passed: Sequence[GradedTurn] = ()
) -> tuple[str, float, str]:
    standing = standards.standing(turns, passed)
    assert standing is not None
    return standing.letter_grade, standing.readiness_score, standing.readiness_level.value


def test_the_file_fits_its_schema() -> None:
    schema = json.loads(STANDING_FILE.with_name("standing.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(DATA, schema, cls=jsonschema.Draft202012Validator)


def test_the_scales_fall_to_zero_and_name_everything_once() -> None:
    for scale, name in ((DATA["letters"], "letter"), (DATA["readiness"]["levels"], "level")):
        starts = [record["from"] for record in scale]
        assert starts == sorted(set(starts), reverse=True)
        assert starts[-1] == 0
        assert len({record[name] for record in scale}) == len(scale)
    assert {record["level"] for record in DATA["readiness"]["levels"]} == {level.value for level in ReadinessLevel}


def test_harder_questions_show_more() -> None:
    credit = DATA["readiness"]["difficulty"]
    assert [credit[one.value] for one in Difficulty] == sorted({credit[one.value] for one in Difficulty})


@pytest.mark.parametrize(
    ("score", "letter"),
    [(100, "A"), (85, "A"), (84.9, "A-"), (78.5, "B+"), (75, "B+"), (70, "B"), (50, "D"), (49.9, "F"), (0, "F")],
)
def test_a_letter_begins_at_its_bound(standards: Standards, score: float, letter: str) -> None:
    assert standards.letter(score) == letter


def test_every_level_is_reached_at_its_bound(standards: Standards, bank: Bank) -> None:
    questions = _mains(bank, 4, 5)
    for record in DATA["readiness"]["levels"]:
        turns = [_graded(question, float(record["from"]), Difficulty.HARD) for question in questions]
        assert _standing(standards, turns)[1:] == (record["from"], record["level"])
        if record["from"]:
            below = [_graded(question, record["from"] - 0.1, Difficulty.HARD) for question in questions]
            assert _standing(standards, below)[2] != record["level"]


def test_a_usual_interview_of_good_answers_is_almost_ready(standards: Standards, bank: Bank) -> None:
    turns = [_graded(question, 78.5) for question in _mains(bank, 4, 5)]
    assert _standing(standards, turns) == ("B+", 72.2, "almost_ready")


def test_nothing_assessed_has_no_standing(standards: Standards, bank: Bank) -> None:
    assert standards.standing([]) is None
    assert standards.standing([], [_graded(_mains(bank, 1, 1)[0], None)]) is None


def _exact(turns: Sequence[GradedTurn], passed: Sequence[GradedTurn]) -> Fraction:
    """The documented formula, from the file's figures, without rounding."""
    figures = DATA["readiness"]

    def weight(turn: GradedTurn) -> Fraction:
        return Fraction(1, 2) if turn.question.kind is QuestionKind.FOLLOW_UP else Fraction(1)

    total = answered = Fraction()
    for turn in turns:
        credit = Fraction(str(figures["difficulty"][turn.question.difficulty.value]))
        total += weight(turn) * min(Fraction(100), Fraction(str(turn.score)) * credit)
        answered += weight(turn)
    asked = answered + sum(map(weight, passed))
    topics = {turn.question.topic for turn in turns}
    asked_topics = topics | {turn.question.topic for turn in passed}
    few_answers = 1 - answered / max(Fraction(figures["enough_answers"]), asked)
    few_topics = 1 - Fraction(len(topics), max(figures["enough_topics"], len(asked_topics)))
    return (total / answered) * (
        1 - Fraction(str(figures["few_answers"])) * few_answers - Fraction(str(figures["few_topics"])) * few_topics
    )


@pytest.mark.parametrize("seed", range(25))
def test_readiness_is_that_of_its_formula(standards: Standards, bank: Bank, seed: int) -> None:
    chance = random.Random(seed)
    turns: list[GradedTurn] = []
    passed: list[GradedTurn] = []
    for entry in chance.sample(list(bank.by_domain[Domain.DSA]), chance.randint(1, 10)):
        for question in (entry.question, *entry.follow_ups[: chance.randint(0, 1)]):
            if turns and chance.random() < 0.25:
                passed.append(_graded(question, None))
            else:
                turns.append(_graded(question, round(chance.uniform(0, 100), 1), chance.choice(list(Difficulty))))
    shown = _standing(standards, turns, passed)[1]
    assert abs(Fraction(shown) - _exact(turns, passed)) <= Fraction(501, 10_000)
    assert 0 <= shown <= 100


def test_readiness_grows_with_score_difficulty_answers_and_topics(standards: Standards, bank: Bank) -> None:
    def readiness(
        topics: int = 2, answers: int = 3, score: float = 70, difficulty: Difficulty = Difficulty.MEDIUM
    ) -> float:
        return standards.readiness([_graded(one, score, difficulty) for one in _mains(bank, topics, answers)])

    base = readiness()
    assert readiness(score=71) > base
    assert readiness(difficulty=Difficulty.HARD) > base
    assert readiness(difficulty=Difficulty.EASY) < base
    assert readiness(answers=4) > base
    assert readiness(topics=3) > base
    assert readiness(topics=4, answers=5) == readiness(topics=8, answers=40)


def test_passing_on_questions_leaves_readiness_open_and_the_grade_as_it_is(standards: Standards, bank: Bank) -> None:
    questions = _mains(bank, 5, 10)
    answered = [_graded(question, 90.0) for question in questions[:5]]
    passed = [_graded(question, None) for question in questions[5:]]
    whole, half = _standing(standards, answered), _standing(standards, answered, passed)
    assert whole[0] == half[0] == "A"
    assert half[1] < whole[1]


def test_a_flawless_round_of_easy_questions_is_as_ready_as_easy_questions_can_show(
    standards: Standards, bank: Bank
) -> None:
    turns = [_graded(question, 100.0, Difficulty.EASY) for question in _mains(bank, 6, 12)]
    assert _standing(standards, turns)[1] == 100 * DATA["readiness"]["difficulty"]["easy"]
    expert = [_graded(question, 100.0, Difficulty.EXPERT) for question in _mains(bank, 6, 12)]
    assert _standing(standards, expert)[1] == 100


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["letters"].reverse(),
        lambda data: data["letters"].pop(),
        lambda data: data["readiness"]["levels"].pop(0),
        lambda data: data["readiness"]["difficulty"].pop("hard"),
        lambda data: data.pop("readiness"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, change: Any) -> None:
    data = yaml.safe_load(STANDING_FILE.read_text(encoding="utf-8"))
    change(data)
    broken = tmp_path / "standing.yaml"
    broken.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ResourceError, match=str(broken)):
        load_standards(broken)
