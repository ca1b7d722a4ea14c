from enum import StrEnum
from typing import Any

import pytest

from chat_service.engine import report as model
from chat_service.engine.report import REPORT, Report
from chat_service.engine.report_conversion import report
from protos.interview_engine.v1 import evaluation_pb2 as grades
from protos.interview_engine.v1 import question_pb2 as questions
from protos.interview_engine.v1 import report_pb2 as reports


@pytest.mark.parametrize(
    ("known", "enumeration"),
    [
        (model.ReadinessLevel, reports.ReadinessLevel),
        (model.ResourceType, reports.ResourceType),
        (model.Priority, reports.Priority),
    ],
)
def test_every_value_of_the_contract_is_known(known: type[StrEnum], enumeration: Any) -> None:
    specified = [name for name, number in enumeration.items() if number]
    assert len(specified) == len(known)
    assert all(any(name.endswith(f"_{one.name}") for name in specified) for one in known)


def _message() -> reports.Report:
    step = reports.NextStep(text="Read.", topic="heaps")
    return reports.Report(
        overall_score=71.5,
        assessed_answers=1,
        summary="A summary.",
        topics=[reports.TopicSummary(topic="heaps", title="Heaps", domain=questions.DOMAIN_DSA)],
        gaps=[
            reports.Finding(text="Wrong.", question_key="k", quote="it is", status=grades.POINT_STATUS_CONTRADICTED),
            reports.Finding(text="A model's own."),
        ],
        letter_grade="B",
        readiness_score=0.0,
        readiness_level=reports.READINESS_LEVEL_NOT_READY,
        roadmap=reports.Roadmap(immediate=[step], short_term=[step, step], long_term=[reports.NextStep(text="Rest.")]),
        resources=[
            reports.Resource(
                title="A book",
                type=reports.RESOURCE_TYPE_BOOK,
                url="https://example.org/",
                priority=reports.PRIORITY_LOW,
                topics=["heaps"],
            )
        ],
        question_reviews=[
            reports.QuestionReview(
                question_key="k",
                kind=questions.QUESTION_KIND_MAIN,
                difficulty=questions.DIFFICULTY_HARD,
                not_assessable_reason=grades.NOT_ASSESSABLE_REASON_DECLINED,
                points=[grades.PointResult(id="p", status=grades.POINT_STATUS_MISSED)],
            )
        ],
    )


def test_a_report_keeps_all_that_the_engine_said() -> None:
    read = report(_message())
    assert (read.letter_grade, read.readiness_score, read.readiness_level) == ("B", 0.0, model.ReadinessLevel.NOT_READY)
    assert [len(steps) for steps in (read.roadmap.immediate, read.roadmap.short_term, read.roadmap.long_term)] == [
        1,
        2,
        1,
    ]
    assert (read.roadmap.immediate[0].topic, read.roadmap.long_term[0].topic) == ("heaps", None)
    assert [(one.type, one.priority) for one in read.resources] == [(model.ResourceType.BOOK, model.Priority.LOW)]
    assert [(one.quote, one.status and one.status.value) for one in read.gaps] == [
        ("it is", "contradicted"),
        (None, None),
    ]
    (review,) = read.question_reviews
    assert (review.score, review.not_assessable_reason, review.points[0].status.value) == (None, "declined", "missed")
    assert (read.topics[0].domain, read.topics[0].score) == ("dsa", None)


def test_nothing_assessed_is_no_grade() -> None:
    read = report(reports.Report(summary="Nothing."))
    assert (read.letter_grade, read.readiness_score, read.readiness_level) == (None, None, None)


def test_a_report_survives_being_stored() -> None:
    read = report(_message())
    assert REPORT.validate_python(REPORT.dump_python(read, mode="json"), strict=False) == read


def test_words_of_another_report_change_no_number() -> None:
    stored = report(_message())
    other = report(
        reports.Report(
            overall_score=1.0,
            letter_grade="F",
            readiness_score=1.0,
            readiness_level=reports.READINESS_LEVEL_READY,
            summary="Other words.",
            gaps=[reports.Finding(text="Better said.")],
        )
    )
    merged: Report = stored.with_words_of(other)
    assert (merged.summary, [gap.text for gap in merged.gaps]) == ("Other words.", ["Better said."])
    for name in ("overall_score", "letter_grade", "readiness_score", "readiness_level", "topics", "question_reviews"):
        assert getattr(merged, name) == getattr(stored, name)
