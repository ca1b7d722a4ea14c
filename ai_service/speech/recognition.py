"""The interface of a recognizer: an utterance in, its words with their times out."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias
from unicodedata import category

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz of all audio inside the service."""

LONGEST_UTTERANCE_SECONDS = 30.0
"""Longest audio that a recognizer takes at once; the window of Whisper."""

Samples: TypeAlias = npt.NDArray[np.int16]
"""Mono audio at `SAMPLE_RATE`, one dimension."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word as the recognizer writes it, without white space; times in seconds, `confidence` 0 to 1 or None."""

    text: str
    start: float
    end: float
    confidence: float | None = None

    def later(self, seconds: float) -> "SpokenWord":
        """The same word, said `seconds` later."""
        return replace(self, start=self.start + seconds, end=self.end + seconds)


@dataclass(frozen=True, slots=True)
class TranscriptSegment:
    """A run of words, about a sentence. `words` is empty where the recognizer gives no times."""

    text: str
    start: float
    end: float
    confidence: float | None = None
    words: tuple[SpokenWord, ...] = ()

    def later(self, seconds: float) -> "TranscriptSegment":
        """The same segment, said `seconds` later."""
        words = tuple(word.later(seconds) for word in self.words)
        return replace(self, start=self.start + seconds, end=self.end + seconds, words=words)


@dataclass(frozen=True, slots=True)
class RecognizerIdentity:
    """Who recognizes. `low_accuracy` tells that a person should read the text before it counts."""

    engine: str
    model: str
    low_accuracy: bool = False


@dataclass(frozen=True, slots=True)
class Listening:
    """What to listen for: `language` (ISO 639-1, empty: unknown) and `hints`, likely words, data only."""

    language: str = ""
    hints: str = ""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said: segments in order, none where nothing was understood, and its language (ISO 639-1)."""

    language: str
    segments: tuple[TranscriptSegment, ...]


class Recognizer(Protocol):
    """Recognizes utterances. Calls may run concurrently; the work happens off the event loop."""

    @property
    def identity(self) -> RecognizerIdentity:
        """Who recognizes, as it is recorded beside the words."""
        ...

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 of the languages that are known; empty: any that the model may know."""
        ...

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        """The words of at most `LONGEST_UTTERANCE_SECONDS` of audio, times from its beginning.

        Whether anybody speaks at all is decided before, by voice activity. Cancelling the task ends the work after the
        step under way (a window of Whisper, half a second of pocketsphinx, a request to an endpoint).
        Raises `LanguageUnsupported` and, where the model is still being loaded or failed, `SpeechModelFault`.
        """
        ...

    async def close(self) -> None:
        """Give back threads and connections."""
        ...


def in_order(segments: Iterable[TranscriptSegment], seconds: float) -> Iterator[TranscriptSegment]:
    """Segments of audio of so many seconds, with times inside of it, none before the one that goes before.

    What a model or an endpoint tells is bounded like anybody's numbers.
    """
    floor = 0.0
    for segment in segments:
        words, edge = [], floor
        for word in segment.words:
            start = _bounded(word.start, edge, seconds)
            edge = _bounded(word.end, start, seconds)
            confidence = None if word.confidence is None else _bounded(word.confidence, 0.0, 1.0)
            words.append(SpokenWord(word.text, start, edge, confidence))
        start = _bounded(segment.start, floor, words[0].start if words else seconds)
        floor = _bounded(segment.end, max(start, edge), seconds)
        confidence = None if segment.confidence is None else _bounded(segment.confidence, 0.0, 1.0)
        yield TranscriptSegment(segment.text, start, floor, confidence, tuple(words))


def _bounded(value: float, lowest: float, highest: float) -> float:
    return min(highest, max(lowest, float(value))) if math.isfinite(value) else lowest


def spoken_text(text: str) -> str:
    """What a recognizer wrote, with single spaces, without control and broken characters, which no text may hold."""
    kept = (" " if one == "\ufffd" or category(one) in {"Cc", "Cs"} else one for one in text)
    return " ".join("".join(kept).split())


def check_length(samples: Samples) -> None:
    """Raises ValueError for more audio than a recognizer takes at once."""
    if len(samples) > LONGEST_UTTERANCE_SECONDS * SAMPLE_RATE:
        raise ValueError(f"{len(samples)} samples are more than {LONGEST_UTTERANCE_SECONDS:g} s")
