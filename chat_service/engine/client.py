"""The client of ai_service: the only place that calls it."""

import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chat_service.engine import coaching, conversion, models, report_conversion, resumes, spoken_conversion
from chat_service.engine.faults import fault_of, unavailable
from chat_service.engine.report import Report
from chat_service.errors import AppError, ErrorKind
from protos.interview_engine.v1 import coaching_pb2_grpc as coaching_stubs
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from protos.interview_engine.v1 import interview_engine_pb2_grpc as stubs
from protos.interview_engine.v1 import resume_pb2_grpc as resume_stubs

_SERVICE = "interview_engine.v1.InterviewEngineService"
_RESUME_SERVICE = "interview_engine.v1.ResumeService"
_COACHING_SERVICE = "interview_engine.v1.CoachingService"
_HEALTH_SECONDS = 2.0

# One layer retries, and only what did not reach the engine: a restart of ai_service is ridden out within the deadline.
_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": _SERVICE}, {"service": _RESUME_SERVICE}, {"service": _COACHING_SERVICE}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.1s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE"],
                },
            }
        ],
    }
)

# Of every channel to ai_service.
CONNECTION_OPTIONS = (
    # Channels of one process share a connection unless told otherwise, and one connection is the bottleneck.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
)
CHANNEL_OPTIONS = (
    *CONNECTION_OPTIONS,
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    # What was sent of a resume is kept until the service answers, so that it can be sent again.
    ("grpc.per_rpc_retry_buffer_size", 12 * 1024 * 1024),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
)

_ResponseT_co = TypeVar("_ResponseT_co", covariant=True)
_RequestT_contra = TypeVar("_RequestT_contra", contravariant=True)


BUDGET_SPENT = "interview_budget_spent"
COACHING_BUDGET_SPENT = "coaching_budget_spent"


class _Method(Protocol[_RequestT_contra, _ResponseT_co]):
    def __call__(
        self, request: _RequestT_contra, *, timeout: float, metadata: Sequence[tuple[str, str]]
    ) -> Awaitable[_ResponseT_co]: ...


class QuestionsExhaustedError(Exception):
    """The engine has no question to ask."""


class InterviewEngine:
    """Questions, evaluations and reports from ai_service.

    Every call carries a deadline, the request id and the service credential. A call that fails raises UNAVAILABLE
    with the time to wait that the engine names, or a usual one; nothing is stored by it, so it can be made again. When
    the interview has used up what a language model may cost it, waiting does not help, and the call raises CONFLICT.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str,
        channels: int,
        deadline_seconds: float,
        request_id: Callable[[], str],
        in_transaction: Callable[[], bool],
    ) -> None:
        self._channels = [aio.insecure_channel(address, options=CHANNEL_OPTIONS) for _ in range(channels)]
        self._stubs = itertools.cycle([stubs.InterviewEngineServiceStub(channel) for channel in self._channels])
        self._resume_stubs = itertools.cycle([resume_stubs.ResumeServiceStub(channel) for channel in self._channels])
        self._coaching_stubs = itertools.cycle(
            [coaching_stubs.CoachingServiceStub(channel) for channel in self._channels]
        )
        self._authorization = ("authorization", f"Bearer {token}")
        self._deadline = deadline_seconds
        self._request_id = request_id
        self._in_transaction = in_transaction

    async def next_question(self, context: models.InterviewContext, history: models.History) -> models.Question:
        """The next question to ask. Raises `QuestionsExhaustedError`, or UNAVAILABLE."""
        request = calls.GenerateNextQuestionRequest(
            context=conversion.context_message(context),
            turns=conversion.past_turn_messages(history.turns),
            seen_keys=history.seen_keys,
            seen_texts=history.seen_texts,
        )
        response = await self._call(next(self._stubs).GenerateNextQuestion, request)
        return conversion.question(response.question)

    async def evaluate(
        self,
        context: models.InterviewContext,
        turn: models.Turn,
        *,
        then_ask: models.History | None,
        follow_up_only: bool = False,
    ) -> models.GradedTurn:
        """Grades `turn.answer` and, when `then_ask` is given, chooses the next question. Raises UNAVAILABLE.

        With `follow_up_only` there is a next question only where the answer is worth a follow-up.
        """
        request = calls.EvaluateAnswerRequest(
            context=conversion.context_message(context),
            question=conversion.question_message(turn.question),
            answer=turn.answer,
            speech=None if turn.spoken is None else spoken_conversion.timing_message(turn.spoken),
        )
        if then_ask is not None:
            request.next_question.CopyFrom(
                calls.NextQuestionRequest(
                    turns=conversion.past_turn_messages(then_ask.turns),
                    seen_keys=then_ask.seen_keys,
                    seen_texts=then_ask.seen_texts,
                    follow_up_only=follow_up_only,
                )
            )
        response = await self._call(next(self._stubs).EvaluateAnswer, request)
        return conversion.graded_turn(response)

    async def report(self, context: models.InterviewContext, turns: Sequence[models.Turn]) -> Report:
        """The report of a finished interview with at least one turn. Raises UNAVAILABLE."""
        request = calls.FinalizeInterviewReportRequest(
            context=conversion.context_message(context), turns=conversion.turn_messages(turns)
        )
        response = await self._call(next(self._stubs).FinalizeInterviewReport, request)
        return report_conversion.report(response.report)

    async def parse_resume(self, content: bytes) -> resumes.ParsedResume:
        """What a file says. Raises what `resumes.refused` makes of a file that cannot be read, or UNAVAILABLE."""
        response = await self._call(_parse(next(self._resume_stubs)), content)
        return resumes.parsed_resume(response.resume)

    async def coach(
        self, question: str, answer: str, framework: coaching.Framework | None
    ) -> coaching.CoachingFeedback:
        """An answer read by a framework, None for the engine's choice. Raises UNAVAILABLE."""
        request = coaching.answer_message(question, answer, framework)
        try:
            response = await self._call(next(self._coaching_stubs).AnalyzeAnswer, request)
        except AppError as error:
            raise _coaching_error(error) from error
        return coaching.feedback(response.feedback)

    async def practice_question(
        self,
        job_role: str,
        skill: str,
        difficulty: models.Difficulty,
        *,
        seen_keys: Sequence[str],
        seen_texts: Sequence[str],
    ) -> coaching.PracticeQuestion:
        """A question to practise with, not one of the seen ones (newest first) unless nothing else fits.

        Raises UNAVAILABLE.
        """
        request = coaching.wish_message(job_role, skill, difficulty, seen_keys, seen_texts)
        try:
            response = await self._call(next(self._coaching_stubs).SuggestPracticeQuestion, request)
        except AppError as error:
            raise _coaching_error(error) from error
        return coaching.practice_question(response)

    async def ping(self) -> None:
        """Raises UNAVAILABLE when ai_service does not serve."""
        stub = health_pb2_grpc.HealthStub(self._channels[0])
        try:
            answer = await stub.Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(service=_SERVICE), timeout=_HEALTH_SECONDS
            )
        except aio.AioRpcError as error:
            raise unavailable(error) from error
        if answer.status != health_pb2.HealthCheckResponse.SERVING:
            raise AppError(ErrorKind.UNAVAILABLE, "engine_unavailable", "ai_service is not ready.", retry_after=1)

    async def close(self) -> None:
        """Closes the connections."""
        for channel in self._channels:
            await channel.close()

    async def _call(self, method: _Method[_RequestT_contra, _ResponseT_co], request: _RequestT_contra) -> _ResponseT_co:
        if self._in_transaction():
            raise RuntimeError("an engine call must not be made while a database transaction is open")
        metadata = (self._authorization, ("x-request-id", self._request_id()))
        try:
            return await method(request, timeout=self._deadline, metadata=metadata)
        except aio.AioRpcError as error:
            fault = fault_of(error)
            if error.code() is grpc.StatusCode.NOT_FOUND and fault.reason == "QUESTIONS_EXHAUSTED":
                raise QuestionsExhaustedError from None
            unreadable = resumes.refused(fault.reason)
            if unreadable is not None:
                raise unreadable from None
            if error.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED}:
                raise RuntimeError(f"ai_service refused a request: {error.details()}") from error
            if fault.reason == "MODEL_BUDGET_SPENT":
                raise budget_spent() from error
            raise unavailable(error, fault.retry_after) from error


def _parse(stub: "resume_stubs.ResumeServiceAsyncStub") -> _Method[bytes, resumes.Response]:
    """The streamed call as one that takes the whole file."""

    def call(request: bytes, *, timeout: float, metadata: Sequence[tuple[str, str]]) -> Awaitable[resumes.Response]:
        chunks = resumes.chunk_messages(request)
        return stub.ParseResume(chunks, timeout=timeout, metadata=tuple(metadata))

    return call


def budget_spent() -> AppError:
    """The interview may cost a language model no more."""
    return AppError(
        ErrorKind.CONFLICT,
        BUDGET_SPENT,
        "This interview has used up what the language model may spend on one interview. What was graded is kept; "
        "end the interview to get its report.",
    )


def _coaching_error(error: AppError) -> AppError:
    """A failure of coaching, of which nothing is kept."""
    if error.reason == BUDGET_SPENT:
        return AppError(
            ErrorKind.CONFLICT,
            COACHING_BUDGET_SPENT,
            "Reading this answer would take more than the language model may spend on it. Send a shorter one.",
        )
    message = "The coach did not answer. Nothing of what you sent is kept; send it again."
    return AppError(error.kind, error.reason, message, details=error.details, retry_after=error.retry_after)
