"""What the end of somebody's words says of whether he has ended. The words are data, in turn_phrases.json."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Self

from pydantic import TypeAdapter

_WORD = re.compile(r"[\w'’]+")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s*$")
_OPEN_END = re.compile(r"(?:\.\.\.|…|[,;:—–-])[\"')\]]*\s*$")


class Ending(StrEnum):
    """How words end.

    `nothing`: there is none, or nothing but sounds of thinking or a plea for time. `finished`: with a sentence. `open`:
    they may or may not go on. `trailing`: in the middle of a thought. `asks_for_time`: with a plea for time.
    """

    NOTHING = "nothing"
    FINISHED = "finished"
    OPEN = "open"
    TRAILING = "trailing"
    ASKS_FOR_TIME = "asks_for_time"


@dataclass(frozen=True, slots=True)
class Plea:
    """A phrase that asks for time, and how many seconds it buys; some only when nothing else was said beside it."""

    phrase: str
    seconds: float
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words that tell endings apart, in lower case. `plea_words` add nothing to a plea that they stand beside."""

    fillers: frozenset[str]
    trailing_fillers: frozenset[str]
    trailing_words: frozenset[str]
    trailing_phrases: frozenset[str]
    complete_phrases: frozenset[str]
    plea_words: frozenset[str]
    asking_for_time: tuple[Plea, ...]

    @classmethod
    def load(cls) -> Self:
        """Those of the data file."""
        return TypeAdapter(cls).validate_json(files(__package__).joinpath("turn_phrases.json").read_bytes())

    def read(self, text: str) -> tuple[Ending, float]:
        """How the text ends, and the seconds that it asks for (0 without a plea)."""
        words = _words(text)
        if all(word in self.fillers for word in words):
            return Ending.NOTHING, 0.0
        plea = self._plea(words, alone=self.says_nothing(text))
        if plea is not None:
            return Ending.ASKS_FOR_TIME, plea.seconds
        return self._ending(words, text), 0.0

    def says_nothing(self, text: str) -> bool:
        """Whether there is nothing in the text but sounds of thinking and pleas for time."""
        words, pleas = _words(text), 0
        for one in sorted(self.asking_for_time, key=lambda plea: -len(plea.phrase)):
            words, found = _without(words, one.phrase.split())
            pleas += found
        idle = self.fillers | self.plea_words if pleas else self.fillers
        return all(word in idle for word in words)

    def _ending(self, words: Sequence[str], text: str) -> Ending:
        if _ends_with(words, self.complete_phrases):
            return Ending.FINISHED
        if (
            _OPEN_END.search(text)
            or words[-1] in self.trailing_fillers
            or words[-1] in self.trailing_words
            or _ends_with(words, self.trailing_phrases)
        ):
            return Ending.TRAILING
        return Ending.FINISHED if _SENTENCE_END.search(text) else Ending.OPEN

    def _plea(self, words: Sequence[str], *, alone: bool) -> Plea | None:
        """The longest-lasting plea that the words end with, but for words that belong to it."""
        end = len(words)
        longest: Plea | None = None
        while True:
            for one in self.asking_for_time:
                plea = one.phrase.split()
                if list(words[max(0, end - len(plea)) : end]) == plea and (alone or not one.alone):
                    longest = one if longest is None or one.seconds > longest.seconds else longest
            if end == 0 or words[end - 1] not in self.plea_words | self.fillers:
                return longest
            end -= 1


def _words(text: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(text)]


def _ends_with(words: Sequence[str], phrases: frozenset[str]) -> bool:
    return any(" ".join(words[-length:]) in phrases for length in range(1, 6) if length <= len(words))


def _without(words: Sequence[str], phrase: Sequence[str]) -> tuple[list[str], int]:
    """The words without the phrase, and how often it was among them."""
    left, place, found = list(words), 0, 0
    while place + len(phrase) <= len(left):
        if left[place : place + len(phrase)] == list(phrase):
            del left[place : place + len(phrase)]
            found += 1
        else:
            place += 1
    return left, found


PHRASES: Phrases = Phrases.load()
