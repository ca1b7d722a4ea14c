"""The evaluation of one answer: the grader's reading, scored by the rubric of the question's domain."""

from collections.abc import Mapping

from ai_service.grading.grade import Assessability, GradedAnswer, PointStatus
from ai_service.interviewing.feedback import FeedbackWriter
from ai_service.interviewing.interview import (
    Domain,
    Evaluation,
    EvaluationStatus,
    NotAssessableReason,
    PointResult,
    Provenance,
    Question,
)
from ai_service.interviewing.rubric import Rubric, weighted_score

ENGINE = "builtin"
# Domains whose answers are stories of the candidate's own.
STORIES = frozenset({Domain.BEHAVIORAL, Domain.HR})


class Evaluations:
    """Makes evaluations from graded answers. `engine`, `model` and `grader_version` name what graded them."""

    def __init__(
        self,
        rubrics: Mapping[Domain, Rubric],
        feedback: FeedbackWriter,
        *,
        engine: str = ENGINE,
        model: str,
        grader_version: str,
    ) -> None:
        self._rubrics = rubrics
        self._feedback = feedback
        self._engine = engine
        self._model = model
        self._grader_version = grader_version

    def of(self, question: Question, graded: GradedAnswer) -> Evaluation:
        """The evaluation of an answer to `question`: a score with its evidence, or the reason why there is none."""
        rubric = self._rubrics[question.domain]
        if graded.assessability is not Assessability.ASSESSABLE:
            return self.not_assessable(question, graded, NotAssessableReason(graded.assessability.value))
        criteria = rubric.judge(graded)
        score = weighted_score(criteria)
        feedback = self._feedback.on_scored(question, graded, score=score, told_as_story=question.domain in STORIES)
        return Evaluation(
            status=EvaluationStatus.SCORED,
            score=score,
            not_assessable_reason=None,
            criteria=criteria,
            points=tuple(
                PointResult(
                    match.point.id,
                    match.point.text,
                    match.status,
                    round(match.credit, 3),
                    None if match.status is PointStatus.MISSED else match.quote,
                )
                for match in graded.points
            ),
            delivery=graded.delivery,
            strengths=feedback.strengths,
            improvements=feedback.improvements,
            feedback=feedback.text,
            provenance=self._provenance(rubric),
        )

    def not_assessable(self, question: Question, graded: GradedAnswer, reason: NotAssessableReason) -> Evaluation:
        """The evaluation of an answer that has no score, for `reason`; of `graded` only the delivery counts."""
        rubric = self._rubrics[question.domain]
        feedback = self._feedback.on_not_assessable(question, reason)
        return Evaluation(
            status=EvaluationStatus.NOT_ASSESSABLE,
            score=None,
            not_assessable_reason=reason,
            criteria=rubric.unjudged(),
            points=tuple(PointResult(point.id, point.text, PointStatus.MISSED, 0.0, None) for point in question.points),
            delivery=graded.delivery,
            strengths=feedback.strengths,
            improvements=feedback.improvements,
            feedback=feedback.text,
            provenance=self._provenance(rubric),
        )

    def _provenance(self, rubric: Rubric) -> Provenance:
        return Provenance(self._engine, self._model, rubric.name, rubric.version, "", self._grader_version)
