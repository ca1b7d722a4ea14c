import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.wire.writing import write_question
from protos.interview_engine.v1 import interview_engine_pb2 as engine_pb2
from protos.interview_engine.v1 import interview_engine_pb2_grpc as engine_grpc
from protos.interview_engine.v1 import speech_pb2, speech_pb2_grpc
from tests.ai_service.interviewing.llm_engine.playing import ANSWER, QUESTION, grading
from tests.ai_service.wire.serving import METADATA, SECONDS, TOKEN, context, evaluate_request, refusal
from tests.fakes.openai_server import ScriptedOpenAI, completion

ROOT = Path(__file__).resolve().parents[2]


def _environment(**variables: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**inherited, "AI_LISTEN": "127.0.0.1:0", "AI_SERVICE_TOKEN": TOKEN, **variables}


class _Started:
    """A running `python -m ai_service serve`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    async def line(self, event: str) -> dict[str, Any]:
        """The first log line of this event from here on."""
        assert self.process.stderr is not None
        async with asyncio.timeout(SECONDS):
            while raw := await self.process.stderr.readline():
                self.lines.append(json.loads(raw))
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"no line {event} in {self.lines}")


@asynccontextmanager
async def _started(**variables: str) -> AsyncIterator[_Started]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ai_service",
        "serve",
        cwd=ROOT,
        env=_environment(**variables),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield _Started(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _refused(**variables: str) -> tuple[int, str]:
    async with _started(**variables) as started:
        async with asyncio.timeout(SECONDS):
            _, stderr = await started.process.communicate()
        assert started.process.returncode is not None
        return started.process.returncode, stderr.decode()


@pytest.fixture
def cache(model_cache: Path, grader: Grader) -> str:
    return str(model_cache)


async def test_the_service_serves_and_ends_well_on_sigterm(cache: str, bank: Bank) -> None:
    async with _started(AI_CACHE=cache) as started:
        address = (await started.line("listening"))["address"]
        serving = await started.line("serving")
        assert serving["questions"] == len(bank.questions)
        assert serving["bank_version"] == bank.version
        async with aio.insecure_channel(address) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            status = await health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
            assert status.status == health_pb2.HealthCheckResponse.SERVING
            stub = engine_grpc.InterviewEngineServiceStub(channel)
            response = await stub.EvaluateAnswer(evaluate_request(bank), metadata=METADATA, timeout=SECONDS)
            assert response.evaluation.score > 85
            call = await started.line("call")
            assert (call["request_id"], call["code"]) == ("request-1", "OK")
            begun = [
                asyncio.ensure_future(stub.EvaluateAnswer(evaluate_request(bank), metadata=METADATA, timeout=SECONDS))
                for _ in range(6)
            ]
            await begun[0]
            started.process.send_signal(signal.SIGTERM)
            finished = await asyncio.gather(*begun, return_exceptions=True)
        async with asyncio.timeout(SECONDS):
            await started.line("stopped")
            assert await started.process.wait() == 0
    for result in finished:
        if isinstance(result, BaseException):
            assert isinstance(result, aio.AioRpcError)
            assert result.code() is grpc.StatusCode.UNAVAILABLE
        else:
            assert result.evaluation.score > 85
    assert TOKEN not in json.dumps(started.lines)


async def test_sigterm_while_loading_ends_the_service_at_once(tmp_path: Path) -> None:
    async with _started(AI_CACHE=str(tmp_path)) as started:
        await started.line("listening")
        started.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            assert await started.process.wait() == 0


async def test_a_taken_port_is_named(cache: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, stderr = await _refused(AI_LISTEN=address, AI_CACHE=cache)
    assert code == 1
    assert f"cannot listen on {address}" in stderr
    assert "AI_LISTEN" in stderr


async def test_two_servers_never_share_a_port(cache: str) -> None:
    async with _started(AI_CACHE=cache) as first:
        address = (await first.line("listening"))["address"]
        code, stderr = await _refused(AI_LISTEN=address, AI_CACHE=cache)
    assert code == 1
    assert address in stderr


async def test_metrics_are_served_where_the_operator_says(cache: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    async with _started(AI_CACHE=cache, AI_METRICS_PORT=str(port)) as started:
        await started.line("serving")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = (await reader.read()).decode()
        writer.close()
    assert "ai_evaluations_admitted 0.0" in text


async def test_a_language_model_grades_where_one_is_set_and_no_log_holds_what_was_said(cache: str) -> None:
    request = engine_pb2.EvaluateAnswerRequest(context=context(), question=write_question(QUESTION), answer=ANSWER)
    variables = {"AI_CACHE": cache, "OPENAI_API_KEY": "sk-a-test-key", "LLM_MODEL": "scripted", "OPENAI_LOG": "debug"}
    async with (
        ScriptedOpenAI.start() as endpoint,
        _started(OPENAI_BASE_URL=endpoint.base_url, LOG_LEVEL="DEBUG", **variables) as started,
    ):
        address = (await started.line("listening"))["address"]
        assert (await started.line("serving"))["engine"] == "openai"
        async with aio.insecure_channel(address) as channel:
            stub = engine_grpc.InterviewEngineServiceStub(channel)
            endpoint.will(completion(grading(3)))
            response = await stub.EvaluateAnswer(request, metadata=METADATA, timeout=SECONDS)
            assert (response.evaluation.score, response.evaluation.provenance.engine) == (75.0, "openai")
            endpoint.answer = lambda _: completion(ANSWER)
            with pytest.raises(aio.AioRpcError, match="UNAVAILABLE"):
                await stub.EvaluateAnswer(request, metadata=METADATA, timeout=SECONDS)
            assert (await started.line("call"))["code"] == "OK"
            assert (await started.line("call"))["reason"] == "MODEL_REPLY_INVALID"
        started.process.send_signal(signal.SIGTERM)
        await started.line("stopped")
    said = json.dumps(started.lines)
    assert "sk-a-test-key" not in said
    assert ANSWER[:20] not in said
    assert QUESTION.text[:20] not in said


async def test_text_work_goes_on_while_weights_of_speech_are_fetched_and_sigterm_waits_for_none(
    cache: str, bank: Bank
) -> None:
    silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    hub = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    async with _started(AI_CACHE=cache, SPEECH_WHISPER_MODEL="tiny.en", HF_ENDPOINT=hub) as started:
        address = (await started.line("listening"))["address"]
        await started.line("serving")
        async with aio.insecure_channel(address) as channel:
            engine = engine_grpc.InterviewEngineServiceStub(channel)
            graded = await engine.EvaluateAnswer(evaluate_request(bank), metadata=METADATA, timeout=SECONDS)
            assert graded.evaluation.score > 85
            speech: Any = speech_pb2_grpc.SpeechServiceStub(channel)
            config = speech_pb2.TranscriptionConfig(encoding=speech_pb2.AUDIO_ENCODING_CONTAINER)
            asking = speech.Transcribe(
                iter([speech_pb2.TranscribeRequest(config=config)]), metadata=METADATA, timeout=SECONDS
            )
            told = await refusal(asking)
        assert (told.code, told.reason) == (grpc.StatusCode.UNAVAILABLE, "SPEECH_MODEL_LOADING")
        started.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            await started.line("stopped")
            assert await started.process.wait() == 0
    silent.close()
