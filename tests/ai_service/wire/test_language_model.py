"""The engine with a language model behind the wire: statuses, deadlines, and no second layer that retries."""

import json
from collections.abc import AsyncIterator

import grpc
import pytest
from grpc import aio
from prometheus_client import generate_latest

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.workers import Workers
from ai_service.wire.writing import write_question
from protos.interview_engine.v1 import evaluation_pb2, question_pb2
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2
from protos.interview_engine.v1 import interview_engine_pb2_grpc as engine_grpc
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, QUESTION, Playing, draft, grading
from tests.ai_service.wire.serving import METADATA, SECONDS, Serving, context, refusal, report_request
from tests.fakes.openai_server import Answer, Request, Step, completion, error, hang

RETRYING = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{"service": "interview_engine.v1.InterviewEngineService"}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.01s",
                    "maxBackoff": "0.1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ]
    }
)


@pytest.fixture
async def playing(grader: Grader, bank: Bank) -> AsyncIterator[Playing]:
    """The engine with a language model, at a scripted endpoint."""
    async with Playing.start(grader, bank) as playing:
        yield playing


@pytest.fixture
async def served(playing: Playing) -> AsyncIterator[Serving]:
    """The engine behind gRPC."""
    async with Serving.start(Workers(threads=1, bound=1)) as serving:
        await serving.server.open(playing.engine)
        yield serving


def request(*, then_ask: bool = False) -> engine_pb2.EvaluateAnswerRequest:
    message = engine_pb2.EvaluateAnswerRequest(context=context(), question=write_question(QUESTION), answer=ANSWER)
    if then_ask:
        message.next_question.CopyFrom(engine_pb2.NextQuestionRequest(seen_keys=[QUESTION.key]))
    return message


def by_task(grade: Step, ask: Step) -> Answer:
    def answer(request: Request) -> Step:
        return grade if "You grade one answer" in request.texts("system")[0] else ask

    return answer


async def test_an_answer_is_graded_and_the_next_question_written_in_one_call(playing: Playing, served: Serving) -> None:
    playing.endpoint.answer = by_task(completion(grading(3)), completion(draft()))
    response = await served.evaluate(request(then_ask=True))
    assert response.evaluation.score == 75.0
    assert response.evaluation.provenance.engine == "openai"
    assert response.next_question.source == question_pb2.QUESTION_SOURCE_MODEL


async def test_the_spread_of_several_gradings_is_told(playing: Playing, served: Serving) -> None:
    playing.configure(samples=3)
    await served.server.open(playing.engine)
    playing.endpoint.will(completion(grading(0)), completion(grading(2)), completion(grading(3)))
    evaluation = (await served.evaluate(request())).evaluation
    assert evaluation.confidence == evaluation_pb2.GRADE_CONFIDENCE_LOW
    assert (evaluation.samples, {one.level_spread for one in evaluation.criteria}) == (3, {3})


@pytest.mark.parametrize("method", ["GenerateNextQuestion", "EvaluateAnswer"])
async def test_a_question_that_means_the_same_as_an_earlier_one_is_not_asked(
    playing: Playing, served: Serving, method: str
) -> None:
    earlier = "How would you keep an index in memory quick to read while many threads write to it at the same time?"
    playing.endpoint.answer = by_task(completion(grading(3)), completion(draft()))
    if method == "EvaluateAnswer":
        message = request(then_ask=True)
        message.next_question.seen_texts.append(earlier)
        question = (await served.evaluate(message)).next_question
    else:
        asked = engine_pb2.GenerateNextQuestionRequest(context=context(), seen_texts=[earlier])
        answered = await served.stub.GenerateNextQuestion(asked, metadata=METADATA, timeout=SECONDS)
        question = answered.question
    assert question.source == question_pb2.QUESTION_SOURCE_BANK_FALLBACK


async def test_a_low_confidence_stands_in_the_review_of_the_question(
    playing: Playing, served: Serving, bank: Bank
) -> None:
    message = report_request(bank)
    message.turns[0].evaluation.confidence = evaluation_pb2.GRADE_CONFIDENCE_LOW
    playing.endpoint.answer = lambda _: error(503)
    response = await served.stub.FinalizeInterviewReport(message, metadata=METADATA, timeout=SECONDS)
    told = [review.confidence for review in response.report.question_reviews]
    assert told[0] == evaluation_pb2.GRADE_CONFIDENCE_LOW
    assert set(told[1:]) <= {evaluation_pb2.GRADE_CONFIDENCE_UNSPECIFIED}


@pytest.mark.parametrize(
    ("step", "code", "reason"),
    [
        (error(503), grpc.StatusCode.UNAVAILABLE, "MODEL_FAILED"),
        (error(401), grpc.StatusCode.UNAVAILABLE, "MODEL_CREDENTIAL"),
        (completion("no"), grpc.StatusCode.UNAVAILABLE, "MODEL_REPLY_INVALID"),
        (error(429, code="insufficient_quota"), grpc.StatusCode.RESOURCE_EXHAUSTED, "MODEL_QUOTA_SPENT"),
    ],
)
async def test_a_failing_model_is_a_status_with_a_stable_reason(
    playing: Playing, served: Serving, step: Step, code: grpc.StatusCode, reason: str
) -> None:
    playing.endpoint.answer = lambda _: step
    refused = await refusal(served.evaluate(request()))
    assert (refused.code, refused.reason) == (code, reason)


async def test_the_wait_that_the_endpoint_asks_for_is_handed_on(playing: Playing, served: Serving) -> None:
    playing.endpoint.answer = lambda _: error(429, retry_after="120")
    refused = await refusal(served.evaluate(request()))
    assert (refused.reason, refused.details["retry_after_seconds"]) == ("MODEL_RATE_LIMITED", "120")


async def test_a_channel_that_retries_does_not_multiply_the_attempts(playing: Playing, served: Serving) -> None:
    playing.endpoint.answer = lambda _: error(503)
    async with aio.insecure_channel(served.address, options=(("grpc.service_config", RETRYING),)) as channel:
        stub = engine_grpc.InterviewEngineServiceStub(channel)
        refused = await refusal(stub.EvaluateAnswer(request(), metadata=METADATA, timeout=SECONDS))
    assert refused.reason == "MODEL_FAILED"
    assert len(playing.endpoint.requests) == 3


async def test_a_hanging_model_is_a_status_before_the_deadline(playing: Playing, served: Serving) -> None:
    playing.configure(timeout_seconds=60)
    await served.server.open(playing.engine)
    playing.endpoint.answer = lambda _: hang()
    refused = await refusal(served.stub.EvaluateAnswer(request(), metadata=METADATA, timeout=1.5))
    assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "MODEL_TIMEOUT")


async def test_a_grade_is_not_lost_when_the_next_question_hangs(playing: Playing, served: Serving) -> None:
    playing.configure(timeout_seconds=60)
    await served.server.open(playing.engine)
    playing.endpoint.answer = by_task(completion(grading(3)), hang())
    response = await served.stub.EvaluateAnswer(request(then_ask=True), metadata=METADATA, timeout=4)
    assert response.evaluation.score == 75.0
    assert response.next_question.source == question_pb2.QUESTION_SOURCE_BANK_FALLBACK


async def test_a_cancelled_call_ends_the_request_to_the_model(playing: Playing, served: Serving) -> None:
    playing.endpoint.answer = lambda _: hang()
    with pytest.raises(aio.AioRpcError):
        await served.stub.EvaluateAnswer(request(), metadata=METADATA, timeout=0.2)
    playing.endpoint.answer = lambda _: completion(grading(3))
    assert (await served.evaluate(request())).evaluation.score == 75.0


async def test_a_report_without_words_says_so(playing: Playing, served: Serving, bank: Bank) -> None:
    playing.endpoint.answer = lambda _: error(503)
    response = await served.stub.FinalizeInterviewReport(report_request(bank), metadata=METADATA, timeout=SECONDS)
    assert response.report.words_missing
    assert response.report.overall_score == 60.0


async def test_metrics_name_no_text_of_anybody(playing: Playing, served: Serving) -> None:
    playing.endpoint.answer = lambda _: completion(grading(3))
    await served.evaluate(request())
    shown = generate_latest(playing.registry).decode()
    assert 'ai_model_completion_seconds_count{mode="json_schema",outcome="ok",task="evaluation"} 1.0' in shown
    assert "hash" not in shown
