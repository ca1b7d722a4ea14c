"""The engine that needs no language model: the question bank, the embedding grader and the rubrics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ai_service.errors import ResourceError
from ai_service.grading.embedding import ModelMissingError
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank, load_bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.evaluation import ENGINE, STORIES, Evaluations
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import (
    ChosenQuestion,
    Evaluation,
    InterviewContext,
    Report,
    SubmittedAnswer,
    Turn,
)
from ai_service.interviewing.questions import Questions
from ai_service.interviewing.report import Reports
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.wording import load_wording
from ai_service.interviewing.workers import Workers

MODEL = "all-MiniLM-L6-v2"
# Raised whenever the same answer may get another score, so that scores are compared only with their like.
GRADER_VERSION = "1.2"


def load_grader(cache: Path) -> Grader:
    """Load the grader with its model from the folder `cache`. Raises `ResourceError` when it cannot be used."""
    try:
        return Grader.load(cache)
    except (ModelMissingError, OSError) as error:
        raise ResourceError(f"the grading model cannot be loaded: {error}") from error


class BuiltinEngine:
    """An `Engine`. Questions and reports take well under a millisecond; grading runs in the workers."""

    def __init__(self, grader: Grader, workers: Workers, bank: Bank) -> None:
        wording = load_wording()
        self._grader = grader
        self._workers = workers
        self._questions = Questions(bank, load_composition())
        self._evaluations = Evaluations(
            load_rubrics(), FeedbackWriter(wording), model=MODEL, grader_version=GRADER_VERSION
        )
        self._reports = Reports(bank, wording, engine=ENGINE)

    @classmethod
    def load(cls, cache: Path, workers: Workers) -> Self:
        """Load the model and the data files; blocks for a second or two, and longer the first time.

        Raises `ResourceError` when a file or the model cannot be used.
        """
        return cls(load_grader(cache), workers, load_bank())

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """As `Engine.next_question`."""
        chosen = self._questions.next(context, turns, seen_keys, follow_up_only=follow_up_only)
        question = chosen.question
        self._workers.offer(
            lambda: self._grader.prepare(
                question=question.text, points=question.points, reference=question.reference_answer
            )
        )
        return chosen

    async def evaluate(
        self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn] = ()
    ) -> Evaluation:
        """As `Engine.evaluate`; the context and the turns change no score."""
        return await self._workers.run(lambda: self._grade(submitted))

    async def report(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """As `Engine.report`."""
        return self._reports.of(context, turns)

    def _grade(self, submitted: SubmittedAnswer) -> Evaluation:
        question = submitted.question
        graded = self._grader.grade(
            question=question.text,
            points=question.points,
            reference=question.reference_answer,
            answer=submitted.answer,
            behavioral=question.domain in STORIES,
            speech=submitted.speech,
            extra_keywords=submitted.extra_keywords,
        )
        return self._evaluations.of(question, graded)
