"""Text out of files, each read by a process of its own that is ended when it takes too much."""

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

from ai_service import processes
from ai_service.resume import extractor
from ai_service.resume.faults import MOST_BYTES, ResumesBusy, UnreadableResume

# Beyond the CPU time, for a process that waits or has to share its core.
_WALL_SECONDS = 6.0
# JSON writes a character as up to twelve bytes.
_MOST_OUTPUT_BYTES = 12 * extractor.MOST_CHARACTERS + 1024
_MOST_WAITING = 32

_log = structlog.get_logger("ai_service.resume")


class ResumeFormat(StrEnum):
    """What a file turned out to be, by its content."""

    PDF = "pdf"
    DOCX = "docx"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text of a file as it stands there; `truncated` when there was more."""

    format: ResumeFormat
    text: str
    truncated: bool


class Extraction:
    """Reads files, as many at a time as there are processors; a few dozen more wait."""

    def __init__(self, *, processes: int | None = None) -> None:
        self._free = asyncio.Semaphore(processes or os.cpu_count() or 1)
        self._waiting = 0

    async def of(self, data: bytes) -> ExtractedText:
        """The text of a PDF, DOCX or plain text file of at most `MOST_BYTES`.

        Raises `UnreadableResume` for what is wrong with the file, and `ResumesBusy`. No process is left behind,
        whether it answers, is ended or its caller goes away.
        """
        if len(data) > MOST_BYTES:
            raise UnreadableResume("RESUME_TOO_LARGE")
        if self._waiting >= _MOST_WAITING:
            raise ResumesBusy
        self._waiting += 1
        try:
            async with self._free:
                answer = await _read_apart(data)
        finally:
            self._waiting -= 1
        if "fault" in answer:
            raise UnreadableResume(answer["fault"])
        return ExtractedText(ResumeFormat(answer["format"]), answer["text"], answer["truncated"])


async def _read_apart(data: bytes) -> Mapping[str, Any]:
    process = await processes.start_apart(extractor.__file__, str(_WALL_SECONDS))
    output = b""
    try:
        async with asyncio.timeout(_WALL_SECONDS):
            _, output = await asyncio.gather(_feed(process, data), _bounded_output(process))
            await process.wait()
    except TimeoutError:
        raise UnreadableResume("RESUME_TOO_COMPLEX") from None
    finally:
        await processes.end(process)
    if process.returncode == 0:
        return dict(json.loads(output))
    ended = process.returncode
    _log.info("resume_reader_ended", status=ended)
    # A signal is a limit reached, or PDFium giving up where it gets no memory.
    spent = ended is None or ended < 0 or ended == extractor.OUT_OF_MEMORY
    raise UnreadableResume("RESUME_TOO_COMPLEX" if spent else "RESUME_DAMAGED")


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read all
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()


async def _bounded_output(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    parts, size = [], 0
    while part := await process.stdout.read(64 * 1024):
        size += len(part)
        if size > _MOST_OUTPUT_BYTES:
            raise UnreadableResume("RESUME_TOO_COMPLEX")
        parts.append(part)
    return b"".join(parts)
