"""The program that decodes a recording which nobody has vetted: `python -I decoder.py SECONDS < FILE`.

It runs by itself, under limits that it sets before it looks at the first byte, and imports nothing of the service. Its
output is the audio, 16-bit samples in the machine's order, mono, at 16,000 Hz; its exit status says how it ended.
"""

import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any, BinaryIO

SAMPLE_RATE = 16_000
LEAST_SECONDS = 0.1
MEMORY_BYTES = 512 * 1024 * 1024
# What a minute of audio may cost, beyond which a file is one that keeps a decoder busy for nothing.
CPU_SECONDS, PROGRESS_SECONDS = 2, 60
STATUSES = {"AUDIO_EMPTY": 10, "AUDIO_TOO_LONG": 11, "AUDIO_UNSUPPORTED": 12, "AUDIO_DAMAGED": 13}

_MOST_CHANNELS = 2
_LOWEST_RATE, _HIGHEST_RATE = 4_000, 192_000
_HEAD_BYTES = 64 * 1024
_MAGIC = (
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (4, b"ftyp", "mov"),
    (0, b"ID3", "mp3"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
)
# The only codecs that are let near the bytes, whatever the container names.
_CODECS = (
    "mp3,mp3float,aac,alac,opus,vorbis,flac,pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_alaw,"
    "pcm_mulaw,adpcm_ms,adpcm_ima_wav"
)
# The last frame may be cut; where more is missing, or more packets are broken, the recording is damaged.
_MISSING_SECONDS, _MISSING_SHARE = 0.5, 0.02
_BROKEN_SHARE = 0.1
_MOST_PAGE_BYTES = 65_307
# Recorders that cannot go back to the header write no size, or one about as large as the field holds.
_UNKNOWN_SIZE = 0x7F00_0000


class Refused(Exception):  # noqa: N818 - a verdict on the file
    """The file cannot be used; `args[0]` is the reason."""


def decode(file: BinaryIO, most_seconds: float, on_minute: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """The samples, in order. Raises `Refused`, after some of them where only then it shows.

    `on_minute` is called at the first samples and after each `PROGRESS_SECONDS` of them.
    """
    import av

    head = file.read(_HEAD_BYTES)
    if not head:
        raise Refused("AUDIO_EMPTY")
    demuxer = _demuxer(head)
    size = os.fstat(file.fileno()).st_size
    if demuxer == "wav":
        _check_riff(head, size)
    if demuxer == "ogg":
        _check_last_page(file, size)
    try:
        _measure(file, demuxer, head, most_seconds)
        with _opened(file, demuxer) as container:
            yield from _samples(container, _stream(container), most_seconds, on_minute)
    except (av.FFmpegError, ValueError, OverflowError):
        raise Refused("AUDIO_DAMAGED") from None


def _demuxer(head: bytes) -> str:
    """FFmpeg's name of the container that begins with these bytes. No other is tried, so that none opens more files."""
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    for place, magic, name in _MAGIC:
        if head[place : place + len(magic)] == magic:
            return name
    # Eleven bits of synchronization, then MPEG's layer III.
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "mp3"
    raise Refused("AUDIO_UNSUPPORTED")


def _check_riff(head: bytes, size: int) -> None:
    """FFmpeg takes a WAV file for as long as it is; the header says how long it was."""
    (declared,) = struct.unpack_from("<I", head, 4)
    if head[:4] == b"RIFF" and declared < _UNKNOWN_SIZE and size < (declared + 8) * (1 - _MISSING_SHARE):
        raise Refused("AUDIO_DAMAGED")


def _check_last_page(file: BinaryIO, size: int) -> None:
    """An Ogg file has no length in its header; the last page of one that is cut off is not all there."""
    file.seek(max(0, size - 2 * _MOST_PAGE_BYTES))
    tail = file.read(2 * _MOST_PAGE_BYTES)
    page = tail.rfind(b"OggS")
    segments = tail[page + 27 : page + 27 + tail[page + 26]] if 0 <= page < len(tail) - 27 else b""
    if not segments or page + 27 + len(segments) + sum(segments) > len(tail):
        raise Refused("AUDIO_DAMAGED")


def _opened(file: BinaryIO, demuxer: str) -> Any:
    import av

    file.seek(0)
    return closing(av.open(file, mode="r", format=demuxer, options={"codec_whitelist": _CODECS}))


def _stream(container: Any) -> Any:
    if not container.streams.audio:
        raise Refused("AUDIO_EMPTY" if not container.streams.video else "AUDIO_UNSUPPORTED")
    stream = container.streams.audio[0]
    codec = stream.codec_context
    if codec is None:
        raise Refused("AUDIO_DAMAGED")
    if codec.name not in _CODECS.split(","):
        raise Refused("AUDIO_UNSUPPORTED")
    _check_shape(codec.sample_rate, codec.channels)
    codec.thread_count = 1
    return stream


def _check_shape(rate: int, channels: int) -> None:
    if not (_LOWEST_RATE <= rate <= _HIGHEST_RATE and 1 <= channels <= _MOST_CHANNELS):
        raise Refused("AUDIO_DAMAGED")


def _measure(file: BinaryIO, demuxer: str, head: bytes, most_seconds: float) -> None:
    """Refuse what is too long or cut off by its packets alone, which takes a hundredth of the time of decoding."""
    with _opened(file, demuxer) as container:
        stream = _stream(container)
        seconds = 0.0
        for packet in container.demux(stream):
            seconds += float((packet.duration or 0) * packet.time_base) if packet.time_base else 0.0
            if seconds > most_seconds + 1:
                raise Refused("AUDIO_TOO_LONG")
        declared = _declared(container, stream, demuxer, head)
        if declared - seconds > max(_MISSING_SECONDS, _MISSING_SHARE * declared):
            raise Refused("AUDIO_DAMAGED")


def _declared(container: Any, stream: Any, demuxer: str, head: bytes) -> float:
    """Seconds that the header promises; 0 where it says nothing and FFmpeg only guesses."""
    told = {
        "flac": True,
        "mov": True,
        "matroska": b"\x44\x89" in head,
        "mp3": b"Xing" in head or b"Info" in head,
    }
    if not told.get(demuxer):
        return 0.0
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000


def _samples(container: Any, stream: Any, most_seconds: float, on_minute: Callable[[], None]) -> Iterator[bytes]:
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    count, next_minute = 0, 0
    for frame in _frames(container, stream):
        for resampled in resampler.resample(frame):
            count += resampled.samples
            if count > most_seconds * SAMPLE_RATE:
                raise Refused("AUDIO_TOO_LONG")
            yield bytes(resampled.planes[0])[: 2 * resampled.samples]
        if count >= next_minute:
            on_minute()
            next_minute = count + PROGRESS_SECONDS * SAMPLE_RATE
    if count < LEAST_SECONDS * SAMPLE_RATE:
        raise Refused("AUDIO_EMPTY")


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """The decoded frames, and None at the end, for which a resampler gives what it still holds."""
    import av

    packets = broken = 0
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            broken += 1
            continue
        for frame in frames:
            _check_shape(frame.sample_rate, frame.layout.nb_channels)
            yield frame
    if broken > _BROKEN_SHARE * packets:
        raise Refused("AUDIO_DAMAGED")
    yield None


def _allow_cpu() -> None:
    """Allow this process `CPU_SECONDS` more from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    with suppress(ValueError, OSError):
        limit = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit(wall_seconds: float) -> None:
    """Bounds that hold for this process from now on. Not every system has all of them."""
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)  # ends this process even when nobody is left to end it
    _allow_cpu()
    for name, amount in (("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        with suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (amount, amount))


def main() -> int:
    """Decode the input; the arguments are the most seconds of audio and the most seconds to live."""
    _limit(float(sys.argv[2]))
    import av.logging

    av.logging.set_level(None)
    try:
        for samples in decode(sys.stdin.buffer.raw, float(sys.argv[1]), _allow_cpu):  # type: ignore[union-attr]
            sys.stdout.buffer.write(samples)
        sys.stdout.buffer.flush()
    except Refused as refused:
        return STATUSES[refused.args[0]]
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
