"""Interviews as test data: contexts, turns and evaluations with only what a test says about them."""

from collections.abc import Mapping

from ai_service.grading.grade import Delivery, PointStatus, Quote
from ai_service.interviewing.interview import (
    CriterionScore,
    Difficulty,
    Domain,
    Evaluation,
    EvaluationStatus,
    InterviewContext,
    NotAssessableReason,
    PointResult,
    Provenance,
    Question,
    Turn,
)

_CREDIT = {PointStatus.COVERED: 1.0, PointStatus.PARTIAL: 0.5}


def context(
    domain: Domain = Domain.DSA,
    difficulty: Difficulty = Difficulty.MEDIUM,
    *,
    question_limit: int = 10,
    interview_id: str = "interview-1",
    job_role: str = "",
    job_description: str = "",
    focus_areas: tuple[str, ...] = (),
    skills: tuple[str, ...] = (),
) -> InterviewContext:
    return InterviewContext(
        domain,
        difficulty,
        question_limit,
        interview_id,
        job_role=job_role,
        job_description=job_description,
        focus_areas=focus_areas,
        skills=skills,
    )


def evaluation(
    question: Question,
    score: float | None,
    *,
    statuses: Mapping[str, PointStatus] | None = None,
    criteria: Mapping[str, float] | None = None,
    reason: NotAssessableReason = NotAssessableReason.DECLINED,
    rubric: str = "dsa",
    version: str = "1.0",
) -> Evaluation:
    """An evaluation with `score`, or without one for `reason`. Points are covered unless `statuses` says otherwise."""
    scored = score is not None
    points = []
    for point in question.points:
        status = (statuses or {}).get(point.id, PointStatus.COVERED) if scored else PointStatus.MISSED
        quote = None if status is PointStatus.MISSED else Quote(f"on {point.id}", 0, len(f"on {point.id}"))
        points.append(PointResult(point.id, point.text, status, _CREDIT.get(status, 0.0), quote))
    given = criteria if criteria is not None else {"completeness": score or 0.0}
    return Evaluation(
        status=EvaluationStatus.SCORED if scored else EvaluationStatus.NOT_ASSESSABLE,
        score=score,
        not_assessable_reason=None if scored else reason,
        criteria=tuple(
            CriterionScore(name, name.title(), 1 / len(given), 0 if scored else None, value if scored else None, "", ())
            for name, value in given.items()
        ),
        points=tuple(points),
        delivery=Delivery(10, 1),
        strengths=(),
        improvements=(),
        feedback="",
        provenance=Provenance("builtin", "model", rubric, version, "", "1.0"),
    )


def turn(question: Question, score: float | None = 60.0, *, statuses: Mapping[str, PointStatus] | None = None) -> Turn:
    return Turn(question, "an answer", evaluation(question, score, statuses=statuses))


def all_missed(question: Question) -> dict[str, PointStatus]:
    return {point.id: PointStatus.MISSED for point in question.points}
