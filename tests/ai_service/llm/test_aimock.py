"""The engine against a third party's OpenAI-compatible server: the protocol as somebody else understands it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ai_service.errors import ModelFault
from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.interview import Evaluation, QuestionSource, SubmittedAnswer
from ai_service.interviewing.llm_engine.engine import LlmEngine
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking, Limits
from ai_service.llm.budget import Allowance
from ai_service.llm.metrics import ModelMetrics
from ai_service.llm.openai import OpenAIModel
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, QUESTION, draft, grading
from tests.ai_service.interviews import context
from tests.fakes.aimock import aimock

GRADE = "Grade the answer"
ASK = "Write the next question"

Fixtures = Sequence[dict[str, Any]]
Run = Callable[..., AbstractAsyncContextManager[LlmEngine]]


def fixture(response: Any, user: str = GRADE, **match: Any) -> dict[str, Any]:
    return {"match": {"userMessage": user, **match}, "response": response}


@pytest.fixture
def run(grader: Grader, bank: Bank, tmp_path: Path) -> Run:
    """Starts the third party's server with its fixtures and options, and gives an engine that asks it."""

    @asynccontextmanager
    async def start(fixtures: Fixtures, *options: str) -> AsyncIterator[LlmEngine]:
        async with aimock(tmp_path, fixtures, *options) as base_url:
            model = OpenAIModel(model="some-model", api_key="sk-a-test-key", base_url=base_url, connections=4)
            asking = Asking(model, Limits(5.0, 3, 1000, 8), ModelMetrics(CollectorRegistry()))
            workers = Workers(threads=1, bound=8)
            yield LlmEngine(asking, grader, workers, bank, samples=1, allowance=Allowance(1_000_000))
            workers.close()
            await model.close()

    return start


async def grade(engine: LlmEngine) -> Evaluation:
    return await engine.evaluate(context(), SubmittedAnswer(QUESTION, ANSWER))


async def test_an_answer_is_graded_by_json_schema(run: Run) -> None:
    async with run([fixture({"content": grading(3)}, responseFormat="json_schema")]) as engine:
        assert (await grade(engine)).score == 75.0


async def test_a_question_is_written(run: Run) -> None:
    async with run([fixture({"content": draft()}, ASK)]) as engine:
        chosen = await engine.next_question(context(), (), ())
    assert (chosen.question.source, chosen.question.text) == (QuestionSource.MODEL, draft()["question"])


async def test_a_server_without_json_schema_is_asked_for_a_json_object(run: Run) -> None:
    refusal = {"error": {"message": "response_format json_schema is unavailable", "type": "invalid_request_error"}}
    fixtures = [
        fixture({**refusal, "status": 400}, responseFormat="json_schema"),
        fixture({"content": grading(2)}, responseFormat="json_object"),
    ]
    async with run(fixtures) as engine:
        assert (await grade(engine)).score == 50.0


async def test_a_server_that_wraps_json_in_words_is_read(run: Run) -> None:
    refusal = {"error": {"message": "response_format is unavailable", "type": "invalid_request_error"}, "status": 400}
    fixtures = [
        fixture(refusal, responseFormat="json_schema"),
        fixture(refusal, responseFormat="json_object"),
        fixture({"content": f"Here is my grading:\n```json\n{json.dumps(grading(1))}\n```"}),
    ]
    async with run(fixtures) as engine:
        assert (await grade(engine)).score == 25.0


async def test_an_invented_quote_is_repaired_in_the_same_conversation(run: Run) -> None:
    fixtures = [
        fixture({"content": grading(3)}, "does not stand in the answer", turnIndex=1),
        fixture({"content": grading(3, quotes=["Robin Hood hashing"])}, turnIndex=0),
    ]
    async with run(fixtures) as engine:
        assert (await grade(engine)).score == 75.0


async def test_a_reply_that_was_cut_off_is_asked_for_again(run: Run) -> None:
    fixtures = [
        fixture({"content": grading(3)}, "cut off", turnIndex=1),
        fixture({"content": '{"criteria": [', "finishReason": "length"}, turnIndex=0),
    ]
    async with run(fixtures) as engine:
        assert (await grade(engine)).score == 75.0


async def test_a_rate_limit_is_waited_for(run: Run) -> None:
    limited = {"error": {"message": "Slow down", "type": "rate_limit_error"}, "status": 429, "retryAfter": 0}
    fixtures = [fixture(limited, sequenceIndex=0), fixture({"content": grading(3)})]
    async with run(fixtures) as engine:
        assert (await grade(engine)).score == 75.0


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ({"error": {"message": "Bad key", "type": "authentication_error"}, "status": 401}, "MODEL_CREDENTIAL"),
        ({"error": {"message": "No such model", "type": "not_found"}, "status": 404}, "MODEL_NOT_FOUND"),
        ({"error": {"message": "Overloaded", "type": "server_error"}, "status": 503}, "MODEL_FAILED"),
        ({"content": "I would rather not."}, "MODEL_REPLY_INVALID"),
        ({"content": "", "finishReason": "content_filter"}, "MODEL_CONTENT_FILTER"),
    ],
)
async def test_a_failure_grades_nothing_and_a_question_comes_from_the_bank(
    run: Run, response: dict[str, Any], reason: str
) -> None:
    async with run([fixture(response, user) for user in (GRADE, ASK, "cannot be used")]) as engine:
        with pytest.raises(ModelFault) as caught:
            await grade(engine)
        chosen = await engine.next_question(context(), (), ())
    assert caught.value.reason == reason
    assert (chosen.question.source, reason in chosen.rationale) == (QuestionSource.BANK_FALLBACK, True)


@pytest.mark.parametrize(
    ("chaos", "reasons"),
    [
        ("--chaos-drop", {"MODEL_FAILED"}),
        ("--chaos-malformed", {"MODEL_PROTOCOL"}),
        ("--chaos-disconnect", {"MODEL_UNREACHABLE"}),
        ("--chaos-ratelimit", {"MODEL_RATE_LIMITED"}),
    ],
)
async def test_chaos_grades_nothing(run: Run, chaos: str, reasons: set[str]) -> None:
    async with run([fixture({"content": grading(3)})], chaos, "1") as engine:
        with pytest.raises(ModelFault) as caught:
            await grade(engine)
    assert caught.value.reason in reasons
