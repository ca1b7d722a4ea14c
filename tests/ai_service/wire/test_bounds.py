import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc
import pytest

from ai_service.grading.grade import GradedAnswer
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.workers import Workers
from tests.ai_service.wire.serving import (
    METADATA,
    SECONDS,
    Serving,
    evaluate_request,
    next_request,
    refusal,
    until,
)


class _Counting:
    """The real grader, with the answers that reached it."""

    def __init__(self, grader: Grader) -> None:
        self._grader = grader
        self.answers: list[str] = []

    def grade(self, **asked: Any) -> GradedAnswer:
        self.answers.append(asked["answer"])
        return self._grader.grade(**asked)

    def prepare(self, **asked: Any) -> None:
        self._grader.prepare(**asked)

    def similarity(self, texts: Sequence[str]) -> Any:
        return self._grader.similarity(texts)


@pytest.fixture
def counting(grader: Grader) -> _Counting:
    return _Counting(grader)


@pytest.fixture
async def narrow(counting: _Counting, bank: Bank) -> AsyncIterator[Serving]:
    """One thread and room for three evaluations."""
    workers = Workers(threads=1, bound=3)
    async with Serving.start(workers) as serving:
        await serving.server.open(BuiltinEngine(counting, workers, bank))  # type: ignore[arg-type]
        yield serving


async def test_work_over_the_bound_is_refused_at_once(narrow: Serving, bank: Bank) -> None:
    async with narrow.occupied(1):
        waiting = [asyncio.create_task(narrow.evaluate(evaluate_request(bank))) for _ in range(2)]
        await until(lambda: narrow.workers.admitted == 3)
        refused = await refusal(narrow.evaluate(evaluate_request(bank)))
        assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.reason == "CONCURRENCY_BOUND"
        assert "AI_CONCURRENCY" in refused.message
    for served in await asyncio.gather(*waiting):
        assert served.evaluation.score > 85
    assert (await narrow.evaluate(evaluate_request(bank))).evaluation.score > 85


async def test_questions_are_chosen_while_every_thread_grades(narrow: Serving, bank: Bank) -> None:
    async with narrow.occupied(1):
        assert (await narrow.next(next_request(bank))).key


async def test_an_answer_whose_deadline_passed_in_the_queue_is_never_graded(
    narrow: Serving, bank: Bank, counting: _Counting
) -> None:
    async with narrow.occupied(1):
        late = narrow.stub.EvaluateAnswer(evaluate_request(bank), metadata=METADATA, timeout=0.2)
        assert (await refusal(late)).code is grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: narrow.workers.admitted == 1)
    assert counting.answers == []


async def test_an_answer_whose_call_was_cancelled_in_the_queue_is_never_graded(
    narrow: Serving, bank: Bank, counting: _Counting
) -> None:
    async with narrow.occupied(1):
        call = narrow.stub.EvaluateAnswer(evaluate_request(bank), metadata=METADATA, timeout=SECONDS)
        waiting = asyncio.ensure_future(call)
        await until(lambda: narrow.workers.admitted == 2)
        call.cancel()
        await until(lambda: narrow.workers.admitted == 1)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert counting.answers == []


async def test_many_answers_at_once_are_all_graded_or_refused(narrow: Serving, bank: Bank) -> None:
    results = await asyncio.gather(
        *(narrow.evaluate(evaluate_request(bank)) for _ in range(20)), return_exceptions=True
    )
    codes = {result.code() for result in results if isinstance(result, grpc.aio.AioRpcError)}
    graded = [result for result in results if not isinstance(result, BaseException)]
    assert codes <= {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert len(graded) >= 3
    await until(lambda: narrow.workers.admitted == 0)


async def test_a_draining_server_finishes_what_it_began_and_takes_no_more(narrow: Serving, bank: Bank) -> None:
    async with narrow.occupied(1):
        begun = asyncio.create_task(narrow.evaluate(evaluate_request(bank)))
        await until(lambda: narrow.workers.admitted == 2)
        draining = asyncio.create_task(narrow.server.drain(SECONDS))
        await asyncio.sleep(0)
        refused = await refusal(narrow.evaluate(evaluate_request(bank)))
        assert (refused.code, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")
        assert not begun.done()
    assert (await begun).evaluation.score > 85
    await draining


async def test_a_drain_ends_with_its_grace_though_a_call_goes_on(narrow: Serving, bank: Bank) -> None:
    async with narrow.occupied(1):
        begun = asyncio.create_task(narrow.evaluate(evaluate_request(bank)))
        await until(lambda: narrow.workers.admitted == 2)
        await narrow.server.drain(0.1)
        assert (await refusal(begun)).code in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
