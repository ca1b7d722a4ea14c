"""The client of ai_service: the only place that calls it."""

import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from chat_service.engine import conversion, models, report_conversion
from chat_service.engine.report import Report
from chat_service.errors import AppError, ErrorKind
from protos.interview_engine.v1 import interview_engine_pb2 as calls
from protos.interview_engine.v1 import interview_engine_pb2_grpc as stubs

_SERVICE = "interview_engine.v1.InterviewEngineService"
_HEALTH_SECONDS = 2.0

# One layer retries, and only what did not reach the engine: a restart of ai_service is ridden out within the deadline.
_SERVICE_CONFIG = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{"service": _SERVICE}],
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

_CHANNEL_OPTIONS = (
    ("grpc.service_config", _SERVICE_CONFIG),
    ("grpc.enable_retries", 1),
    # Channels of one process share a connection unless told otherwise, and one connection is the bottleneck.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
)

_WAIT_SECONDS = {grpc.StatusCode.RESOURCE_EXHAUSTED: 5.0}
_LONGEST_WAIT_SECONDS = 3600.0
_ResponseT_co = TypeVar("_ResponseT_co", covariant=True)
_RequestT_contra = TypeVar("_RequestT_contra", contravariant=True)


BUDGET_SPENT = "interview_budget_spent"


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
        self._channels = [aio.insecure_channel(address, options=_CHANNEL_OPTIONS) for _ in range(channels)]
        self._stubs = itertools.cycle([stubs.InterviewEngineServiceStub(channel) for channel in self._channels])
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
        self, context: models.InterviewContext, turn: models.Turn, *, then_ask: models.History | None
    ) -> models.GradedTurn:
        """Grades `turn.answer` and, when `then_ask` is given, chooses the next question. Raises UNAVAILABLE."""
        request = calls.EvaluateAnswerRequest(
            context=conversion.context_message(context),
            question=conversion.question_message(turn.question),
            answer=turn.answer,
        )
        if then_ask is not None:
            request.next_question.CopyFrom(
                calls.NextQuestionRequest(
                    turns=conversion.past_turn_messages(then_ask.turns),
                    seen_keys=then_ask.seen_keys,
                    seen_texts=then_ask.seen_texts,
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

    async def ping(self) -> None:
        """Raises UNAVAILABLE when ai_service does not serve."""
        stub = health_pb2_grpc.HealthStub(self._channels[0])
        try:
            answer = await stub.Check(  # type: ignore[attr-defined]
                health_pb2.HealthCheckRequest(service=_SERVICE), timeout=_HEALTH_SECONDS
            )
        except aio.AioRpcError as error:
            raise _unavailable(error) from error
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
            fault = _fault(error)
            if error.code() is grpc.StatusCode.NOT_FOUND and fault.reason == "QUESTIONS_EXHAUSTED":
                raise QuestionsExhaustedError from None
            if error.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED}:
                raise RuntimeError(f"ai_service refused a request: {error.details()}") from error
            if fault.reason == "MODEL_BUDGET_SPENT":
                raise budget_spent() from error
            raise _unavailable(error, fault.retry_after) from error


def budget_spent() -> AppError:
    """The interview may cost a language model no more."""
    return AppError(
        ErrorKind.CONFLICT,
        BUDGET_SPENT,
        "This interview has used up what the language model may spend on one interview. What was graded is kept; "
        "end the interview to get its report.",
    )


@dataclass(frozen=True, slots=True)
class _Fault:
    """What ai_service says of a failure: its stable reason, and the seconds to wait where it knows them."""

    reason: str | None = None
    retry_after: float | None = None


def _fault(error: aio.AioRpcError) -> _Fault:
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
    except ValueError:  # details that contradict the status: somebody between the services
        return _Fault()
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return _Fault(str(info.reason), _seconds(info.metadata.get("retry_after_seconds", "")))
    return _Fault()


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isascii() and text.isdecimal() else None


def _unavailable(error: aio.AioRpcError, retry_after: float | None = None) -> AppError:
    slow = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return AppError(
        ErrorKind.UNAVAILABLE,
        "engine_timeout" if slow else "engine_unavailable",
        "The interview engine did not answer in time. What you sent is kept; send it again to go on."
        if slow
        else "The interview engine cannot be reached just now. What you sent is kept; send it again to go on.",
        details={"cause": error.code().name},
        retry_after=_WAIT_SECONDS.get(error.code(), 2.0) if retry_after is None else retry_after,
    )
