"""The report of the engine's message in the chat service's own classes."""

from collections.abc import Iterable

from chat_service.engine import report as model
from chat_service.engine.conversion import (
    CONFIDENCE_OF,
    DIFFICULTY_OF,
    DOMAIN_OF,
    KIND_OF,
    POINT_STATUS_OF,
    REASON_OF,
    point_result,
    provenance_of,
)
from protos.interview_engine.v1 import report_pb2 as reports

_READINESS_OF = {reports.ReadinessLevel.Value(f"READINESS_LEVEL_{one.name}"): one for one in model.ReadinessLevel}
_TYPE_OF = {reports.ResourceType.Value(f"RESOURCE_TYPE_{one.name}"): one for one in model.ResourceType}
_PRIORITY_OF = {reports.Priority.Value(f"PRIORITY_{one.name}"): one for one in model.Priority}


def report(message: reports.Report) -> model.Report:
    """The report of a message. Raises KeyError for an enum value that this build does not know."""
    return model.Report(
        overall_score=message.overall_score if message.HasField("overall_score") else None,
        assessed_answers=message.assessed_answers,
        not_assessable_answers=message.not_assessable_answers,
        criteria=tuple(_criterion(one) for one in message.criteria),
        topics=tuple(_topic(one) for one in message.topics),
        strengths=tuple(_finding(one) for one in message.strengths),
        gaps=tuple(_finding(one) for one in message.gaps),
        next_steps=_steps(message.next_steps),
        summary=message.summary,
        provenance=provenance_of(message.provenance) if message.HasField("provenance") else None,
        words_missing=message.words_missing,
        letter_grade=message.letter_grade or None,
        readiness_score=message.readiness_score if message.HasField("readiness_score") else None,
        readiness_level=_READINESS_OF.get(message.readiness_level),
        roadmap=model.Roadmap(
            immediate=_steps(message.roadmap.immediate),
            short_term=_steps(message.roadmap.short_term),
            long_term=_steps(message.roadmap.long_term),
        ),
        resources=tuple(_resource(one) for one in message.resources),
        question_reviews=tuple(_review(one) for one in message.question_reviews),
    )


def _criterion(message: reports.CriterionSummary) -> model.CriterionSummary:
    return model.CriterionSummary(
        name=message.id,
        title=message.title,
        weight=message.weight,
        score=message.score if message.HasField("score") else None,
        assessed_answers=message.assessed_answers,
    )


def _topic(message: reports.TopicSummary) -> model.TopicSummary:
    return model.TopicSummary(
        topic=message.topic,
        title=message.title,
        score=message.score if message.HasField("score") else None,
        assessed_answers=message.assessed_answers,
        missed_points=tuple(message.missed_points),
        domain=DOMAIN_OF.get(message.domain),
    )


def _finding(message: reports.Finding) -> model.Finding:
    return model.Finding(
        text=message.text,
        topic=message.topic or None,
        question_key=message.question_key or None,
        quote=message.quote or None,
        status=POINT_STATUS_OF.get(message.status),
    )


def _steps(messages: Iterable[reports.NextStep]) -> tuple[model.NextStep, ...]:
    return tuple(model.NextStep(one.text, one.topic or None) for one in messages)


def _resource(message: reports.Resource) -> model.Resource:
    return model.Resource(
        title=message.title,
        type=_TYPE_OF[message.type],
        description=message.description,
        url=message.url,
        priority=_PRIORITY_OF[message.priority],
        topics=tuple(message.topics),
    )


def _review(message: reports.QuestionReview) -> model.QuestionReview:
    return model.QuestionReview(
        question_key=message.question_key,
        question=message.question,
        kind=KIND_OF[message.kind],
        difficulty=DIFFICULTY_OF[message.difficulty],
        topic=message.topic,
        topic_title=message.topic_title,
        score=message.score if message.HasField("score") else None,
        not_assessable_reason=REASON_OF.get(message.not_assessable_reason),
        points=tuple(point_result(one) for one in message.points),
        full_answer=message.full_answer,
        delivery_notes=tuple(message.delivery_notes),
        confidence=CONFIDENCE_OF.get(message.confidence),
    )
