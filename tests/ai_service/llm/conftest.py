from collections.abc import AsyncIterator

import pytest

from ai_service.llm.openai import OpenAIModel
from tests.fakes.openai_server import ScriptedOpenAI


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedOpenAI]:
    """A scripted endpoint on a free port."""
    async with ScriptedOpenAI.start() as endpoint:
        yield endpoint


@pytest.fixture
async def model(endpoint: ScriptedOpenAI) -> AsyncIterator[OpenAIModel]:
    """A client of the scripted endpoint that has learnt nothing yet."""
    model = OpenAIModel(model="scripted", api_key="sk-a-test-key", base_url=endpoint.base_url, connections=8)
    yield model
    await model.close()
