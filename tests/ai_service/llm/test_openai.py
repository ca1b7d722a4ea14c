import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ai_service.errors import FaultKind
from ai_service.llm.bounded_http import MOST_REPLY_BYTES
from ai_service.llm.chat import ChatFailure, ReplyMode
from ai_service.llm.openai import OpenAIModel
from tests.ai_service.llm.talking import MESSAGES, RED, say
from tests.fakes.openai_server import (
    ScriptedOpenAI,
    Step,
    completion,
    drip,
    error,
    flood,
    hang,
    html,
    raw,
    reset,
)

MEGABYTE = 1024 * 1024


async def failure(model: OpenAIModel, timeout_seconds: float = 5.0) -> ChatFailure:
    with pytest.raises(ChatFailure) as caught:
        await say(model, timeout_seconds=timeout_seconds)
    return caught.value


async def test_a_completion_comes_with_its_text_mode_and_usage(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(completion(RED, usage=(120, 7)))
    reply = await say(model)
    assert (json.loads(reply.text), reply.mode, reply.truncated) == (RED, ReplyMode.JSON_SCHEMA, False)
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (120, 7)


async def test_the_request_holds_the_schema_strictly_and_the_bounds(
    endpoint: ScriptedOpenAI, model: OpenAIModel
) -> None:
    endpoint.will(completion(RED))
    await say(model)
    (request,) = endpoint.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-a-test-key"
    assert request.headers["accept-encoding"] == "identity"
    given = request.body["response_format"]["json_schema"]
    assert given["strict"] is True
    assert given["schema"] == {
        "type": "object",
        "description": "What the task asks for.",
        "properties": {"colour": {"type": "string"}, "strength": {"type": "integer"}},
        "required": ["colour", "strength"],
        "additionalProperties": False,
    }
    assert (request.body["max_tokens"], request.body["temperature"]) == (300, 0.0)
    assert [message["role"] for message in request.body["messages"]] == ["system", "user"]


@pytest.mark.parametrize(
    ("refused", "mode"), [({"json_schema"}, "json_object"), ({"json_schema", "json_object"}, "text")]
)
async def test_a_refused_mode_is_left_for_the_next_and_remembered(
    endpoint: ScriptedOpenAI, model: OpenAIModel, refused: set[str], mode: str
) -> None:
    endpoint.refused_modes = refused
    endpoint.will(completion(RED), completion(RED))
    first, second = await say(model), await say(model)
    assert first.mode == second.mode == model.mode == mode
    assert [request.mode for request in endpoint.requests].count(mode) == 2
    assert len(endpoint.requests) == 2 + len(refused)
    told = endpoint.requests[-1].texts("system")[0]
    assert told.startswith(MESSAGES[0].content)
    assert '"additionalProperties": false' in told
    assert MESSAGES[1].content not in told


async def test_parameters_that_an_endpoint_refuses_are_left_out(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.refused_words = {
        "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
        "temperature": "Unsupported value: 'temperature' does not support 0 with this model.",
    }
    endpoint.will(completion(RED), completion(RED))
    await say(model)
    await say(model)
    assert len(endpoint.requests) == 4
    assert endpoint.requests[-1].body["max_completion_tokens"] == 300
    assert not {"temperature", "max_tokens"} & set(endpoint.requests[-1].body)


async def test_an_endpoint_that_refuses_everything_is_asked_five_times_at_most(
    endpoint: ScriptedOpenAI, model: OpenAIModel
) -> None:
    endpoint.answer = lambda _: error(400, "response_format, json_schema, max_tokens and temperature are wrong")
    assert (await failure(model)).reason == "MODEL_REQUEST_REFUSED"
    assert len(endpoint.requests) <= 5


async def test_a_400_about_something_else_changes_no_mode(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(error(400, "this model's maximum context length is 8192 tokens"))
    failed = await failure(model)
    assert (failed.reason, failed.again) == ("MODEL_REQUEST_REFUSED", False)
    assert model.mode is ReplyMode.JSON_SCHEMA
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("step", "reason", "again"),
    [
        (completion(None, refusal="I cannot help with that."), "MODEL_REFUSED", False),
        (completion("", finish_reason="content_filter"), "MODEL_CONTENT_FILTER", False),
        (completion(""), "MODEL_EMPTY_REPLY", True),
        (completion(None), "MODEL_EMPTY_REPLY", True),
        (raw(b'{"choices": []}'), "MODEL_EMPTY_REPLY", True),
        (raw(b'{"choices": null}'), "MODEL_PROTOCOL", True),
        (raw(b'{"choices": [{"message": {"content": 7}}]}'), "MODEL_PROTOCOL", True),
        (raw(b'{"choices": [{"mess'), "MODEL_PROTOCOL", True),
        (raw(b"[" * 100_000), "MODEL_PROTOCOL", True),
        (raw(b"\xff\xfe\x00"), "MODEL_PROTOCOL", True),
        (raw(b""), "MODEL_PROTOCOL", True),
        (html(200), "MODEL_PROTOCOL", True),
        (html(502), "MODEL_FAILED", True),
        (error(500), "MODEL_FAILED", True),
        (error(503), "MODEL_FAILED", True),
        (error(408), "MODEL_FAILED", True),
        (error(401), "MODEL_CREDENTIAL", False),
        (error(403), "MODEL_FORBIDDEN", False),
        (error(404), "MODEL_NOT_FOUND", False),
        (error(413), "MODEL_REQUEST_REFUSED", False),
        (error(429), "MODEL_RATE_LIMITED", True),
        (error(429, code="insufficient_quota"), "MODEL_QUOTA_SPENT", False),
        (raw(b"", status=307, location="http://127.0.0.1:9/v1/chat/completions"), "MODEL_PROTOCOL", False),
        (reset(), "MODEL_UNREACHABLE", True),
        (reset(after=b'{"choices": ['), "MODEL_UNREACHABLE", True),
        (flood(10 * MEGABYTE, declared=True), "MODEL_REPLY_TOO_LARGE", False),
        (flood(10 * MEGABYTE, declared=False), "MODEL_REPLY_TOO_LARGE", False),
        (flood(10 * MEGABYTE, declared=False, status=500), "MODEL_REPLY_TOO_LARGE", False),
        (raw(b"\x1f\x8b", content_encoding="gzip"), "MODEL_REPLY_TOO_LARGE", False),
    ],
)
async def test_each_fault_has_its_reason(
    endpoint: ScriptedOpenAI, model: OpenAIModel, step: Step, reason: str, again: bool
) -> None:
    endpoint.will(step)
    failed = await failure(model)
    assert (failed.reason, failed.again) == (reason, again)
    assert len(endpoint.requests) == 1
    spent = {"MODEL_RATE_LIMITED", "MODEL_QUOTA_SPENT"}
    assert failed.kind is (FaultKind.RESOURCE_EXHAUSTED if reason in spent else FaultKind.UNAVAILABLE)
    endpoint.will(completion(RED))
    assert json.loads((await say(model)).text) == RED, "the client works on"


@pytest.mark.parametrize("step", [hang(), drip()], ids=["hang", "drip"])
async def test_time_is_bounded_in_all(endpoint: ScriptedOpenAI, model: OpenAIModel, step: Step) -> None:
    endpoint.will(step)
    async with asyncio.timeout(10):
        failed = await failure(model, timeout_seconds=0.3)
    assert (failed.reason, failed.again, failed.may_have_spent) == ("MODEL_TIMEOUT", True, True)


async def test_nobody_listening_is_unreachable() -> None:
    async with ScriptedOpenAI.start() as gone:
        base_url = gone.base_url
    model = OpenAIModel(model="scripted", api_key=None, base_url=base_url, connections=1)
    assert (await failure(model)).reason == "MODEL_UNREACHABLE"
    await model.close()


async def test_a_reply_below_the_bound_is_read(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(completion(RED, padding="x" * (MOST_REPLY_BYTES - 1000)))
    assert json.loads((await say(model)).text) == RED


async def test_a_reply_that_was_cut_off_says_so(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(completion('{"colour": "re', finish_reason="length"), completion(None, finish_reason="length"))
    assert (await say(model)).truncated
    assert (await say(model)).truncated, "a reasoning model may spend its limit on thoughts"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "1.5"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "1e400"}, None),
        ({"retry_after": "99999999"}, 3600.0),
        ({}, None),
    ],
)
async def test_the_wait_that_an_endpoint_asks_for_is_read(
    endpoint: ScriptedOpenAI, model: OpenAIModel, headers: dict[str, str], seconds: float | None
) -> None:
    endpoint.will(error(429, **headers))
    assert (await failure(model)).retry_after_seconds == seconds


async def test_a_date_to_wait_for_is_read(endpoint: ScriptedOpenAI, model: OpenAIModel) -> None:
    endpoint.will(error(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)))
    seconds = (await failure(model)).retry_after_seconds
    assert seconds is not None
    assert 80 < seconds <= 90


async def test_no_log_and_no_failure_holds_the_key_or_the_conversation(
    endpoint: ScriptedOpenAI, model: OpenAIModel, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    logging.getLogger("openai").setLevel(logging.DEBUG)
    again = OpenAIModel(model="scripted", api_key="sk-a-test-key", base_url=endpoint.base_url, connections=1)
    with caplog.at_level(logging.DEBUG, logger="httpx2"):
        endpoint.will(error(500, f"you said {MESSAGES[1].content} with sk-a-test-key"), completion(RED))
        failed = await failure(again)
        await say(again)
    await again.close()
    said = caplog.text + str(failed) + repr(failed) + str(failed.as_fault().details)
    assert "red, please" not in said
    assert "sk-a-test-key" not in said


async def test_no_key_is_needed_where_the_endpoint_asks_for_none(
    endpoint: ScriptedOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-place")
    model = OpenAIModel(model="scripted", api_key=None, base_url=endpoint.base_url, connections=1)
    endpoint.will(completion(RED))
    await say(model)
    await model.close()
    assert "sk-of-another-place" not in json.dumps(dict(endpoint.requests[0].headers))
