from collections.abc import Awaitable, Sequence
from typing import NoReturn

import grpc
import pytest
import structlog
from grpc import aio
from structlog.testing import capture_logs

from ai_service.errors import FaultKind
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import InterviewContext, Turn
from ai_service.interviewing.workers import Workers
from ai_service.wire.faults import CODES
from tests.ai_service.wire.serving import (
    METADATA,
    SECONDS,
    TOKEN,
    Serving,
    evaluate_request,
    next_request,
    refusal,
    report_request,
)

SECRET = "a detail that nobody outside may see"


class _Defective(BuiltinEngine):
    """Fails in a way that nobody expected."""

    async def next_question(
        self,
        context: InterviewContext,
        turns: Sequence[Turn],
        seen_keys: Sequence[str],
        seen_texts: Sequence[str] = (),
        *,
        follow_up_only: bool = False,
    ) -> NoReturn:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    "credential",
    [
        None,
        "",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"bearer  {TOKEN}",
        "Bearer",
        f"Basic {TOKEN}",
    ],
)
async def test_a_call_without_the_credential_is_refused(serving: Serving, bank: Bank, credential: str | None) -> None:
    metadata = [("x-request-id", "request-1")]
    if credential is not None:
        metadata.append(("authorization", credential))
    for call in (
        serving.stub.GenerateNextQuestion(next_request(bank), metadata=metadata, timeout=SECONDS),
        serving.stub.EvaluateAnswer(evaluate_request(bank), metadata=metadata, timeout=SECONDS),
        serving.stub.FinalizeInterviewReport(report_request(bank), metadata=metadata, timeout=SECONDS),
    ):
        refused = await refusal(call)
        assert refused.code is grpc.StatusCode.UNAUTHENTICATED
        assert refused.reason == "SERVICE_CREDENTIAL"
        assert TOKEN not in refused.message


async def test_a_wrong_credential_is_refused_before_the_request_is_judged(serving: Serving, bank: Bank) -> None:
    request = next_request(bank)
    request.ClearField("context")
    refused = await refusal(serving.stub.GenerateNextQuestion(request, timeout=SECONDS))
    assert refused.code is grpc.StatusCode.UNAUTHENTICATED


async def test_an_unexpected_failure_tells_only_the_request_id(grader: Grader, bank: Bank) -> None:
    workers = Workers(threads=1, bound=2)
    async with Serving.start(workers) as serving:
        await serving.server.open(_Defective(grader, workers, bank))
        call = serving.stub.GenerateNextQuestion(next_request(bank), metadata=METADATA, timeout=SECONDS)
        with capture_logs() as lines:
            refused = await refusal(call)
    assert [line["event"] for line in lines] == ["defect", "call"]
    assert refused.code is grpc.StatusCode.INTERNAL
    assert refused.reason == "DEFECT"
    assert refused.details["request_id"] == "request-1"
    assert "request-1" in refused.message
    assert SECRET not in refused.message + str(refused.details)
    assert "RuntimeError" not in refused.message


@pytest.mark.parametrize("odd", [None, "", "two words", "x" * 129, "<script>"])
async def test_a_missing_or_odd_request_id_is_replaced(serving: Serving, bank: Bank, odd: str | None) -> None:
    request = next_request(bank)
    request.context.question_limit = 0
    metadata = [METADATA[0]]
    if odd is not None:
        metadata.append(("x-request-id", odd))
    refused = await refusal(serving.stub.GenerateNextQuestion(request, metadata=metadata, timeout=SECONDS))
    assert len(refused.details["request_id"]) == 32
    assert refused.details["request_id"] != odd


async def test_before_its_engine_is_loaded_calls_are_told_to_come_again(bank: Bank) -> None:
    async with Serving.start(Workers(threads=1, bound=1)) as serving:
        call = serving.stub.GenerateNextQuestion(next_request(bank), metadata=METADATA, timeout=SECONDS)
        refused = await refusal(call)
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "STARTING")


def _raw_call(serving: Serving, method: str, raw: bytes, *, credential: bool = True) -> Awaitable[bytes]:
    path = f"/interview_engine.v1.InterviewEngineService/{method}"
    call: aio.UnaryUnaryMultiCallable[bytes, bytes] = serving.channel.unary_unary(path)
    return call(raw, metadata=METADATA if credential else None, timeout=SECONDS)


async def test_an_unknown_method_is_unimplemented(serving: Serving) -> None:
    assert (await refusal(_raw_call(serving, "Sing", b""))).code is grpc.StatusCode.UNIMPLEMENTED


async def test_bytes_that_are_no_message_are_an_invalid_argument(serving: Serving) -> None:
    refused = await refusal(_raw_call(serving, "EvaluateAnswer", b"\xff\xff\xff"))
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_MESSAGE")
    stranger = await refusal(_raw_call(serving, "EvaluateAnswer", b"\xff\xff\xff", credential=False))
    assert stranger.code is grpc.StatusCode.UNAUTHENTICATED


def test_every_kind_of_fault_has_a_code() -> None:
    assert set(CODES) == set(FaultKind)
    assert len(set(CODES.values())) == len(CODES)


async def test_calls_are_counted_by_method_and_code(serving: Serving, bank: Bank) -> None:
    counted = {
        ("ai_call_seconds_count", "OK"): 0.0,
        ("ai_call_seconds_count", "UNAUTHENTICATED"): 0.0,
        ("ai_evaluations_total", None): 0.0,
    }

    def count(name: str, code: str | None) -> float:
        labels = {"status": "scored"} if code is None else {"method": "EvaluateAnswer", "code": code}
        return serving.metrics.registry.get_sample_value(name, labels) or 0.0

    for name, code in counted:
        counted[name, code] = count(name, code)
    await serving.evaluate(evaluate_request(bank))
    await refusal(serving.stub.EvaluateAnswer(evaluate_request(bank), timeout=SECONDS))
    assert {key: count(*key) - before for key, before in counted.items()} == dict.fromkeys(counted, 1.0)


async def test_a_call_leaves_one_line_with_its_request_id_and_no_answer(serving: Serving, bank: Bank) -> None:
    request = evaluate_request(bank)
    with capture_logs([structlog.contextvars.merge_contextvars]) as lines:
        await serving.evaluate(request)
    calls = [line for line in lines if line["event"] == "call"]
    assert len(calls) == 1
    assert calls[0]["method"] == "EvaluateAnswer"
    assert calls[0]["code"] == "OK"
    assert calls[0]["request_id"] == "request-1"
    assert request.answer[:40] not in str(lines)
