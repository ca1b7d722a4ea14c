"""A live interview by voice through both services, with real words: silero, pocketsphinx, and flite where it is."""

import asyncio
import shutil
import wave
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from deploy.local.settings import ROOT
from tests.chat_service.conftest import serving
from tests.chat_service.interviews.test_killed_engine import _joined, _start_ai_service
from tests.chat_service.interviews.test_spoken_end_to_end import _until_it_hears
from tests.chat_service.interviews.voice.speaker import speaking

WAV = ROOT / "tests/speech/wavs/hash_map.wav"
SAID = "i would use a hash map from each value to its index and look up the complement of every number"


def _recorded() -> bytes:
    with wave.open(str(WAV)) as recording:
        assert (recording.getnchannels(), recording.getframerate()) == (1, 16_000)
        return bytes(recording.readframes(recording.getnframes()))


async def test_recorded_speech_becomes_an_answer_that_is_replied_to(
    settings: Mapping[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx has no wheel for this Python")
    address = f"127.0.0.1:{free_port()}"
    speaks = shutil.which("flite") is not None
    told = {
        **settings,
        "SPEECH_RECOGNIZER": "pocketsphinx",
        "SPEECH_SYNTHESIZER": "flite" if speaks else "none",
    }
    ai_service = await asyncio.to_thread(_start_ai_service, address, told, tmp_path)
    try:
        await asyncio.to_thread(_until_it_hears, address)
        async with serving({**settings, "AI_ADDRESS": address, "AI_DEADLINE_SECONDS": "60"}) as chat:
            candidate = await _joined(chat.url)
            interview = await candidate.started(domain="dsa")
            async with speaking(candidate, interview["id"]) as socket:
                ready = await socket.begin()
                assert ready["data"]["recognizer"] == {
                    "engine": "pocketsphinx",
                    "model": ready["data"]["recognizer"]["model"],
                    "low_accuracy": True,
                }
                await socket.until("utterance_started")
                if speaks:
                    await socket.until("audio")
                await socket.say(bytes(16_000) + _recorded() + bytes(32_000 * 4))
                heard = (await socket.final()).lower().replace(",", "").split()
                assert len(set(SAID.split()) & set(heard)) >= 0.6 * len(set(SAID.split())), heard
                feedback = await socket.until("feedback")
                assert feedback["data"]["evaluation"]["delivery"]["words_per_minute"] > 60
                turn = (await socket.until("voice_turn"))["data"]
                assert turn["ended_by"] == "silence"
                assert 3 < turn["spoken_seconds"] < 8
            await candidate.http.aclose()
    finally:
        ai_service.kill()
        ai_service.wait()
