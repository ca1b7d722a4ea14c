"""A running server with a client, and requests that are right until a test changes them."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Domain
from ai_service.interviewing.workers import Workers
from ai_service.wire.metrics import Metrics
from ai_service.wire.server import EngineServer
from ai_service.wire.writing import write_question
from protos.interview_engine.v1 import evaluation_pb2, question_pb2
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2
from protos.interview_engine.v1 import interview_engine_pb2_grpc as engine_grpc

TOKEN = "a-credential-of-thirty-two-letters-or-more"
METADATA = (("authorization", f"Bearer {TOKEN}"), ("x-request-id", "request-1"))
SECONDS = 20.0


@dataclass
class Serving:
    """A server at `address`, a channel to it, and its workers."""

    server: EngineServer
    channel: aio.Channel
    workers: Workers
    metrics: Metrics
    address: str

    @classmethod
    @asynccontextmanager
    async def start(cls, workers: Workers) -> AsyncIterator[Self]:
        """A server that is bound and not open yet."""
        metrics = Metrics()
        server = EngineServer("127.0.0.1:0", TOKEN, metrics)
        port = await server.start()
        address = f"127.0.0.1:{port}"
        async with aio.insecure_channel(address) as channel:
            yield cls(server, channel, workers, metrics, address)
            await server.drain(0)
        workers.close()

    @property
    def stub(self) -> "engine_grpc.InterviewEngineServiceAsyncStub":
        """The engine's client."""
        return engine_grpc.InterviewEngineServiceStub(self.channel)

    async def next(self, request: engine_pb2.GenerateNextQuestionRequest) -> question_pb2.Question:
        """The next question, by the right credential."""
        response = await self.stub.GenerateNextQuestion(request, metadata=METADATA, timeout=SECONDS)
        return response.question

    async def evaluate(self, request: engine_pb2.EvaluateAnswerRequest) -> engine_pb2.EvaluateAnswerResponse:
        """The grade, by the right credential."""
        return await self.stub.EvaluateAnswer(request, metadata=METADATA, timeout=SECONDS)

    @asynccontextmanager
    async def occupied(self, threads: int) -> AsyncIterator[None]:
        """Every thread of the workers is busy inside; free again outside."""
        free = threading.Event()
        tasks = [asyncio.create_task(self.workers.run(lambda: free.wait(SECONDS))) for _ in range(threads)]
        await until(lambda: self.workers.admitted == threads)
        try:
            yield
        finally:
            free.set()
            for task in tasks:
                await task


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return when the condition holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        await asyncio.sleep(0.005)


@dataclass
class Refusal:
    """What a failed call tells its caller."""

    code: grpc.StatusCode
    message: str
    reason: str
    details: dict[str, str]
    fields: list[str]


async def refusal(call: Awaitable[Any]) -> Refusal:
    """The refusal of a call that must fail."""
    with pytest.raises(aio.AioRpcError) as caught:
        await call
    error = caught.value
    info = error_details_pb2.ErrorInfo()
    bad = error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad)
    fields = [violation.field for violation in bad.field_violations]
    return Refusal(error.code(), error.details() or "", info.reason, dict(info.metadata), fields)


def context(
    domain: "question_pb2.Domain.ValueType" = question_pb2.DOMAIN_DSA, **fields: Any
) -> question_pb2.InterviewContext:
    message = question_pb2.InterviewContext(
        domain=domain,
        difficulty=question_pb2.DIFFICULTY_MEDIUM,
        question_limit=10,
        interview_id="interview-1",
    )
    message.MergeFrom(question_pb2.InterviewContext(**fields))
    return message


def bank_question(bank: Bank, domain: Domain = Domain.DSA, place: int = 0) -> question_pb2.Question:
    return write_question(bank.by_domain[domain][place].question)


def next_request(bank: Bank) -> engine_pb2.GenerateNextQuestionRequest:
    """With one main question and a follow-up on it as turns."""
    entry = bank.by_domain[Domain.DSA][0]
    return engine_pb2.GenerateNextQuestionRequest(
        context=context(),
        turns=[
            question_pb2.Turn(question=write_question(entry.question), evaluation=recorded_evaluation()),
            question_pb2.Turn(question=write_question(entry.follow_ups[0]), evaluation=recorded_evaluation()),
        ],
        seen_keys=[entry.question.key, entry.follow_ups[0].key],
    )


def evaluate_request(bank: Bank, answer: str = "", domain: Domain = Domain.DSA) -> engine_pb2.EvaluateAnswerRequest:
    """With the first reference answer of the domain unless another answer is given; the next question is asked for."""
    question = bank_question(bank, domain)
    return engine_pb2.EvaluateAnswerRequest(
        context=context(),
        question=question,
        answer=answer or question.reference_answer,
        next_question=engine_pb2.NextQuestionRequest(seen_keys=[question.key]),
    )


def report_request(bank: Bank) -> engine_pb2.FinalizeInterviewReportRequest:
    return engine_pb2.FinalizeInterviewReportRequest(context=context(), turns=next_request(bank).turns)


def recorded_evaluation(score: float = 60.0) -> evaluation_pb2.Evaluation:
    quote = evaluation_pb2.Quote(text="a quote", start=3, end=10)
    return evaluation_pb2.Evaluation(
        status=evaluation_pb2.EVALUATION_STATUS_SCORED,
        score=score,
        criteria=[
            evaluation_pb2.Criterion(
                id="completeness", title="Completeness", weight=1.0, level=2, score=score, evidence=[quote]
            )
        ],
        points=[
            evaluation_pb2.PointResult(
                id="a-point",
                text="A point that was made.",
                status=evaluation_pb2.POINT_STATUS_COVERED,
                credit=1.0,
                quote=quote,
            )
        ],
        delivery=evaluation_pb2.Delivery(word_count=10, sentence_count=1),
        provenance=evaluation_pb2.Provenance(engine="builtin", rubric="dsa", rubric_version="1.0"),
    )
