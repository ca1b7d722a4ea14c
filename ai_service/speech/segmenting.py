"""A running conversation cut into stretches of speech, by voice activity. Driven by the audio's own time alone."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from ai_service.speech.activity import WINDOW_SECONDS, Activity, Started, Stopped, Thresholds, windows_of
from ai_service.speech.recognition import SAMPLE_RATE, Samples
from ai_service.speech.silero import WINDOW

# Before the first window over the threshold: the quiet consonant that a word may begin with.
_LEAD_SECONDS = 0.3
# What is to be recognized has a few windows that are speech beyond doubt, or goes on for long: plucked strings, say,
# are over the threshold now and then, but not for long and not by far (tests/ai_service/speech has the signals).
_SURE_ABOVE, _SURE_WINDOWS, _MANY_SECONDS = 0.3, 3, 0.5
# A dip between words, where a long stretch may be cut.
_DIP_SECONDS = 0.1


class Probabilities(Protocol):
    """Tells how likely speech is, such as a `SileroStream`."""

    def probabilities(self, samples: Samples) -> list[float]:
        """One for each window of WINDOW samples."""
        ...


@dataclass(frozen=True, slots=True)
class Cutting:
    """How a conversation is cut, in seconds of audio."""

    hold_seconds: float = 0.35
    """From the stop of speech until its words are final, unless speech goes on."""
    partial_seconds: float = 0.5
    """Shortest time between partial results."""
    long_seconds: float = 12.0
    """From here on a stretch ends at the next stop, or dip between two words."""
    longest_seconds: float = 20.0
    """A stretch ends here at the latest."""


@dataclass(slots=True, eq=False)
class Stretch:
    """A stretch of audio that is recognized as one; it grows until it is closed. Places are samples of the stream."""

    start: int
    parts: list[Samples] = field(default_factory=list)
    length: int = 0
    speech_end: int = 0
    """Where its last sound of speech ends; counts once it is closed."""
    speech_windows: int = 0
    """Windows over the threshold of speech."""
    sure_windows: int = 0
    """Those of them that are far over it."""
    closed: bool = False

    def samples(self) -> Samples:
        """What there is of it so far."""
        return np.concatenate(self.parts) if self.parts else np.empty(0, np.int16)

    def add(self, window: Samples, *, is_speech: bool, is_sure: bool) -> None:
        """Append the next window."""
        self.parts.append(window)
        self.length += len(window)
        self.speech_windows += is_speech
        self.sure_windows += is_sure


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak `at` this second of the stream."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """He fell silent `at` this second: where the last sound of speech ends."""

    at: float


@dataclass(frozen=True, slots=True)
class Opened:
    """A stretch begins; it follows the one before, which is closed."""

    stretch: Stretch


@dataclass(frozen=True, slots=True)
class PartialDue:
    """The stretch is worth a partial result."""

    stretch: Stretch
    at_stop: bool
    """Whether speech has just stopped, so that these may be all of its words."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The stretch is complete."""

    stretch: Stretch
    has_speech: bool
    """Whether there is anything in it to be recognized."""


Happening: TypeAlias = SpeechStarted | SpeechStopped | Opened | PartialDue | Closed


class Segmenter:
    """Hears a stream of bytes, 16-bit little-endian mono samples at SAMPLE_RATE, cut into pieces anywhere."""

    def __init__(self, model: Probabilities, thresholds: Thresholds, cutting: Cutting) -> None:
        self._model = model
        self._activity = Activity(thresholds)
        self._speech = thresholds.speech
        self._sure = min(0.95, thresholds.speech + _SURE_ABOVE)
        self._least_speech = windows_of(thresholds.start_seconds)
        self._hold = windows_of(cutting.hold_seconds) if cutting.hold_seconds else 0
        self._partial = windows_of(cutting.partial_seconds)
        self._long = windows_of(cutting.long_seconds)
        self._longest = windows_of(cutting.longest_seconds)
        self._dip = windows_of(_DIP_SECONDS)
        self._bytes = bytearray()
        self._windows = 0
        self._received = 0
        self._many = windows_of(_MANY_SECONDS)
        self._recent: deque[tuple[Samples, float]] = deque(maxlen=windows_of(_LEAD_SECONDS) + self._least_speech)
        self._stretch: Stretch | None = None
        self._until_partial = 0
        self._until_closed = 0

    @property
    def position(self) -> int:
        """Whole samples that have come."""
        return self._received // 2

    @property
    def speech_seconds(self) -> float:
        """Seconds of them in which somebody spoke."""
        return self._activity.speech_windows * WINDOW_SECONDS

    def hear(self, audio: bytes) -> Iterator[Happening]:
        """Take the next bytes, and tell what happens in them, in order. All of it has to be read."""
        self._received += len(audio)
        yield from self._hear(audio)

    def _hear(self, audio: bytes) -> Iterator[Happening]:
        self._bytes += audio
        whole = len(self._bytes) // (2 * WINDOW)
        if not whole:
            return
        size = whole * 2 * WINDOW
        samples = np.frombuffer(bytes(self._bytes[:size]), "<i2").astype(np.int16, copy=False)
        del self._bytes[:size]
        windows = samples.reshape(-1, WINDOW)
        for window, probability in zip(windows, self._model.probabilities(samples), strict=True):
            yield from self._next(window, probability)

    def flush(self) -> Iterator[Happening]:
        """End what is being said: a stretch under way is closed at once, and its speech has stopped."""
        stopped = self._activity.end()
        stretch = self._stretch
        if stopped is not None and stretch is not None:
            yield self._stop(stretch, stopped)
        if stretch is not None:
            yield self._close(stretch)
        self._recent.clear()

    def end(self) -> Iterator[Happening]:
        """The stream has ended: what is left of a window counts as a whole one, and all is flushed."""
        left = len(self._bytes) // 2
        if left:
            missing = 2 * (WINDOW - left) - len(self._bytes) % 2
            yield from self._hear(bytes(missing))
        yield from self.flush()

    def _next(self, window: Samples, probability: float) -> Iterator[Happening]:
        self._windows += 1
        changed = self._activity.next(probability)
        stretch = self._stretch
        if stretch is None:
            self._recent.append((window, probability))
        else:
            self._add(stretch, window, probability)
        if isinstance(changed, Started):
            yield SpeechStarted(changed.at * WINDOW_SECONDS)
            if stretch is None:
                yield self._open()
        elif stretch is not None and isinstance(changed, Stopped):
            yield self._stop(stretch, changed)
            if stretch.length < self._long * WINDOW and self._hold:
                yield PartialDue(stretch, at_stop=True)
            else:
                yield self._close(stretch)
        elif stretch is not None:
            yield from self._progress(stretch)

    def _progress(self, stretch: Stretch) -> Iterator[Happening]:
        if not self._activity.speaking:
            self._until_closed -= 1
            if self._until_closed <= 0:
                yield self._close(stretch)
            return
        length = stretch.length // WINDOW
        if length >= self._longest or (length >= self._long and self._activity.dip_windows >= self._dip):
            stretch.speech_end = self._windows * WINDOW - self._activity.dip_windows * WINDOW
            yield self._close(stretch)
            yield self._open()
            return
        self._until_partial -= 1
        if self._until_partial <= 0 and not self._activity.dip_windows:
            self._until_partial = self._partial
            yield PartialDue(stretch, at_stop=False)

    def _open(self) -> Opened:
        kept = list(self._recent)
        self._recent.clear()
        stretch = Stretch((self._windows - len(kept)) * WINDOW)
        for window, probability in kept:
            self._add(stretch, window, probability)
        self._stretch = stretch
        self._until_partial = max(1, self._partial - (self._least_speech if kept else 0))
        return Opened(stretch)

    def _add(self, stretch: Stretch, window: Samples, probability: float) -> None:
        stretch.add(window, is_speech=probability >= self._speech, is_sure=probability >= self._sure)

    def _stop(self, stretch: Stretch, stopped: Stopped) -> SpeechStopped:
        stretch.speech_end = stopped.at * WINDOW
        self._until_closed = self._hold
        return SpeechStopped(stopped.at * WINDOW_SECONDS)

    def _close(self, stretch: Stretch) -> Closed:
        stretch.closed = True
        self._stretch = None
        has_speech = stretch.sure_windows >= _SURE_WINDOWS or stretch.speech_windows >= self._many
        return Closed(stretch, has_speech)


def seconds_of(samples: int) -> float:
    """How long so many samples last."""
    return samples / SAMPLE_RATE
