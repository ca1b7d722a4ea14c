"""Recordings as files: good ones in every container, and hostile ones."""

import io
import struct
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler

from ai_service.speech.recognition import SAMPLE_RATE, Samples

# FFmpeg's container and encoder, the sample format that the encoder takes, and its sample rate.
CONTAINERS = {
    "wav": ("wav", "pcm_s16le", "s16", 44_100),
    "mp3": ("mp3", "libmp3lame", "s16p", 44_100),
    "m4a": ("mp4", "aac", "fltp", 44_100),
    "webm": ("webm", "libopus", "s16", 48_000),
    "ogg": ("ogg", "libopus", "s16", 48_000),
    "flac": ("flac", "flac", "s16", 44_100),
}


def recording(kind: str, samples: Samples, *, layout: str = "mono", rate: int = 0) -> bytes:
    """The samples in a container of `CONTAINERS`."""
    container, codec, form, usual_rate = CONTAINERS[kind]
    rate = rate or usual_rate
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=rate)
        stream.layout = layout
        size = stream.codec_context.frame_size or 4096
        resampler = AudioResampler(format=form, layout=layout, rate=rate, frame_size=size)
        for frame in (*_frames(samples), None):
            for resampled in resampler.resample(frame):
                output.mux(stream.encode(resampled))
        output.mux(stream.encode(None))
    return file.getvalue()


def _frames(samples: Samples) -> Iterator[av.AudioFrame]:
    for start in range(0, len(samples), 10 * SAMPLE_RATE):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 10 * SAMPLE_RATE], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = start
        yield frame


def wav(data: bytes, *, rate: int = SAMPLE_RATE, channels: int = 1, declared: int | None = None) -> bytes:
    """A WAV file whose header says what it is told to, whatever is in it."""
    size = len(data) if declared is None else declared
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    riff = min(size + 36, 0xFFFF_FFFF)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size) + data


def silent_flac(seconds: int, rate: int = 4_000) -> bytes:
    """Hours of silence in kilobytes: FLAC writes a block of one value in about twelve bytes."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as output:
        stream: Any = output.add_stream("flac", rate=rate)
        stream.layout = "mono"
        stream.options = {"frame_size": "65535"}
        block = 65_535
        frame = av.AudioFrame.from_ndarray(np.zeros((1, block), np.int16), format="s16", layout="mono")
        frame.sample_rate = rate
        for number in range(seconds * rate // block):
            frame.pts = number * block
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()
