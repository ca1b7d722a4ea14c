"""Where speech begins and ends, by the probabilities of its windows."""

import math
from dataclasses import dataclass

from ai_service.speech.recognition import SAMPLE_RATE
from ai_service.speech.silero import WINDOW

WINDOW_SECONDS = WINDOW / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When somebody counts as speaking. Times are of audio; they are rounded up to whole windows of 32 ms."""

    speech: float = 0.5
    """Probability from which a window is speech, 0 to 1."""
    silence: float = 0.35
    """Probability under which one who speaks falls silent; what lies between goes on as it was."""
    start_seconds: float = 0.1
    """Speech in a row that begins it."""
    stop_seconds: float = 0.25
    """Silence in a row that ends it."""

    @classmethod
    def around(cls, speech: float, *, start_seconds: float, stop_seconds: float) -> "Thresholds":
        """With a silence 0.15 below the speech, which is silero's own choice."""
        return cls(speech, max(0.01, speech - 0.15), start_seconds, stop_seconds)


@dataclass(frozen=True, slots=True)
class Started:
    """Somebody began to speak `at` this window, which is the first over the threshold."""

    at: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """He fell silent `at` this window, which is the first of silence."""

    at: int


class Activity:
    """Tells speech from silence with hysteresis. Windows count from 0."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._start_windows = windows_of(thresholds.start_seconds)
        self._stop_windows = windows_of(thresholds.stop_seconds)
        self._window = 0
        self._run = 0
        self.speaking = False
        self.speech_windows = 0
        """Windows in which somebody spoke, so far."""

    @property
    def dip_windows(self) -> int:
        """Windows of silence in a row, of one who counts as speaking."""
        return self._run if self.speaking else 0

    def next(self, probability: float) -> Started | Stopped | None:
        """Take the next window, and say what it changed."""
        window, self._window = self._window, self._window + 1
        if self.speaking:
            threshold = self._thresholds.speech if self._run else self._thresholds.silence
            if probability < threshold:
                self._run += 1
            else:
                # The silence that went before was a gap between words.
                self.speech_windows += self._run + 1
                self._run = 0
            if self._run < self._stop_windows:
                return None
            return self._turn(speaking=False, at=window + 1 - self._run)
        self._run = self._run + 1 if probability >= self._thresholds.speech else 0
        if self._run < self._start_windows:
            return None
        self.speech_windows += self._run
        return self._turn(speaking=True, at=window + 1 - self._run)

    def end(self) -> Stopped | None:
        """End a speech under way, with its last window of speech, as if silence followed."""
        at = self._window - self._run
        if not self.speaking:
            self._run = 0
            return None
        self._turn(speaking=False, at=at)
        return Stopped(at)

    def _turn(self, *, speaking: bool, at: int) -> Started | Stopped:
        self.speaking = speaking
        self._run = 0
        return Started(at) if speaking else Stopped(at)


def windows_of(seconds: float) -> int:
    """Whole windows that last at least as long, one at the least."""
    return max(1, math.ceil(round(seconds / WINDOW_SECONDS, 6)))
