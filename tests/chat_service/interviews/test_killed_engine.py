"""The real ai_service beside the chat service, killed in the middle of a turn."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import grpc
import httpx2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.ports import free_port
from deploy.local.settings import ROOT
from tests.chat_service.conftest import PASSWORD, Candidate, expect, problem, serving

ANSWER = (
    "I would walk over the input once and keep what I have seen in a hash table, which is O(n) time and O(n) space."
)


def _start_ai_service(address: str, settings: Mapping[str, str], cache: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-m", "ai_service", "serve"],
        cwd=ROOT,
        env={**os.environ, **settings, "AI_LISTEN": address, "AI_CACHE": str(cache)},
    )
    with grpc.insecure_channel(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        while check(health_pb2.HealthCheckRequest(), wait_for_ready=True, timeout=60).status != 1:
            assert process.poll() is None
    return process


async def _joined(url: str) -> Candidate:
    client = httpx2.AsyncClient(base_url=f"{url}/api/v1", timeout=30)
    account = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    expect(201, await client.post("/auth/signup", json=account))
    tokens = expect(200, await client.post("/auth/login", json=account))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return Candidate(client, account["email"], tokens["refresh_token"])


async def test_an_answer_outlives_the_ai_service_that_was_grading_it(
    settings: Mapping[str, str], tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_port()}"
    ai_service = await asyncio.to_thread(_start_ai_service, address, settings, tmp_path)
    try:
        async with serving({**settings, "AI_ADDRESS": address, "AI_DEADLINE_SECONDS": "3"}) as chat:
            candidate = await _joined(chat.url)
            interview = await candidate.started(question_limit=2)
            ai_service.send_signal(signal.SIGSTOP)
            answering = asyncio.create_task(candidate.say(interview["id"], ANSWER))
            while (await _first_turn(candidate, interview["id"]))["answer"] is None:
                assert not answering.done()
            ai_service.kill()
            refused = await answering
            assert refused.status_code == 503
            assert problem(503, refused.json()["code"], refused)["code"] in {"engine_unavailable", "engine_timeout"}
            assert int(refused.headers["retry-after"]) >= 1
            assert (await _first_turn(candidate, interview["id"]))["answer"]["evaluation"] is None
            ai_service.wait()
            ai_service = await asyncio.to_thread(_start_ai_service, address, settings, tmp_path)
            graded = await candidate.answered(interview["id"], ANSWER)
            assert graded["question"]["number"] == 1
            assert graded["evaluation"]["provenance"]["engine"] == "builtin"
            assert (await candidate.end(interview["id"]))["answers_recorded"] == 1
            await candidate.http.aclose()
    finally:
        ai_service.kill()
        ai_service.wait()


async def _first_turn(candidate: Candidate, interview_id: str) -> dict[str, dict[str, object]]:
    read = expect(200, await candidate.http.get(f"/interviews/{interview_id}"))
    return dict(read["transcript"][0])
