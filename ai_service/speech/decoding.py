"""Audio out of recordings, each decoded by a process of its own that is ended when it takes too much."""

import asyncio

import numpy as np
import structlog

from ai_service import processes
from ai_service.speech import decoder
from ai_service.speech.faults import UnusableAudio
from ai_service.speech.recognition import SAMPLE_RATE, Samples
from ai_service.speech.spool import Spool

# A process starts in 0.2 s and decodes 300 s of audio a second; the rest is for machines that are slow or busy.
_WALL_SECONDS, _WALL_SHARE = 10.0, 0.1
_READ_BYTES = 256 * 1024

_REASONS = {status: reason for reason, status in decoder.STATUSES.items()}

_log = structlog.get_logger("ai_service.speech")


async def decoded(spool: Spool, most_seconds: float) -> Samples:
    """The audio of a WAV, MP3, M4A, WebM, Ogg or FLAC file, told apart by content, of at most `most_seconds`.

    Takes 32 KB of memory a second of audio. Raises `UnusableAudio` for what is wrong with the file. No process is left
    behind, whether it answers, is ended or its caller goes away.
    """
    if not spool.size:
        raise UnusableAudio("AUDIO_EMPTY")
    wall_seconds = _WALL_SECONDS + _WALL_SHARE * most_seconds
    process = await processes.start_apart(
        decoder.__file__, repr(most_seconds), repr(wall_seconds), stdin=spool.rewound(), read_bytes=_READ_BYTES
    )
    try:
        async with asyncio.timeout(wall_seconds):
            audio = await _output(process, most_seconds)
            await process.wait()
    except TimeoutError:
        raise UnusableAudio("AUDIO_DAMAGED") from None
    finally:
        await processes.end(process)
    if process.returncode == 0:
        return np.frombuffer(audio, np.int16)
    reason = _REASONS.get(process.returncode or 0)
    if reason is None:  # a limit was reached, or the decoder itself failed
        _log.info("recording_decoder_ended", status=process.returncode)
        raise UnusableAudio("AUDIO_DAMAGED")
    raise UnusableAudio(reason)


async def _output(process: asyncio.subprocess.Process, most_seconds: float) -> bytearray:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    audio, most = bytearray(), 2 * int(most_seconds * SAMPLE_RATE)
    while part := await process.stdout.read(_READ_BYTES):
        audio += part
        if len(audio) > most:
            raise UnusableAudio("AUDIO_TOO_LONG")
    return audio
