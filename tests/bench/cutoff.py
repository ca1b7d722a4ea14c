"""False cut-offs: how often a pause is taken for the end of a turn, and how long the end of one is waited for.

The corpus is made of the recorded speech: two parts with a pause between them, with white noise of several levels.
What is real is voice activity (silero) and turn-taking; words are those of the text, known as soon as speech stops,
once with the punctuation of a recognizer such as Whisper and once without any, as pocketsphinx gives them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from random import Random
from typing import Any

import numpy as np

from ai_service.speech.activity import Thresholds
from ai_service.speech.segmenting import Closed, Cutting, PartialDue, Segmenter, SpeechStarted, SpeechStopped, Stretch
from ai_service.speech.silero import Silero
from chat_service.interviews.live.voice.turn_taking import TurnTaking, TurnTimes
from tests.bench.figures import percentile
from tests.bench.recorded import SAMPLE_RATE, Recording, recordings

PAUSES = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0)
NOISES = (None, 20.0, 10.0)
"""Decibels between speech and noise; None without any."""
FACTORS = (0.5, 0.75, 1.0, 1.5)
"""Of the default times."""

_PLEA = "let_me_think"
_LEAD_SECONDS = 0.5
_AFTER_SECONDS = 7.0
_STEP_SECONDS = 0.02
_LOUD = 0.01
_PUNCTUATION = re.compile(r"[^\w\s'’]")


class Pause(StrEnum):
    """What stands before a pause."""

    WITHIN = "within a sentence"
    BETWEEN = "after a sentence"
    PLEA = "after a plea for time"


@dataclass(frozen=True)
class Part:
    """Speech in an utterance; places are samples."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Spoken:
    """An utterance of two parts and silence, PCM of 16 bits, little endian."""

    kind: Pause
    pause: float
    noise: float | None
    audio: bytes
    parts: tuple[Part, Part]


@dataclass(frozen=True)
class Heard:
    """What was told at a time, seconds: speech that began or stopped, or words that replace those of the stretch."""

    at: float
    event: SpeechStarted | SpeechStopped | str


@dataclass(frozen=True)
class CutOffs:
    """Of the utterances with this pause: how many were cut off, and the delays of the turns that were not, seconds."""

    kind: Pause
    pause: float
    utterances: int
    cut_off: int


@dataclass(frozen=True)
class CutOffFigures:
    """With these times, in multiples of the default ones, with or without punctuation."""

    factor: float
    punctuated: bool
    by_pause: Sequence[CutOffs]
    delay_p50: float
    delay_p95: float
    endless: int
    """Turns that silence did not end within seven seconds."""

    @property
    def utterances(self) -> int:
        """All of them."""
        return sum(one.utterances for one in self.by_pause)

    @property
    def cut_off(self) -> int:
        """Those that were cut off."""
        return sum(one.cut_off for one in self.by_pause)


def measure(default: TurnTimes | None = None) -> Iterator[CutOffFigures]:
    """The figures of each factor, with punctuation and without."""
    times, silero = default or TurnTimes(), Silero.load()
    heard = [(one, _hear(one, silero)) for one in corpus()]
    for punctuated, factor in product((True, False), FACTORS):
        yield _figures(heard, _scaled(times, factor), factor, punctuated=punctuated)


def corpus() -> Iterator[Spoken]:
    """The utterances, always the same ones."""
    spoken = recordings()
    plea = next(one for one in spoken if one.name == _PLEA)
    rest = [one for one in spoken if one.name != _PLEA]
    for pause, noise in product(PAUSES, NOISES):
        for place, one in enumerate(rest):
            first, second = _halves(one)
            other = rest[(place + 1) % len(rest)]
            for kind, before, after in (
                (Pause.WITHIN, first, second),
                (Pause.BETWEEN, one, other),
                (Pause.PLEA, plea, one),
            ):
                yield _spoken(kind, pause, noise, before, after, seed=f"{kind} {pause} {noise} {place}")


def _spoken(kind: Pause, pause: float, noise: float | None, before: Recording, after: Recording, seed: str) -> Spoken:
    silence = [np.zeros(round(seconds * SAMPLE_RATE)) for seconds in (_LEAD_SECONDS, pause, _AFTER_SECONDS)]
    first, second = (_trimmed(one.audio) for one in (before, after))
    signal = np.concatenate([silence[0], first, silence[1], second, silence[2]])
    start = len(silence[0]) + len(first) + len(silence[1])
    if noise is not None:
        loud = signal[np.abs(signal) > _LOUD]
        level = float(np.sqrt(np.mean(loud**2))) / 10 ** (noise / 20)
        signal += np.random.default_rng(Random(seed).getrandbits(64)).normal(0, level, len(signal))
    return Spoken(
        kind,
        pause,
        noise,
        (np.clip(signal, -1, 1) * 32767).astype("<i2").tobytes(),
        (
            Part(len(silence[0]), len(silence[0]) + len(first), before.text),
            Part(start, start + len(second), after.text),
        ),
    )


def _trimmed(audio: bytes) -> Any:
    """The speech between the silences of a recording, so that a pause is as long as it says."""
    samples = np.frombuffer(audio, "<i2") / 32768
    loud = np.flatnonzero(np.abs(samples) > _LOUD)
    return samples[loud[0] : loud[-1] + 1]


def _halves(one: Recording) -> tuple[Recording, Recording]:
    """A recording cut at the quietest place of its middle, and its words in the same proportion."""
    samples = np.frombuffer(one.audio, "<i2").astype(np.float64)
    size = SAMPLE_RATE // 50
    energies = [float(np.sum(samples[start : start + size] ** 2)) for start in range(0, len(samples) - size, size)]
    first, last = round(0.35 * len(energies)), round(0.65 * len(energies))
    cut = size * (first + int(np.argmin(energies[first:last]))) + size // 2
    words = one.text.split()
    letters, count = len(one.text) * cut / len(samples), 1
    while count < len(words) - 1 and len(" ".join(words[: count + 1])) <= letters:
        count += 1
    return (
        replace(one, text=" ".join(words[:count]), audio=one.audio[: 2 * cut]),
        replace(one, text=" ".join(words[count:]), audio=one.audio[2 * cut :]),
    )


def _hear(spoken: Spoken, silero: Silero) -> list[Heard]:
    """What is told of an utterance in the order of time, when as much of it has come as is needed for it."""
    segmenter, told = Segmenter(silero.stream(), Thresholds(), Cutting()), []
    size = 2 * round(_STEP_SECONDS * SAMPLE_RATE)
    for start in range(0, len(spoken.audio), size):
        happened = list(segmenter.hear(spoken.audio[start : start + size]))
        now = segmenter.position / SAMPLE_RATE
        for one in happened:
            match one:
                case SpeechStarted() | SpeechStopped():
                    told.append(Heard(now, one))
                case PartialDue(stretch, at_stop=True):
                    told.append(Heard(now, _words(spoken, stretch)))
                case Closed(stretch, has_speech=True):
                    told.append(Heard(now, _words(spoken, stretch) + "\n"))
    return told


def _words(spoken: Spoken, stretch: Stretch) -> str:
    """Those of the parts whose middle lies in the stretch."""
    end = stretch.start + stretch.length
    return " ".join(one.text for one in spoken.parts if stretch.start <= (one.start + one.end) / 2 < end)


def _ends_at(heard: Sequence[Heard], times: TurnTimes, *, punctuated: bool) -> float | None:
    """When silence ends the turn; None when it does not."""
    taking = TurnTaking(times)
    for one in heard:
        ended = _ended_before(taking, one.at)
        if ended is not None:
            return ended
        match one.event:
            case SpeechStarted():
                taking.speech_started(one.at)
            case SpeechStopped(at):
                taking.speech_stopped(at)
            case str(text):
                words = text if punctuated else _PUNCTUATION.sub("", text).lower()
                (taking.final if text.endswith("\n") else taking.partial)(words.strip())
    return _ended_before(taking, heard[-1].at + _AFTER_SECONDS) if heard else None


def _ended_before(taking: TurnTaking, at: float) -> float | None:
    silent_since = taking.silent_since
    if silent_since is None or not taking.text:
        return None
    looked = silent_since
    while True:
        verdict = taking.verdict(looked)
        if verdict.ended_by is not None:
            return looked
        if verdict.look_again_at is None or verdict.look_again_at > at:
            return None
        looked = verdict.look_again_at


def _figures(
    heard: Sequence[tuple[Spoken, Sequence[Heard]]], times: TurnTimes, factor: float, *, punctuated: bool
) -> CutOffFigures:
    counts: dict[tuple[Pause, float], list[bool]] = {}
    delays, endless = [], 0
    for spoken, told in heard:
        ended = _ends_at(told, times, punctuated=punctuated)
        second = spoken.parts[1]
        is_cut_off = ended is not None and ended < second.end / SAMPLE_RATE
        counts.setdefault((spoken.kind, spoken.pause), []).append(is_cut_off)
        if ended is None:
            endless += 1
        elif not is_cut_off:
            delays.append(ended - second.end / SAMPLE_RATE)
    delays.sort()
    return CutOffFigures(
        factor,
        punctuated,
        [CutOffs(kind, pause, len(cuts), sum(cuts)) for (kind, pause), cuts in counts.items()],
        percentile(delays, 50),
        percentile(delays, 95),
        endless,
    )


def _scaled(times: TurnTimes, factor: float) -> TurnTimes:
    return replace(times, done=times.done * factor, open=times.open * factor, trailing=times.trailing * factor)
