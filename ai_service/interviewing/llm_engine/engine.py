"""The engine with a language model: it proposes words and judgements, the service decides and computes."""

from collections.abc import Sequence

from ai_service.grading.grade import GradedAnswer
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.composition import load_composition
from ai_service.interviewing.evaluation import STORIES
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import (
    ChosenQuestion,
    Evaluation,
    InterviewContext,
    Report,
    SubmittedAnswer,
    Turn,
)
from ai_service.interviewing.llm_engine.evaluations import ENGINE, LlmEvaluations
from ai_service.interviewing.llm_engine.questions import LlmQuestions
from ai_service.interviewing.llm_engine.reports import LlmReports
from ai_service.interviewing.llm_engine.spending import Spending
from ai_service.interviewing.questions import Questions
from ai_service.interviewing.report import Reports
from ai_service.interviewing.rubric import load_rubrics
from ai_service.interviewing.wording import load_wording
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking
from ai_service.llm.budget import Allowance


class LlmEngine:
    """An `Engine`. The built-in grader guards what cannot be graded and measures the delivery, in the workers."""

    def __init__(
        self, asking: Asking, grader: Grader, workers: Workers, bank: Bank, *, samples: int, allowance: Allowance
    ) -> None:
        """`samples` gradings of each answer, and `allowance` for a whole interview.

        Raises `ResourceError` when a data file cannot be used.
        """
        wording = load_wording()
        spending = Spending(allowance, asking.max_output_tokens, samples)
        self._grader = grader
        self._workers = workers
        self._questions = LlmQuestions(asking, Questions(bank, load_composition()), bank, grader, workers, spending)
        self._evaluations = LlmEvaluations(asking, load_rubrics(), FeedbackWriter(wording), spending)
        self._reports = LlmReports(asking, Reports(bank, wording, engine=ENGINE), wording, spending)

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> ChosenQuestion:
        """As `Engine.next_question`; a question of the bank where the model fails, which its source says.

        Raises `BudgetSpent` when the interview has nothing left to grade another answer with.
        """
        return await self._questions.next(context, turns, seen_keys, seen_texts, follow_up_only=follow_up_only)

    async def evaluate(
        self, context: InterviewContext, submitted: SubmittedAnswer, turns: Sequence[Turn] = ()
    ) -> Evaluation:
        """As `Engine.evaluate`. What is empty, declined or no language is not assessable without asking the model."""
        graded = await self._workers.run(lambda: self._read(submitted))
        return await self._evaluations.of(context, submitted, graded, turns)

    async def report(self, context: InterviewContext, turns: Sequence[Turn]) -> Report:
        """As `Engine.report`; without the model's words where it fails, which the report says."""
        return await self._reports.of(context, turns)

    def _read(self, submitted: SubmittedAnswer) -> GradedAnswer:
        question = submitted.question
        return self._grader.grade(
            question=question.text,
            points=question.points,
            reference=question.reference_answer,
            answer=submitted.answer,
            behavioral=question.domain in STORIES,
            speech=submitted.speech,
            extra_keywords=submitted.extra_keywords,
        )
