from collections.abc import Callable

import pytest

from ai_service.grading.grade import GradedAnswer
from ai_service.grading.grader import Grader
from ai_service.interviewing.evaluation import STORIES
from ai_service.interviewing.interview import Question
from ai_service.interviewing.rubric import load_rubrics, weighted_score

Grade = Callable[[Question, str], GradedAnswer]
Score = Callable[[Question, str], float]


@pytest.fixture(scope="session")
def grade(grader: Grader) -> Grade:
    """Grades an answer to a question of the bank."""

    def of(question: Question, answer: str) -> GradedAnswer:
        return grader.grade(
            question=question.text,
            points=question.points,
            reference=question.reference_answer,
            answer=answer,
            behavioral=question.domain in STORIES,
        )

    return of


@pytest.fixture(scope="session")
def score(grade: Grade) -> Score:
    """The score by the domain's rubric, 0 to 100; 0 for an answer that has none."""
    rubrics = load_rubrics()

    def of(question: Question, answer: str) -> float:
        graded = grade(question, answer)
        return weighted_score(rubrics[question.domain].judge(graded)) if graded.signals else 0.0

    return of
