"""Recognition of recordings: decoded, cut into stretches of speech, and recognized stretch by stretch."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ai_service.speech.activity import Thresholds
from ai_service.speech.decoding import decoded
from ai_service.speech.faults import SpeechBusy
from ai_service.speech.hearing import Hearing
from ai_service.speech.recognition import SAMPLE_RATE, Listening, RecognizerIdentity, Samples, TranscriptSegment
from ai_service.speech.recording_metrics import RecordingMetrics
from ai_service.speech.segmenting import Closed, Cutting, Happening, Segmenter, Stretch, seconds_of
from ai_service.speech.silero import Silero
from ai_service.speech.spool import Spool

# Voice activity of so much audio is found at a time, off the event loop.
_STEP_SAMPLES = 30 * SAMPLE_RATE
# Long stretches keep sentences whole, and fill the window of Whisper, which costs the same however much is in it.
_CUTTING = Cutting(hold_seconds=1.5, long_seconds=18.0, longest_seconds=28.0)


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """How recordings are heard."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    most_seconds: float = 600.0
    """Longest recording."""
    under_way: int = 32
    """Most at a time, those that arrive or wait among them."""
    at_once: int = 2
    """Most that are decoded and recognized at a time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording was worked through up to `seconds` of `of_seconds`; these segments were heard since the last time.

    `delay` is how long recognizing them took, wall-clock seconds.
    """

    seconds: float
    of_seconds: float
    segments: tuple[TranscriptSegment, ...] = ()
    language: str = ""
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """A recording as text; `confidence` is the mean over the words, None where nothing is known of it."""

    text: str
    segments: tuple[TranscriptSegment, ...]
    language: str
    duration_seconds: float
    confidence: float | None
    speech_seconds: float
    recognizer: RecognizerIdentity


class Recordings:
    """Recognizes recordings, some at once while others wait."""

    def __init__(self, hearing: Hearing, silero: Silero, metrics: RecordingMetrics, rules: RecordingRules) -> None:
        self._hearing = hearing
        self._silero = silero
        self._metrics = metrics
        self._rules = rules
        self._free = asyncio.Semaphore(rules.at_once)
        self._under_way = 0
        metrics.watch(lambda: self._under_way)

    @contextmanager
    def spool(self, listening: Listening) -> Iterator[Spool]:
        """A place among the recordings under way, and where the bytes of this one go.

        Raises `SpeechBusy`, and what `Hearing.recognizer` raises, so that nothing is sent in vain.
        """
        self._hearing.recognizer(listening.language)
        if self._under_way >= self._rules.under_way:
            raise SpeechBusy(self._rules.under_way, "recordings", "SPEECH_RECORDINGS")
        self._under_way += 1
        try:
            with Spool.opened() as spool:
                yield spool
        finally:
            self._under_way -= 1

    async def hear(
        self, spool: Spool, listening: Listening, max_seconds: float = 0.0
    ) -> AsyncGenerator[Heard | Transcript]:
        """Recognize the recording in the spool: what is heard bit by bit, and at last all of it as a transcript.

        `max_seconds` of 0 stands for the service's own bound. Nothing is recognized before it is asked for, and
        closing the generator ends the work. Raises `UnusableAudio`, and what the recognizer raises.
        """
        recognizer = self._hearing.recognizer(listening.language)
        most = min(max_seconds or self._rules.most_seconds, self._rules.most_seconds)
        with self._metrics.observed(recognizer.identity.engine) as observed:
            async with self._free:
                samples = await decoded(spool, most)
                duration = observed.audio_seconds = seconds_of(len(samples))
                yield Heard(0.0, duration)
                stretches, speech_seconds = await self._stretches(samples)
                segments: list[TranscriptSegment] = []
                for stretch in stretches:
                    began = time.perf_counter()
                    heard = await recognizer.recognize(stretch.samples(), listening)
                    listening = replace(listening, language=heard.language)
                    new = tuple(segment.later(seconds_of(stretch.start)) for segment in heard.segments)
                    segments += new
                    reached = seconds_of(min(stretch.start + stretch.length, len(samples)))
                    yield Heard(reached, duration, new, heard.language, time.perf_counter() - began)
            observed.succeed()
            yield Transcript(
                " ".join(segment.text for segment in segments),
                tuple(segments),
                listening.language or next(iter(recognizer.languages), ""),
                duration,
                _confidence(segments),
                min(speech_seconds, duration),
                recognizer.identity,
            )

    async def _stretches(self, samples: Samples) -> tuple[list[Stretch], float]:
        """Those in which somebody speaks, and for how many seconds."""
        segmenter = Segmenter(self._silero.stream(), self._rules.thresholds, _CUTTING)
        stretches: list[Stretch] = []
        for start in range(0, len(samples), _STEP_SAMPLES):
            audio = samples[start : start + _STEP_SAMPLES].astype("<i2", copy=False).tobytes()
            stretches += await asyncio.to_thread(_spoken, segmenter.hear(audio))
        stretches += await asyncio.to_thread(_spoken, segmenter.end())
        return stretches, segmenter.speech_seconds


def _spoken(happenings: Iterable[Happening]) -> list[Stretch]:
    return [one.stretch for one in happenings if isinstance(one, Closed) and one.has_speech]


def _confidence(segments: Sequence[TranscriptSegment]) -> float | None:
    """Mean over the words; that of a segment without words stands for all of its own."""
    known: list[float] = []
    for segment in segments:
        if segment.words:
            known += [word.confidence for word in segment.words if word.confidence is not None]
        elif segment.confidence is not None:
            known += [segment.confidence] * max(1, len(segment.text.split()))
    return sum(known) / len(known) if known else None
