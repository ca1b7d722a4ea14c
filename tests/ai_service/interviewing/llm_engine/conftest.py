from collections.abc import AsyncIterator

import pytest

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from tests.ai_service.interviewing.llm_engine.playing import Playing


@pytest.fixture
async def playing(grader: Grader, bank: Bank) -> AsyncIterator[Playing]:
    """The engine with a language model, at a scripted endpoint."""
    async with Playing.start(grader, bank) as playing:
        yield playing
