"""Reports written as messages."""

from collections.abc import Sequence

from ai_service.interviewing.interview import (
    CriterionSummary,
    Finding,
    NextStep,
    QuestionReview,
    Recommendation,
    Report,
    Roadmap,
    TopicSummary,
)
from ai_service.wire import names
from ai_service.wire.writing import write_point, write_provenance
from protos.interview_engine.v1 import report_pb2


def write_report(report: Report) -> report_pb2.Report:
    """The report of an interview."""
    standing = report.standing
    return report_pb2.Report(
        overall_score=report.overall_score,
        assessed_answers=report.assessed_answers,
        not_assessable_answers=report.not_assessable_answers,
        criteria=[_write_criterion(criterion) for criterion in report.criteria],
        topics=[_write_topic(topic) for topic in report.topics],
        strengths=[_write_finding(finding) for finding in report.strengths],
        gaps=[_write_finding(finding) for finding in report.gaps],
        next_steps=_write_steps(report.next_steps),
        summary=report.summary,
        provenance=write_provenance(report.provenance),
        words_missing=report.words_missing,
        letter_grade=standing.letter_grade if standing else "",
        readiness_score=standing.readiness_score if standing else None,
        readiness_level=names.READINESS_NUMBERS[standing.readiness_level] if standing else None,  # type: ignore[arg-type]
        roadmap=_write_roadmap(report.roadmap),
        resources=[_write_resource(resource) for resource in report.resources],
        question_reviews=[_write_review(review) for review in report.question_reviews],
    )


def _write_criterion(criterion: CriterionSummary) -> report_pb2.CriterionSummary:
    return report_pb2.CriterionSummary(
        id=criterion.id,
        title=criterion.title,
        weight=criterion.weight,
        score=criterion.score,
        assessed_answers=criterion.assessed_answers,
    )


def _write_topic(topic: TopicSummary) -> report_pb2.TopicSummary:
    return report_pb2.TopicSummary(
        topic=topic.topic,
        title=topic.title,
        score=topic.score,
        assessed_answers=topic.assessed_answers,
        missed_points=topic.missed_points,
        domain=names.DOMAIN_NUMBERS[topic.domain],  # type: ignore[arg-type]
    )


def _write_finding(finding: Finding) -> report_pb2.Finding:
    return report_pb2.Finding(
        text=finding.text,
        topic=finding.topic,
        question_key=finding.question_key,
        quote=finding.quote,
        status=names.POINT_STATUS_NUMBERS[finding.status] if finding.status else None,  # type: ignore[arg-type]
    )


def _write_steps(steps: Sequence[NextStep]) -> list[report_pb2.NextStep]:
    return [report_pb2.NextStep(text=step.text, topic=step.topic) for step in steps]


def _write_roadmap(roadmap: Roadmap) -> report_pb2.Roadmap:
    return report_pb2.Roadmap(
        immediate=_write_steps(roadmap.immediate),
        short_term=_write_steps(roadmap.short_term),
        long_term=_write_steps(roadmap.long_term),
    )


def _write_resource(resource: Recommendation) -> report_pb2.Resource:
    return report_pb2.Resource(
        title=resource.title,
        type=names.RESOURCE_TYPE_NUMBERS[resource.type],  # type: ignore[arg-type]
        description=resource.description,
        url=resource.url,
        priority=names.PRIORITY_NUMBERS[resource.priority],  # type: ignore[arg-type]
        topics=resource.topics,
    )


def _write_review(review: QuestionReview) -> report_pb2.QuestionReview:
    question, reason, confidence = review.question, review.not_assessable_reason, review.confidence
    return report_pb2.QuestionReview(
        question_key=question.key,
        question=question.text,
        kind=names.KIND_NUMBERS[question.kind],  # type: ignore[arg-type]
        difficulty=names.DIFFICULTY_NUMBERS[question.difficulty],  # type: ignore[arg-type]
        topic=question.topic,
        topic_title=question.topic_title,
        score=review.score,
        not_assessable_reason=names.REASON_NUMBERS[reason] if reason else None,  # type: ignore[arg-type]
        points=[write_point(point) for point in review.points],
        full_answer=review.full_answer,
        delivery_notes=review.delivery_notes,
        confidence=names.CONFIDENCE_NUMBERS[confidence] if confidence else None,  # type: ignore[arg-type]
    )
