"""Sounds for tests: recorded speech, and generated signals in which nobody speaks."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ai_service.speech.recognition import SAMPLE_RATE

WAVS = Path(__file__).parents[2] / "speech" / "wavs"

Signal = NDArray[np.float64]


def recorded(name: str) -> bytes:
    """The samples of tests/speech/wavs/NAME.wav."""
    with wave.open(str(WAVS / f"{name}.wav")) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (SAMPLE_RATE, 1, 2)
        return bytes(reader.readframes(reader.getnframes()))


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * SAMPLE_RATE))


def seconds_in(audio: bytes) -> float:
    return len(audio) / 2 / SAMPLE_RATE


def pieces(audio: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(audio), size):
        yield audio[start : start + size]


def pcm(signal: Signal) -> bytes:
    return (np.clip(signal, -1, 1) * 32767).astype("<i2").tobytes()


def noisy(audio: bytes, decibels: float, seed: int) -> bytes:
    """The audio with white noise so many decibels below it."""
    samples = np.frombuffer(audio, "<i2") / 32768
    level = np.sqrt(np.mean(samples[np.abs(samples) > 0.01] ** 2)) / 10 ** (decibels / 20)
    return pcm(samples + np.random.default_rng(seed).normal(0, level, len(samples)))


def _times(seconds: float) -> Signal:
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def white(seconds: float) -> Signal:
    return np.random.default_rng(1).normal(0, 0.1, len(_times(seconds)))


def pink(seconds: float) -> Signal:
    spectrum = np.fft.rfft(white(seconds))
    return np.asarray(np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 1.0)) * 5)


def hum(seconds: float) -> Signal:
    times = _times(seconds)
    return np.asarray(sum(0.1 / n * np.sin(2 * np.pi * 50 * n * times) for n in (1, 2, 3)))


def chord(seconds: float) -> Signal:
    times = _times(seconds)
    return np.asarray(
        sum(0.08 / n * np.sin(2 * np.pi * f * n * times) for f in (261.6, 329.6, 392.0) for n in range(1, 7))
    )


def melody(seconds: float, seed: int = 1) -> Signal:
    """Plucked notes, four a second."""
    random, times = np.random.default_rng(seed), _times(0.25)
    notes = []
    for _ in range(round(seconds * 4)):
        pitch = 440 * 2 ** (random.integers(-12, 12) / 12)
        note = sum(0.2 / n * np.sin(2 * np.pi * pitch * n * times) for n in range(1, 6))
        notes.append(note * np.exp(-3 * times))
    return np.concatenate(notes)


def keyboard(seconds: float) -> Signal:
    return white(seconds) * 3 * (_times(seconds) % 0.18 < 0.012)


NO_SPEECH: dict[str, Callable[[float], Signal]] = {
    "silence": lambda seconds: np.zeros(round(seconds * SAMPLE_RATE)),
    "white noise": white,
    "pink noise": pink,
    "hum": hum,
    "chord": chord,
    "melody": melody,
    "keyboard": keyboard,
}
