import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.interview import Domain
from ai_service.interviewing.workers import Workers
from tests.ai_service.interviews import context


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(threads=1, bound=1)
    yield workers
    workers.close()


class _Preparing:
    """Stands for a grader; `prepared` is done with the text of the question that it was given."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.prepared: asyncio.Future[str] = self._loop.create_future()

    def prepare(self, *, question: str, **_: object) -> None:
        self._loop.call_soon_threadsafe(self.prepared.set_result, question)


async def test_a_chosen_question_is_read_before_its_answer_comes(workers: Workers, bank: Bank) -> None:
    grader = _Preparing()
    engine = BuiltinEngine(grader, workers, bank)  # type: ignore[arg-type]
    chosen = await engine.next_question(context(Domain.DSA), (), ())
    assert await grader.prepared == chosen.question.text


async def test_an_offered_job_takes_no_place_from_the_others(workers: Workers) -> None:
    leave = threading.Event()
    workers.offer(leave.wait)
    waiting = asyncio.create_task(workers.run(lambda: "graded"))
    leave.set()
    assert await waiting == "graded"


async def test_an_offered_job_is_passed_over_while_others_run(workers: Workers) -> None:
    leave = threading.Event()
    ran: list[str] = []
    waiting = asyncio.create_task(workers.run(leave.wait))
    await asyncio.sleep(0)
    workers.offer(lambda: ran.append("offered"))
    leave.set()
    await waiting
    await workers.run(lambda: None)
    assert ran == []


async def test_the_failure_of_an_offered_job_leaves_the_workers_at_work(workers: Workers) -> None:
    def fail() -> None:
        raise ValueError("nobody waits for it")

    workers.offer(fail)
    assert await workers.run(lambda: "graded") == "graded"
