"""How a spoken answer was said, by the times of its words."""

from dataclasses import dataclass


@dataclass(slots=True)
class Pause:
    """A silence of at least 0.25 `seconds` that begins `at` seconds, between the words `after` and `before`.

    `start` is the offset of the word behind it in the answer, None when the answer was edited there.
    """

    at: float
    seconds: float
    after: str
    before: str
    start: int | None


@dataclass(slots=True)
class TimedFiller:
    """A filler at the offset `start` of the answer, said `at` seconds and taking `seconds`."""

    word: str
    start: int
    at: float
    seconds: float


@dataclass(slots=True)
class SpokenDelivery:
    """When the words of a spoken answer were said, in seconds from the beginning of the recording.

    `speech_seconds` run from the first word to the last, pauses included. `word_count` words were said, and
    `timed_word_count` words of the answer are still as they were said: editing the text changes no figure and takes the
    places that it touched. `articulation_rate` is words a minute without the pauses, None for less than a second of
    them. Long pauses are those of a second or more; of more than 500 `pauses` the first are listed.
    """

    speech_seconds: float
    word_count: int
    timed_word_count: int
    articulation_rate: float | None
    pause_count: int
    long_pause_count: int
    pause_seconds: float
    longest_pause_seconds: float
    pauses: tuple[Pause, ...] = ()
    fillers: tuple[TimedFiller, ...] = ()
