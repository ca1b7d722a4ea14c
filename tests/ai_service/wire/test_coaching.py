"""CoachingService over gRPC, with the real coach."""

from typing import Any

import grpc
import pytest

from ai_service.coaching.builtin import BuiltinCoach
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.workers import Workers
from protos.interview_engine.v1 import coaching_pb2, coaching_pb2_grpc, question_pb2
from tests.ai_service.wire.serving import METADATA, SECONDS, Serving, refusal

QUESTION = "Tell me about a time you faced a difficult technical challenge."
ANSWER = (
    "I once had to optimize a database query that was taking several minutes to run. I analyzed the query execution "
    "plan, identified bottlenecks, and created appropriate indexes. This reduced the query time to under a second."
)


@pytest.fixture
async def coached(serving: Serving, grader: Grader, bank: Bank) -> Serving:
    """The server with a coach."""
    engine = BuiltinEngine(grader, serving.workers, bank)
    await serving.server.open(engine, coach=BuiltinCoach(grader, serving.workers, bank))
    return serving


async def analyze(serving: Serving, **fields: Any) -> coaching_pb2.CoachingFeedback:
    stub: Any = coaching_pb2_grpc.CoachingServiceStub(serving.channel)
    request = coaching_pb2.AnalyzeAnswerRequest(**{"question": QUESTION, "answer": ANSWER, **fields})
    response = await stub.AnalyzeAnswer(request, metadata=METADATA, timeout=SECONDS)
    feedback: coaching_pb2.CoachingFeedback = response.feedback
    return feedback


async def suggest(serving: Serving, **fields: Any) -> coaching_pb2.SuggestPracticeQuestionResponse:
    stub: Any = coaching_pb2_grpc.CoachingServiceStub(serving.channel)
    request = coaching_pb2.SuggestPracticeQuestionRequest(
        **{"skill": "SQL", "difficulty": question_pb2.DIFFICULTY_HARD, **fields}
    )
    reply: coaching_pb2.SuggestPracticeQuestionResponse = await stub.SuggestPracticeQuestion(
        request, metadata=METADATA, timeout=SECONDS
    )
    return reply


async def test_an_answer_is_read_and_its_quotes_stand_in_it(coached: Serving) -> None:
    feedback = await analyze(coached, framework=coaching_pb2.FRAMEWORK_STAR)
    partially, well = coaching_pb2.ELEMENT_STATUS_PARTIALLY, coaching_pb2.ELEMENT_STATUS_WELL
    assert [(one.id, one.status) for one in feedback.elements] == [
        ("situation", partially),
        ("task", partially),
        ("action", well),
        ("result", partially),
    ]
    assert all(ANSWER[quote.start : quote.end] == quote.text for one in feedback.elements for quote in one.quotes)
    assert not feedback.framework_chosen
    assert feedback.delivery.word_count == 36
    assert feedback.provenance.engine == "builtin"


@pytest.mark.parametrize("name", ["STAR", "CAR", "PAR", "SOAR", "PREP"])
async def test_every_framework_is_served(coached: Serving, name: str) -> None:
    number = coaching_pb2.Framework.Value(f"FRAMEWORK_{name}")
    feedback = await analyze(coached, framework=number)
    assert feedback.framework == number
    assert feedback.framework_title.startswith(name)


async def test_an_empty_answer_has_a_reason_and_no_verdicts(coached: Serving) -> None:
    feedback = await analyze(coached, answer="")
    assert feedback.framework_chosen
    assert feedback.not_coachable_reason == coaching_pb2.NOT_COACHABLE_REASON_EMPTY
    assert {one.status for one in feedback.elements} == {coaching_pb2.ELEMENT_STATUS_UNSPECIFIED}


async def test_a_practice_question_comes_with_its_points(coached: Serving) -> None:
    found = await suggest(coached)
    assert found.match == coaching_pb2.PRACTICE_MATCH_SKILL
    assert found.question.points
    assert found.structure
    other = await suggest(coached, seen_keys=[found.question.key])
    assert other.question.key != found.question.key


@pytest.mark.parametrize(
    ("call", "fields", "field"),
    [
        (analyze, {"question": " "}, "question"),
        (analyze, {"question": "q" * 2_001}, "question"),
        (analyze, {"answer": "a" * 20_001}, "answer"),
        (analyze, {"framework": 77}, "framework"),
        (suggest, {"skill": ""}, "skill"),
        (suggest, {"skill": "s" * 201}, "skill"),
        (suggest, {"difficulty": 0}, "difficulty"),
        (suggest, {"seen_keys": [""]}, "seen_keys[0]"),
    ],
)
async def test_a_wrong_field_is_named(coached: Serving, call: Any, fields: dict[str, Any], field: str) -> None:
    refused = await refusal(call(coached, **fields))
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


async def test_coaching_is_unavailable_without_a_coach() -> None:
    async with Serving.start(Workers(threads=1, bound=1)) as serving:
        refused = await refusal(analyze(serving))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "STARTING")


async def test_no_more_is_read_at_once_than_the_bound_admits(coached: Serving) -> None:
    async with coached.occupied(8):
        assert (await refusal(analyze(coached))).code is grpc.StatusCode.RESOURCE_EXHAUSTED
