"""Sound files for tests, good and bad, made in memory."""

import io
import struct
from collections.abc import Mapping
from functools import cache

import av

RATE = 16_000

# By file name: the muxer, the encoder and its sample rate.
ENCODINGS: Mapping[str, tuple[str, str, int]] = {
    "answer.mp3": ("mp3", "libmp3lame", 16_000),
    "answer.wav": ("wav", "pcm_s16le", 16_000),
    "answer.m4a": ("ipod", "aac", 16_000),
    "answer.webm": ("webm", "libopus", 48_000),
    "answer.ogg": ("ogg", "libopus", 48_000),
    "answer.flac": ("flac", "flac", 16_000),
}


def wav(
    seconds: float = 1.0, *, rate: int = RATE, channels: int = 1, said: int | None = None, samples: bytes = b""
) -> bytes:
    """A WAV of 16 bits with a soft hum; `said` is what its header says of the number of bytes."""
    data = samples or b"\x20\x00\x40\x00\x20\x00\xe0\xff" * int(seconds * (rate or RATE) * channels / 4)
    frame = 2 * channels
    layout = struct.pack("<HHIIHH", 1, channels, rate, rate * frame, frame, 16)
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + layout
    return head + b"data" + struct.pack("<I", len(data) if said is None else said) + data


@cache
def encoded(name: str, seconds: float = 1.0) -> bytes:
    """A soft hum as the format that a name of `ENCODINGS` stands for."""
    muxer, encoder, rate = ENCODINGS[name]
    return _encoded(muxer, encoder, rate, wav(seconds, rate=rate)[44:])


@cache
def ten_hours() -> bytes:
    """An MP3 of 10 hours of silence, small enough to be sent: the same seconds of 8 kbit/s over and over."""
    ten_seconds = _encoded("mp3", "libmp3lame", 8000, bytes(10 * 16_000), bit_rate=8000)
    return ten_seconds + ten_seconds[ten_seconds.index(b"\xff\xe3") :] * 3599


def _encoded(muxer: str, encoder: str, rate: int, samples: bytes, *, bit_rate: int | None = None) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(encoder, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
        frame.planes[0].update(samples.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = rate, 0
        for one in (frame, None):
            for packet in stream.encode(one):
                container.mux(packet)
    return out.getvalue()
