"""Somebody who speaks on a native live socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.chat_service.conftest import Candidate
from tests.chat_service.live import LiveClient, live

FRAME = 3200


class Speaker(LiveClient):
    """An open socket with a microphone. `number` is that of the next frame."""

    number = 1

    async def begin(self, **data: Any) -> dict[str, Any]:
        """Opens the microphone."""
        ready = await self.asked("audio_start", "audio_ready", **data)
        self.number = ready["data"]["next_sequence"]
        return ready

    async def say(self, audio: bytes, *, frame: int = FRAME) -> None:
        """Sends samples in frames."""
        for start in range(0, len(audio), frame):
            await self.frame(audio[start : start + frame])

    async def frame(self, samples: bytes, number: int | None = None) -> None:
        """Sends one frame."""
        await self.connection.send((self.number if number is None else number).to_bytes(4, "big") + samples)
        if number is None:
            self.number += 1

    async def acknowledged(self, number: int) -> None:
        """Waits until that frame is kept."""
        await self.until("audio_ack", lambda one: one["data"]["audio_sequence"] >= number)

    async def reached(self, state: str) -> dict[str, Any]:
        """Waits for a state."""
        return await self.until("voice_state", lambda one: one["data"]["state"] == state)

    async def final(self) -> str:
        """What was understood when a turn ended."""
        told = await self.until("transcription", lambda one: one["data"]["is_final"])
        return str(told["data"]["text"])


@asynccontextmanager
async def speaking(candidate: Candidate, interview_id: str, **options: Any) -> AsyncIterator[Speaker]:
    """A socket that somebody may speak on."""
    async with live(candidate, interview_id, **options) as socket:
        speaker = Speaker(socket.connection)
        yield speaker
