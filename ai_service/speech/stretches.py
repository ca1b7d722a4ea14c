"""Recognition of one stretch of a conversation while it grows."""

from typing import Protocol

from ai_service.speech.recognition import Listening, Recognizer, TranscriptSegment, Utterance
from ai_service.speech.segmenting import Stretch, seconds_of


class StretchRecognition(Protocol):
    """Recognizes one stretch, as often as it is asked."""

    async def words(self) -> Utterance:
        """What was said in the stretch so far, with times of the stream. Cancelling it loses nothing."""
        ...

    async def close(self) -> None:
        """Give back what it holds; it is asked no more."""
        ...


class WholeRecognition:
    """Recognizes all of the stretch each time, which its bounded length makes bearable."""

    def __init__(self, recognizer: Recognizer, listening: Listening, stretch: Stretch) -> None:
        self._recognizer = recognizer
        self._listening = listening
        self._stretch = stretch

    async def words(self) -> Utterance:
        """As `StretchRecognition.words`."""
        heard = await self._recognizer.recognize(self._stretch.samples(), self._listening)
        return placed(heard, self._stretch)

    async def close(self) -> None:
        """As `StretchRecognition.close`."""


def placed(heard: Utterance, stretch: Stretch) -> Utterance:
    """What was heard in a stretch, with times of the stream instead of those of the stretch."""
    offset = seconds_of(stretch.start)
    return Utterance(heard.language, tuple(segment.later(offset) for segment in heard.segments))


def joined(segments: tuple[TranscriptSegment, ...]) -> TranscriptSegment | None:
    """Segments as one; None when nothing was said."""
    if len(segments) <= 1:
        return segments[0] if segments else None
    known = [one.confidence for one in segments if one.confidence is not None]
    return TranscriptSegment(
        " ".join(one.text for one in segments),
        segments[0].start,
        segments[-1].end,
        sum(known) / len(known) if known else None,
        tuple(word for one in segments for word in one.words),
    )
