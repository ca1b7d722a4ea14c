import math
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from ai_service.interviewing.bank import Bank
from protos.interview_engine.v1 import evaluation_pb2, question_pb2
from protos.interview_engine.v1.speech_pb2 import SpokenWord
from tests.ai_service.wire.serving import (
    METADATA,
    SECONDS,
    Refusal,
    Serving,
    evaluate_request,
    next_request,
    refusal,
    report_request,
)

Change = Callable[[Any], object]


def _assign(path: str, value: Any) -> Change:
    """Set a field; `turns.0.question.key` is `request.turns[0].question.key`."""

    def change(request: Any) -> None:
        *parents, field = path.split(".")
        for parent in parents:
            request = request[int(parent)] if parent.isdecimal() else getattr(request, parent)
        if field.isdecimal():
            request[int(field)] = value
        else:
            setattr(request, field, value)

    return change


def _extend(path: str, values: list[Any]) -> Change:
    def change(request: Any) -> None:
        for name in path.split("."):
            request = request[int(name)] if name.isdecimal() else getattr(request, name)
        request.extend(values)

    return change


def _spoken(*words: SpokenWord) -> Change:
    def change(request: Any) -> None:
        request.speech.duration_seconds = 1.0
        request.speech.words.extend(words)

    return change


def _clear(path: str) -> Change:
    def change(request: Any) -> None:
        *parents, field = path.split(".")
        for parent in parents:
            request = request[int(parent)] if parent.isdecimal() else getattr(request, parent)
        request.ClearField(field)

    return change


CONTEXT: list[tuple[str, Change]] = [
    ("context.domain", _clear("context")),
    ("context.domain", _assign("context.domain", 0)),
    ("context.domain", _assign("context.domain", 99)),
    ("context.difficulty", _assign("context.difficulty", 0)),
    ("context.difficulty", _assign("context.difficulty", 5)),
    ("context.question_limit", _assign("context.question_limit", 0)),
    ("context.question_limit", _assign("context.question_limit", 51)),
    ("context.question_limit", _assign("context.question_limit", -1)),
    ("context.interview_id", _assign("context.interview_id", "x" * 201)),
    ("context.job_role", _assign("context.job_role", "x" * 201)),
    ("context.job_description", _assign("context.job_description", "x" * 10_001)),
    ("context.focus_areas", _extend("context.focus_areas", ["graphs"] * 21)),
    ("context.focus_areas[1]", _extend("context.focus_areas", ["graphs", " "])),
    ("context.focus_areas[0]", _extend("context.focus_areas", ["x" * 201])),
    ("context.skills", _extend("context.skills", ["python"] * 51)),
    ("context.skills[0]", _extend("context.skills", ["x" * 201])),
    ("context.experience_level", _assign("context.experience_level", "x" * 201)),
    ("context.target_company", _assign("context.target_company", "x" * 201)),
    ("context.years_experience", _assign("context.years_experience", -0.5)),
    ("context.years_experience", _assign("context.years_experience", 80.5)),
    ("context.years_experience", _assign("context.years_experience", math.nan)),
    ("context.years_experience", _assign("context.years_experience", math.inf)),
]

TURNS: list[tuple[str, Change]] = [
    ("turns[0].question", _clear("turns.0.question")),
    ("turns[0].question.key", _assign("turns.0.question.key", "")),
    ("turns[0].question.key", _assign("turns.0.question.key", "x" * 201)),
    ("turns[0].question.kind", _assign("turns.0.question.kind", 0)),
    ("turns[0].question.kind", _assign("turns.0.question.kind", 3)),
    ("turns[0].question.difficulty", _assign("turns.0.question.difficulty", 0)),
    ("turns[0].question.domain", _assign("turns.0.question.domain", 77)),
    ("turns[0].question.parent_key", _assign("turns.0.question.parent_key", "dsa-x")),
    ("turns[0].question.probed_point_id", _assign("turns.0.question.probed_point_id", "a")),
    ("turns[1].question.parent_key", _assign("turns.1.question.parent_key", "")),
    ("turns[1].question.probed_point_id", _assign("turns.1.question.probed_point_id", "")),
    ("turns[1].question.text", _assign("turns.1.question.text", "x" * 20_001)),
    ("turns[1].question.topic", _assign("turns.1.question.topic", "x" * 201)),
    ("turns[1].question.topic_title", _assign("turns.1.question.topic_title", "x" * 201)),
    ("turns[0].answer", _assign("turns.0.answer", "x" * 20_001)),
    ("turns[0].evaluation.status", _assign("turns.0.evaluation.status", 0)),
    ("turns[0].evaluation.score", _clear("turns.0.evaluation.score")),
    ("turns[0].evaluation.score", _assign("turns.0.evaluation.score", 100.1)),
    ("turns[0].evaluation.score", _assign("turns.0.evaluation.score", math.nan)),
    (
        "turns[0].evaluation.score",
        _assign("turns.0.evaluation.status", evaluation_pb2.EVALUATION_STATUS_NOT_ASSESSABLE),
    ),
    ("turns[0].evaluation.criteria[0].id", _assign("turns.0.evaluation.criteria.0.id", "")),
    ("turns[0].evaluation.criteria[0].title", _assign("turns.0.evaluation.criteria.0.title", "x" * 201)),
    ("turns[0].evaluation.criteria[0].weight", _assign("turns.0.evaluation.criteria.0.weight", 1.5)),
    ("turns[0].evaluation.criteria[0].level", _assign("turns.0.evaluation.criteria.0.level", 5)),
    ("turns[0].evaluation.criteria[0].score", _assign("turns.0.evaluation.criteria.0.score", -1.0)),
    (
        "turns[0].evaluation.criteria[0].evidence[0].start",
        _assign("turns.0.evaluation.criteria.0.evidence.0.start", -1),
    ),
    ("turns[0].evaluation.points[0].id", _assign("turns.0.evaluation.points.0.id", "")),
    ("turns[0].evaluation.points[0].text", _assign("turns.0.evaluation.points.0.text", "x" * 20_001)),
    ("turns[0].evaluation.points[0].status", _assign("turns.0.evaluation.points.0.status", 0)),
    ("turns[0].evaluation.points[0].credit", _assign("turns.0.evaluation.points.0.credit", 1.01)),
    ("turns[0].evaluation.points[0].quote.end", _assign("turns.0.evaluation.points.0.quote.end", 99)),
]

SEEN: list[tuple[str, Change]] = [
    ("seen_keys[2]", _extend("seen_keys", [""])),
    ("seen_keys[2]", _extend("seen_keys", ["x" * 201])),
    ("seen_texts", _extend("seen_texts", ["What is a heap?"] * 51)),
    ("seen_texts[1]", _extend("seen_texts", ["What is a heap?", " "])),
    ("seen_texts[0]", _extend("seen_texts", ["x" * 1_001])),
]

QUESTION: list[tuple[str, Change]] = [
    ("question", _clear("question")),
    ("question.key", _assign("question.key", " ")),
    ("question.text", _assign("question.text", "")),
    ("question.text", _assign("question.text", "x" * 20_001)),
    ("question.kind", _assign("question.kind", 0)),
    ("question.parent_key", _assign("question.parent_key", "dsa-x")),
    ("question.parent_key", _assign("question.kind", question_pb2.QUESTION_KIND_FOLLOW_UP)),
    ("question.domain", _assign("question.domain", 0)),
    ("question.difficulty", _assign("question.difficulty", 0)),
    ("question.points", _clear("question.points")),
    (
        "question.points",
        _extend("question.points", [question_pb2.ExpectedPoint(id=f"p{n}", text="More.") for n in range(8)]),
    ),
    ("question.points[0].id", _assign("question.points.0.id", "")),
    ("question.points[1].id", lambda request: _same_ids(request.question)),
    ("question.points[0].text", _assign("question.points.0.text", "")),
    ("question.points[0].phrasings", _extend("question.points.0.phrasings", ["Another way."] * 7)),
    ("question.points[0].phrasings[0]", _assign("question.points.0.phrasings.0", "")),
    ("question.points[0].weight", _assign("question.points.0.weight", 4)),
    ("question.points[0].weight", _assign("question.points.0.weight", -1)),
    ("question.reference_answer", _assign("question.reference_answer", "x" * 20_001)),
    ("question.time_limit_seconds", _assign("question.time_limit_seconds", 29)),
    ("question.time_limit_seconds", _assign("question.time_limit_seconds", 3601)),
    ("question.source", _assign("question.source", 0)),
]

ANSWER: list[tuple[str, Change]] = [
    ("answer", _assign("answer", "x" * 20_001)),
    ("speech.duration_seconds", _assign("speech.duration_seconds", 0.0)),
    ("speech.duration_seconds", _assign("speech.duration_seconds", -2.0)),
    ("speech.duration_seconds", _assign("speech.duration_seconds", math.nan)),
    ("speech.duration_seconds", _assign("speech.duration_seconds", 1e9)),
    ("speech.words[0].start", _spoken(SpokenWord(text="a", start=-1.0))),
    ("speech.words[0].end", _spoken(SpokenWord(text="a", start=2.0, end=1.0))),
    ("speech.words[1].end", _spoken(SpokenWord(text="a"), SpokenWord(text="a", end=math.nan))),
    ("speech.words[0].text", _spoken(SpokenWord(text="a" * 201))),
    ("speech.words", _spoken(*[SpokenWord(text="a")] * 20_001)),
    ("extra_keywords", _extend("extra_keywords", ["cache"] * 51)),
    ("extra_keywords[0]", _extend("extra_keywords", [""])),
    ("next_question.seen_keys[1]", _extend("next_question.seen_keys", [""])),
    ("next_question.seen_texts[0]", _extend("next_question.seen_texts", ["x" * 1_001])),
    ("next_question.turns[0].question", _extend("next_question.turns", [question_pb2.Turn()])),
]

REPORT: list[tuple[str, Change]] = [
    (
        "turns[0].evaluation.not_assessable_reason",
        lambda request: request.turns[0].evaluation.CopyFrom(
            evaluation_pb2.Evaluation(status=evaluation_pb2.EVALUATION_STATUS_NOT_ASSESSABLE)
        ),
    ),
    ("turns[0].evaluation", _clear("turns.0.evaluation")),
    (
        "turns[0].evaluation.delivery.words_per_minute",
        _assign("turns.0.evaluation.delivery.words_per_minute", -1.0),
    ),
    (
        "turns[0].evaluation.delivery.spoken.pause_seconds",
        _assign("turns.0.evaluation.delivery.spoken.pause_seconds", -1.0),
    ),
    ("turns[0].evaluation.delivery.confidence", _assign("turns.0.evaluation.delivery.confidence", math.nan)),
    ("turns[1].question.domain", _clear("turns.1.question.domain")),
]


def _same_ids(question: Any) -> None:
    question.points[1].id = question.points[0].id


def _cases(*groups: list[tuple[str, Change]]) -> pytest.MarkDecorator:
    cases = [case for group in groups for case in group]
    return pytest.mark.parametrize(
        ("field", "change"), cases, ids=[f"{number}-{field}" for number, (field, _) in enumerate(cases)]
    )


def _assert_names(refused: Refusal, field: str) -> None:
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.reason == "INVALID_FIELD"
    assert refused.fields == [field]
    assert refused.details["field"] == field
    assert refused.message.startswith(f"{field}: ")
    assert len(refused.message) < 300


@_cases(CONTEXT, TURNS, SEEN)
async def test_next_question_refuses_the_field(serving: Serving, bank: Bank, field: str, change: Change) -> None:
    request = next_request(bank)
    change(request)
    call = serving.stub.GenerateNextQuestion(request, metadata=METADATA, timeout=SECONDS)
    _assert_names(await refusal(call), field)


@_cases(CONTEXT, QUESTION, ANSWER)
async def test_evaluate_refuses_the_field(serving: Serving, bank: Bank, field: str, change: Change) -> None:
    request = evaluate_request(bank)
    change(request)
    call = serving.stub.EvaluateAnswer(request, metadata=METADATA, timeout=SECONDS)
    _assert_names(await refusal(call), field)


@_cases(CONTEXT, TURNS, REPORT)
async def test_report_refuses_the_field(serving: Serving, bank: Bank, field: str, change: Change) -> None:
    request = report_request(bank)
    change(request)
    call = serving.stub.FinalizeInterviewReport(request, metadata=METADATA, timeout=SECONDS)
    _assert_names(await refusal(call), field)


async def test_texts_at_their_limit_are_taken(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    request.context.job_role = "é" * 200
    request.context.job_description = "語" * 10_000
    request.context.focus_areas.extend(["graphs"] * 20)
    request.context.skills.extend(["python"] * 50)
    request.context.years_experience = 80
    request.context.question_limit = 50
    request.answer = (request.answer + " 🙂")[:20_000].ljust(20_000, "🙂")
    request.extra_keywords.extend(["cache"] * 50)
    request.question.points[0].weight = 0
    response = await serving.evaluate(request)
    assert response.HasField("evaluation")
