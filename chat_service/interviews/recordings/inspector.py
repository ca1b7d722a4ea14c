"""The program that measures a recording which nobody has vetted: `python -I inspector.py SECONDS WALL`, it as input.

It runs by itself, under limits that it sets before it looks at the first byte, and imports nothing of the service. Its
output is one JSON object: `format`, `duration_seconds`, `sample_rate` and `channels`, or `fault` with the reason of a
refusal. What ends it (processor time, memory, the clock) is told by its exit status.
"""

import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from typing import IO, Any

MEMORY_BYTES = 384 * 1024 * 1024
OUT_OF_MEMORY = 77
HEAD_BYTES = 64
# An honest recording opens in milliseconds and decodes a minute in a tenth of a second; each may take this much.
OPENING_CPU_SECONDS = 1.0
MINUTE_CPU_SECONDS = 1.0
LEAST_SECONDS = 0.1
MOST_CHANNELS = 2
SAMPLE_RATES = range(8_000, 192_001)

# What a container says of its length and what it holds may differ by so much before it counts as cut off.
_CUT_SECONDS = 0.15
_CUT_SHARE = 0.01
# Junk at either end is common in MP3; more broken packets than these are not.
_BROKEN_PACKETS = 3
_BROKEN_SHARE = 0.02

_DEMUXERS = {"wav": "wav", "mp3": "mp3", "m4a": "mov", "webm": "matroska", "ogg": "ogg", "flac": "flac"}
_CODECS = ("pcm_", "mp3", "aac", "alac", "opus", "libopus", "vorbis", "libvorbis", "flac")
# A WAV that was written while it was recorded may not say how long it is.
_UNKNOWN_SIZES = {0, 0x7FFFFFFF, 0xFFFFFFFF}


class Refused(Exception):  # noqa: N818 - a verdict on the recording
    """The recording is not taken; `args[0]` is the reason."""


def format_of(head: bytes) -> str:
    """The format by the first `HEAD_BYTES` of a file. Raises `Refused`."""
    if not head:
        raise Refused("AUDIO_EMPTY")
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head:
        return "webm"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"ID3") or _is_layer_3(head):
        return "mp3"
    raise Refused("AUDIO_UNSUPPORTED")


def _is_layer_3(head: bytes) -> bool:
    """Whether a frame of MPEG layer III begins here: its sync word, version, bit rate and sample rate are possible."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] >> 4 not in {0, 15} and head[2] & 0x0C != 0x0C


def inspect(file: IO[bytes], most_seconds: float) -> dict[str, Any]:
    """What a recording is and how long it lasts, by decoding it. Raises `Refused`."""
    kind = format_of(file.read(HEAD_BYTES))
    promised = _promised_by_wav(file) if kind == "wav" else None
    file.seek(0)
    import av

    try:
        with av.open(file, "r", format=_DEMUXERS[kind]) as container:
            stream = _sound_of(container)
            promised = promised or _promised(file, kind, container, stream)
            _require_short(container, stream, most_seconds)
            container.seek(0)
            seconds = _decoded_seconds(container, stream, most_seconds)
    except (av.FFmpegError, ValueError, OverflowError, EOFError):
        raise Refused("AUDIO_DAMAGED") from None
    if promised is not None and seconds < promised - max(_CUT_SECONDS, promised * _CUT_SHARE):
        raise Refused("AUDIO_DAMAGED")
    if seconds < LEAST_SECONDS:
        raise Refused("AUDIO_EMPTY")
    context = stream.codec_context
    return {
        "format": kind,
        "duration_seconds": round(seconds, 3),
        "sample_rate": context.sample_rate,
        "channels": context.channels,
    }


def _sound_of(container: Any) -> Any:
    """The one track of sound. Pictures are let pass as covers only."""
    from av.stream import Disposition

    for one in container.streams:
        if one.type == "video" and not one.disposition & Disposition.attached_pic:
            raise Refused("AUDIO_UNSUPPORTED")
    if len(container.streams.audio) != 1:
        raise Refused("AUDIO_UNSUPPORTED" if container.streams else "AUDIO_DAMAGED")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context is None or not context.name.startswith(_CODECS):
        raise Refused("AUDIO_UNSUPPORTED")
    if context.sample_rate not in SAMPLE_RATES or not 1 <= context.channels <= MOST_CHANNELS:
        raise Refused("AUDIO_DAMAGED")
    context.thread_count = 1
    return stream


def _require_short(container: Any, stream: Any, most_seconds: float) -> None:
    """Raises `Refused` when the packets alone, which cost next to nothing, add up to more than may be."""
    seconds = 0.0
    for packet in container.demux(stream):
        seconds += float((packet.duration or 0) * (packet.time_base or 0))
        if seconds > most_seconds + 1:
            raise Refused("AUDIO_TOO_LONG")


def _decoded_seconds(container: Any, stream: Any, most_seconds: float) -> float:
    import av

    rate = stream.codec_context.sample_rate
    samples = packets = broken = 0
    next_allowance = 0
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            broken += 1
            continue
        for frame in frames:
            if frame.sample_rate != rate or len(frame.layout.channels) > MOST_CHANNELS:
                raise Refused("AUDIO_DAMAGED")
            samples += frame.samples
        if samples > most_seconds * rate:
            raise Refused("AUDIO_TOO_LONG")
        if samples >= next_allowance:
            next_allowance = samples + 60 * rate
            signal.setitimer(signal.ITIMER_PROF, MINUTE_CPU_SECONDS)
    if not samples or broken > max(_BROKEN_PACKETS, packets * _BROKEN_SHARE):
        raise Refused("AUDIO_DAMAGED")
    return float(samples / rate)


def _promised(file: IO[bytes], kind: str, container: Any, stream: Any) -> float | None:
    """How long a recording says that it is, where that is no estimate."""
    if kind == "mp3":
        return _promised_by_mp3(file, stream.codec_context.sample_rate)
    if kind == "m4a" and stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if kind in {"webm", "flac"} and container.duration is not None:
        return float(container.duration / 1_000_000)
    return None


def _promised_by_wav(file: IO[bytes]) -> float | None:
    """By the sizes that its chunks have. Raises `Refused` for one without sound, or without a sample rate."""
    end = file.seek(0, os.SEEK_END)
    place, bytes_a_second = 12, 0
    while place + 8 <= end:
        file.seek(place)
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"fmt ":
            layout = file.read(16)
            if len(layout) < 16:
                raise Refused("AUDIO_DAMAGED")
            _, channels, rate, bytes_a_second = struct.unpack_from("<HHII", layout)
            if not 1 <= channels <= MOST_CHANNELS or rate not in SAMPLE_RATES or not bytes_a_second:
                raise Refused("AUDIO_DAMAGED")
        if name == b"data":
            if not bytes_a_second:
                raise Refused("AUDIO_DAMAGED")
            return None if size in _UNKNOWN_SIZES else float(size / bytes_a_second)
        place += 8 + size + size % 2
    raise Refused("AUDIO_DAMAGED")


def _promised_by_mp3(file: IO[bytes], rate: int) -> float | None:
    """By the Xing or Info header that encoders put into the first frame."""
    place = file.tell()
    file.seek(0)
    head = file.read(10)
    start = 0
    if head.startswith(b"ID3") and len(head) == 10:
        start = 10 + sum((one & 0x7F) << shift for one, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(start)
    frame = file.read(256)
    file.seek(place)
    for name in (b"Xing", b"Info"):
        found = frame.find(name)
        if found >= 0 and len(frame) >= found + 12:
            flags, frames = struct.unpack_from(">II", frame, found + 4)
            samples = 1152 if rate >= 32_000 else 576
            return float(frames * samples / rate) if flags & 1 else None
    return None


def _limit(wall_seconds: float) -> None:
    """Bounds that hold for this process from now on. Not every system has all of them."""
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)  # ends this process even when nobody is left to end it
    limits = (("RLIMIT_CPU", int(wall_seconds) + 1), ("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_FSIZE", 0))
    for name, amount in limits:
        with suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (amount, amount + (name == "RLIMIT_CPU")))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Answer for the recording on the input; the arguments are the most seconds that it and that this may last."""
    most_seconds, wall_seconds = (float(one) for one in sys.argv[1:3])
    _limit(wall_seconds)
    import av

    av.logging.set_level(None)
    signal.setitimer(signal.ITIMER_PROF, OPENING_CPU_SECONDS)
    try:
        answer = inspect(sys.stdin.buffer, most_seconds)
    except Refused as refused:
        answer = {"fault": refused.args[0]}
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
