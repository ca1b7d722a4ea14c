"""The grading of an answer: the model judges levels with quotes; what stands and what it scores is decided here."""

import asyncio
from collections.abc import Mapping, Sequence

from ai_service.grading.grade import GradedAnswer
from ai_service.interviewing.evaluation import Evaluations
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import (
    Domain,
    Evaluation,
    EvaluationStatus,
    InterviewContext,
    NotAssessableReason,
    Provenance,
    SubmittedAnswer,
    Turn,
)
from ai_service.interviewing.llm_engine.candidate import role_data
from ai_service.interviewing.llm_engine.evidence import Evidence, Sample
from ai_service.interviewing.llm_engine.prompts import load_prompts
from ai_service.interviewing.llm_engine.replies import EvaluationDraft
from ai_service.interviewing.llm_engine.samples import consensus
from ai_service.interviewing.llm_engine.spending import Spending
from ai_service.interviewing.rubric import Rubric
from ai_service.llm.asking import Asking
from ai_service.llm.budget import Budget
from ai_service.llm.chat import Message
from ai_service.llm.prompts import as_list

ENGINE = "openai"
# Raised whenever what becomes of a model's judgement changes, so that scores are compared only with their like.
GRADER_VERSION = "1.1"
# Deterministic guards of the built-in grader that hold before a model. It judges other languages better than a guard.
_GUARDED = frozenset({NotAssessableReason.EMPTY, NotAssessableReason.DECLINED, NotAssessableReason.UNINTELLIGIBLE})
# Gradings that were all the same would say nothing about their spread.
_TEMPERATURE_OF_SAMPLES = 0.7


class LlmEvaluations:
    """Grades answers with `samples` gradings each."""

    def __init__(
        self,
        asking: Asking,
        rubrics: Mapping[Domain, Rubric],
        feedback: FeedbackWriter,
        spending: Spending,
    ) -> None:
        self._asking = asking
        self._rubrics = rubrics
        self._spending = spending
        self._prompt = load_prompts()["evaluation"]
        self._unscored = Evaluations(
            rubrics, feedback, engine=ENGINE, model=asking.model_name, grader_version=GRADER_VERSION
        )

    async def of(
        self, context: InterviewContext, submitted: SubmittedAnswer, graded: GradedAnswer, turns: Sequence[Turn]
    ) -> Evaluation:
        """The evaluation of an answer, of which `graded` is the built-in grader's reading.

        Raises `ModelFault` when any of the gradings fails: no other number of gradings and no other grader takes
        their place.
        """
        question = submitted.question
        reason = _guarded(graded)
        if reason is not None:
            return self._unscored.not_assessable(question, graded, reason)
        rubric = self._rubrics[question.domain]
        evidence = Evidence(question, submitted.answer, rubric, instructions=self._prompt.secret_words)
        budget = self._spending.for_grading(context, submitted, turns)
        agreed = consensus(
            rubric, question, await self._samples(self._messages(context, submitted, rubric), evidence, budget)
        )
        if agreed.score is None:
            return self._unscored.not_assessable(question, graded, NotAssessableReason.UNSUPPORTED_GRADE)
        return Evaluation(
            status=EvaluationStatus.SCORED,
            score=agreed.score,
            not_assessable_reason=None,
            criteria=agreed.criteria,
            points=agreed.points,
            delivery=graded.delivery,
            strengths=agreed.typical.strengths,
            improvements=agreed.typical.improvements,
            feedback=agreed.typical.feedback,
            provenance=Provenance(
                ENGINE, self._asking.model_name, rubric.name, rubric.version, self._prompt.version, GRADER_VERSION
            ),
            confidence=agreed.confidence,
            samples=self._spending.samples,
        )

    async def _samples(self, messages: Sequence[Message], evidence: Evidence, budget: Budget) -> list[Sample]:
        several = self._spending.samples > 1

        async def grade() -> Sample:
            asked = await self._asking.ask(
                "evaluation",
                messages,
                EvaluationDraft,
                budget=budget,
                check=evidence.problems,
                temperature=_TEMPERATURE_OF_SAMPLES if several else 0.0,
            )
            return evidence.sample(asked.reply)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(grade()) for _ in range(self._spending.samples)]
        except ExceptionGroup as failed:  # one failure has cancelled the others
            raise failed.exceptions[0] from None
        return [task.result() for task in tasks]

    def _messages(self, context: InterviewContext, submitted: SubmittedAnswer, rubric: Rubric) -> Sequence[Message]:
        question = submitted.question
        return self._prompt.messages(
            {
                **role_data(context),
                "question": question.text,
                "expected_points": as_list({point.id: point.text for point in question.points}),
                "reference_answer": question.reference_answer,
                "answer": submitted.answer,
            },
            rubric="\n".join(_described(rubric)),
        )


def _guarded(graded: GradedAnswer) -> NotAssessableReason | None:
    for reason in _GUARDED:
        if graded.assessability.value == reason.value:
            return reason
    return None


def _described(rubric: Rubric) -> list[str]:
    lines = []
    for criterion in rubric.criteria:
        lines.append(f"{criterion.id} ({criterion.title})")
        lines.extend(f"  {rank}: {level.description}" for rank, level in enumerate(criterion.levels))
    return lines
