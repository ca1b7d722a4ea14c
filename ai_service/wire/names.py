"""The protocol's enumerations beside the domain's."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from ai_service.interviewing.interview import (
    Difficulty,
    Domain,
    EvaluationStatus,
    GradeConfidence,
    NotAssessableReason,
    PointStatus,
    Priority,
    QuestionKind,
    QuestionSource,
    ReadinessLevel,
    ResourceType,
)
from protos.interview_engine.v1 import evaluation_pb2, question_pb2, report_pb2

E = TypeVar("E", bound=StrEnum)


def numbers(members: type[E], prefix: str, values: Mapping[str, int]) -> dict[E, int]:
    return {member: values[f"{prefix}_{member.name}"] for member in members}


def _by_number(numbers: Mapping[E, int]) -> dict[int, E]:
    return {number: member for member, number in numbers.items()}


DOMAIN_NUMBERS = numbers(Domain, "DOMAIN", dict(question_pb2.Domain.items()))
DIFFICULTY_NUMBERS = numbers(Difficulty, "DIFFICULTY", dict(question_pb2.Difficulty.items()))
KIND_NUMBERS = numbers(QuestionKind, "QUESTION_KIND", dict(question_pb2.QuestionKind.items()))
SOURCE_NUMBERS = numbers(QuestionSource, "QUESTION_SOURCE", dict(question_pb2.QuestionSource.items()))
STATUS_NUMBERS = numbers(EvaluationStatus, "EVALUATION_STATUS", dict(evaluation_pb2.EvaluationStatus.items()))
REASON_NUMBERS = numbers(NotAssessableReason, "NOT_ASSESSABLE_REASON", dict(evaluation_pb2.NotAssessableReason.items()))
POINT_STATUS_NUMBERS = numbers(PointStatus, "POINT_STATUS", dict(evaluation_pb2.PointStatus.items()))
CONFIDENCE_NUMBERS = numbers(GradeConfidence, "GRADE_CONFIDENCE", dict(evaluation_pb2.GradeConfidence.items()))
READINESS_NUMBERS = numbers(ReadinessLevel, "READINESS_LEVEL", dict(report_pb2.ReadinessLevel.items()))
RESOURCE_TYPE_NUMBERS = numbers(ResourceType, "RESOURCE_TYPE", dict(report_pb2.ResourceType.items()))
PRIORITY_NUMBERS = numbers(Priority, "PRIORITY", dict(report_pb2.Priority.items()))

DOMAINS = _by_number(DOMAIN_NUMBERS)
DIFFICULTIES = _by_number(DIFFICULTY_NUMBERS)
KINDS = _by_number(KIND_NUMBERS)
SOURCES = _by_number(SOURCE_NUMBERS)
STATUSES = _by_number(STATUS_NUMBERS)
REASONS = _by_number(REASON_NUMBERS)
POINT_STATUSES = _by_number(POINT_STATUS_NUMBERS)
CONFIDENCES = _by_number(CONFIDENCE_NUMBERS)
