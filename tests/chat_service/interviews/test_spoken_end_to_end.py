"""A spoken answer through both services, with real words: recognized by pocketsphinx, graded by the built-in engine."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.ports import free_port
from deploy.local.settings import ROOT
from tests.chat_service.conftest import expect, problem, serving
from tests.chat_service.interviews.test_killed_engine import _joined, _start_ai_service
from tests.chat_service.interviews.test_recordings import asked

WAV = ROOT / "tests" / "speech" / "wavs" / "team.wav"
SAID = "last year i led a small team and we moved our service to a new system without losing any data"


def _until_it_hears(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]
        request = health_pb2.HealthCheckRequest(service="interview_engine.v1.SpeechService")
        while check(request, wait_for_ready=True, timeout=60).status != 1:
            pass


async def test_a_recording_is_heard_submitted_and_graded_with_its_timing(
    settings: Mapping[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx has no wheel for this Python")
    address = f"127.0.0.1:{free_port()}"
    told = {**settings, "SPEECH_RECOGNIZER": "pocketsphinx"}
    ai_service = await asyncio.to_thread(_start_ai_service, address, told, tmp_path)
    try:
        await asyncio.to_thread(_until_it_hears, address)
        async with serving({**settings, "AI_ADDRESS": address, "AI_DEADLINE_SECONDS": "60"}) as chat:
            candidate = await _joined(chat.url)
            url = await asked(candidate)
            content = await asyncio.to_thread(WAV.read_bytes)
            recording = expect(200, await candidate.http.put(f"{url}/audio", content=content))
            heard = expect(200, await candidate.http.post(f"{url}/transcript", json={"language": "en"}))
            assert heard["recognizer"]["engine"] == "pocketsphinx"
            assert "low accuracy" in heard["warning"]
            words = [one["text"].lower().strip(",.") for one in heard["words"]]
            said = set(SAID.split())
            assert len(said & set(words)) >= 0.6 * len(said), heard["text"]
            assert all(one["start"] <= one["end"] <= recording["duration_seconds"] + 0.1 for one in heard["words"])
            submitted = expect(200, await candidate.http.post(f"{url}/transcript/submit"))
            delivery = submitted["evaluation"]["delivery"]
            assert 60 < delivery["words_per_minute"] < 300
            assert delivery["spoken"]["timed_word_count"] == len(words)
            other = await asked(candidate)
            expect(200, await candidate.http.put(f"{other}/audio", content=content))
            german = await candidate.http.post(f"{other}/transcript", json={"language": "de"})
            problem(422, "language_unsupported", german)
            await candidate.http.aclose()
    finally:
        ai_service.kill()
        ai_service.wait()
