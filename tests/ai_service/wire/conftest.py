from collections.abc import AsyncIterator

import pytest

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.workers import Workers
from tests.ai_service.wire.serving import Serving


@pytest.fixture(scope="module")
async def serving(grader: Grader, bank: Bank) -> AsyncIterator[Serving]:
    """A server on a free port with the real engine, two threads and a bound of eight evaluations."""
    workers = Workers(threads=2, bound=8)
    async with Serving.start(workers) as serving:
        await serving.server.open(BuiltinEngine(grader, workers, bank))
        yield serving
