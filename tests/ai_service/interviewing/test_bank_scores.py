"""Every question of the bank, graded by the built-in engine: a full answer scores high, an empty one does not."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ai_service.grading import delivery
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import BANK_FOLDER, Bank, BankQuestion
from ai_service.interviewing.evaluation import STORIES, Evaluations
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import Question
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.wording import load_wording

HIGH, LOW = 85, 25
CELLS = sorted(str(path.relative_to(BANK_FOLDER).with_suffix("")) for path in BANK_FOLDER.rglob("*.yaml"))
OFF_TOPIC = (
    "Last summer I walked along the coast for two weeks with my brother. The weather changed every hour, so we carried "
    "rain jackets in the morning and sat in the sun by noon. In the evenings we cooked soup on a small stove, because "
    "the villages were far apart, and I learnt that patience matters more than speed on such a trip."
)

Score = Callable[[Question, str], float | None]


@pytest.fixture(scope="module")
def score(grader: Grader) -> Iterator[Score]:
    """The score of an answer. The grammar check is left out: it takes long and is no part of a score."""
    evaluations = Evaluations(load_rubrics(), FeedbackWriter(load_wording()), model="test", grader_version="test")

    def of(question: Question, answer: str) -> float | None:
        graded = grader.grade(
            question=question.text,
            points=question.points,
            reference=question.reference_answer,
            answer=answer,
            behavioral=question.domain in STORIES,
        )
        return evaluations.of(question, graded).score

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "grammar_issues", lambda _: [])
        yield of


def _cell(bank: Bank, cell: str) -> list[BankQuestion]:
    source, difficulty = str(Path(cell).parent), Path(cell).name
    return [one for one in bank.by_source[source] if one.question.difficulty == difficulty]


def _elsewhere(bank: Bank, cell: str) -> Iterator[str]:
    """Reference answers on other subjects: of the next part of the bank."""
    sources = sorted(bank.by_source)
    other = sources[(sources.index(str(Path(cell).parent)) + 5) % len(sources)]
    while True:
        yield from (one.question.reference_answer for one in bank.by_source[other])


def _terms(question: Question) -> list[str]:
    return [
        word for point in question.points for word in re.findall(r"[A-Za-z0-9()^+/-]+", point.text) if len(word) > 3
    ]


@pytest.mark.parametrize("cell", [cell for cell in CELLS if not cell.endswith("topics")])
def test_full_answers_score_high_and_words_without_an_answer_low(bank: Bank, score: Score, cell: str) -> None:
    """One test a cell, so that the points of a question are read once."""
    elsewhere = _elsewhere(bank, cell)
    wrong: dict[tuple[str, str], float | None] = {}
    for place, entry in enumerate(_cell(bank, cell)):
        asked = entry.question.text
        attacks = {"parroted": asked, "keywords": ", ".join(_terms(entry.question)), "off topic": OFF_TOPIC}
        if place == 0:
            attacks["another answer"] = next(elsewhere)
            attacks["parroted with a preface"] = f"The question is: {asked} So that is what I would answer."
        for name, answer in attacks.items():
            given = score(entry.question, answer)
            if given is not None and given >= LOW:
                wrong[entry.question.key, name] = given
        for one in (entry.question, *entry.follow_ups):
            full = score(one, one.reference_answer)
            if full is None or full <= HIGH:
                wrong[one.key, "reference"] = full
            assert score(one, "") is None
            assert score(one, "I don't know.") is None
    assert wrong == {}
