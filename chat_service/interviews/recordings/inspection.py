"""What a recording is and how long it lasts, by a process of its own that is ended when it takes too much."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import structlog

from chat_service.engine.speech import audio_error
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.recordings import inspector

# Far beyond the processor time, for a process that has to share its core.
_WALL_SECONDS = 10.0
_MOST_OUTPUT_BYTES = 1024
_MOST_WAITING = 32

_log = structlog.get_logger()


class AudioFormat(StrEnum):
    """What a file turned out to be, by its content."""

    WAV = "wav"
    MP3 = "mp3"
    M4A = "m4a"
    WEBM = "webm"
    OGG = "ogg"
    FLAC = "flac"


MEDIA_TYPES: Mapping[AudioFormat, str] = {
    AudioFormat.WAV: "audio/wav",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.M4A: "audio/mp4",
    AudioFormat.WEBM: "audio/webm",
    AudioFormat.OGG: "audio/ogg",
    AudioFormat.FLAC: "audio/flac",
}


@dataclass(frozen=True, slots=True)
class Sound:
    """What was measured: the length in seconds, the sample rate in Hz, one or two channels."""

    format: AudioFormat
    duration_seconds: float
    sample_rate: int
    channels: int


class Inspection:
    """Measures recordings, as many at a time as there are processors; a few dozen more wait."""

    def __init__(self, *, most_seconds: float, processes: int | None = None) -> None:
        self._most_seconds = most_seconds
        self._free = asyncio.Semaphore(processes or os.cpu_count() or 1)
        self._waiting = 0

    async def of(self, path: Path) -> Sound:
        """What the file is. Raises `audio_error` for one that is not taken, and UNAVAILABLE under load.

        No process is left behind, whether it answers, is ended or its caller goes away.
        """
        if self._waiting >= _MOST_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with self._free:
                # Unbuffered: the process goes on where the descriptor stands.
                with path.open("rb", buffering=0) as file:
                    _require_known(file.read(inspector.HEAD_BYTES))
                    file.seek(0)
                    answer = await _inspect_apart(file, self._most_seconds)
        finally:
            self._waiting -= 1
        if "fault" in answer:
            raise audio_error(answer["fault"])
        return Sound(
            AudioFormat(answer["format"]), answer["duration_seconds"], answer["sample_rate"], answer["channels"]
        )


async def _inspect_apart(file: IO[bytes], most_seconds: float) -> Mapping[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", inspector.__file__, str(most_seconds), str(_WALL_SECONDS)),
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    output = b""
    try:
        async with asyncio.timeout(_WALL_SECONDS):
            output = await process.stdout.read(_MOST_OUTPUT_BYTES)
            await process.wait()
    except TimeoutError:
        raise _busy() from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(_ended(process))
    if process.returncode == 0 and output:
        return dict(json.loads(output))
    _log.info("recording_inspector_ended", status=process.returncode)
    if process.returncode == -signal.SIGALRM:
        raise _busy()
    return {"fault": "AUDIO_DAMAGED"}


def _require_known(head: bytes) -> None:
    """Raises for what is no recording at first sight, which takes no process."""
    try:
        inspector.format_of(head)
    except inspector.Refused as refused:
        raise audio_error(refused.args[0]) from None


def _busy() -> AppError:
    """The clock ran out though the limit of processor time did not: the fault is not the recording's."""
    return AppError(
        ErrorKind.UNAVAILABLE, "uploads_busy", "Too many recordings come at once. Send it again.", retry_after=5
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    # asyncio tells of the end of a process only after the end of its pipes, and a full one it does not read.
    while await process.stdout.read(64 * 1024):
        pass
    await process.wait()
