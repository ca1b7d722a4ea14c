"""Words and phrases that count only in some of their readings, found in a text by what stands around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import yaml

from ai_service.grading.grade import FoundPhrase
from ai_service.grading.words import DATA_FOLDER, Word, words_of

_PAUSE_BEFORE = re.compile(r"(?:\A|[,.;:!?…\n—–(\"“]|\s-)\s*\Z")
_PAUSE_AFTER = re.compile(r"\s*(?:\Z|[,.;:!?…\n—–)\"”]|-\s)")
_NEAR = 12  # code points that are looked at for a pause


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of a phrase that counts; data/fillers.yaml says what its members mean."""

    forms: tuple[str, ...]
    always: bool
    set_off: bool
    after: frozenset[str]
    before: frozenset[str]
    not_after: frozenset[str]
    not_before: frozenset[str]


def find_phrases(name: str, text: str, words: Sequence[Word]) -> tuple[FoundPhrase, ...]:
    """The phrases of data/<name> in `text`, whose words are `words`, in order of their first places.

    No word counts twice; where several phrases begin at the same word, the longest counts.
    """
    places: dict[str, list[int]] = {}
    for phrase, start in _found(_readings(name), text, words):
        places.setdefault(phrase, []).append(start)
    return tuple(FoundPhrase(phrase, tuple(starts)) for phrase, starts in places.items())


def _found(readings: dict[str, tuple[_Reading, ...]], text: str, words: Sequence[Word]) -> Iterator[tuple[str, int]]:
    index = 0
    while index < len(words):
        taken = 1
        for reading in readings.get(words[index].form, ()):
            if _counts(reading, text, words, index):
                yield " ".join(reading.forms), words[index].start
                taken = len(reading.forms)
                break
        index += taken


def _counts(reading: _Reading, text: str, words: Sequence[Word], index: int) -> bool:
    end = index + len(reading.forms)
    said = words[index:end]
    if tuple(word.form for word in said) != reading.forms or _is_name(text, said):
        return False
    if any(not text[one.end : other.start].isspace() for one, other in pairwise(said)):
        return False
    before = words[index - 1] if index else None
    after = words[end] if end < len(words) else None
    if (before and before.form in reading.not_after) or (after and after.form in reading.not_before):
        return False
    if reading.always:
        return True
    start, stop = said[0].start, said[-1].end
    if reading.set_off:
        return bool(_PAUSE_BEFORE.search(text[max(0, start - _NEAR) : start])) and bool(
            _PAUSE_AFTER.match(text, stop, stop + _NEAR)
        )
    return (
        not reading.after
        or (before is not None and before.form in reading.after and text[before.end : start].isspace())
    ) and (
        not reading.before
        or (after is not None and after.form in reading.before and text[stop : after.start].isspace())
    )


def _is_name(text: str, said: Sequence[Word]) -> bool:
    """Whether the phrase is written in capitals, as the ER of a diagram and the LIKE of a query are."""
    written = text[said[0].start : said[-1].end]
    return len(written) > 1 and written.isupper()


@cache
def _readings(name: str) -> dict[str, tuple[_Reading, ...]]:
    path = DATA_FOLDER / name
    entries: list[dict[str, Any]] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    by_first: dict[str, list[_Reading]] = {}
    for entry in entries:
        forms = tuple(word.form for word in words_of(entry["phrase"]))
        sides = (frozenset(entry.get(side, ())) for side in ("after", "before", "not_after", "not_before"))
        reading = _Reading(forms, entry.get("always", False), entry.get("set_off", False), *sides)
        by_first.setdefault(forms[0], []).append(reading)
    return {
        first: tuple(sorted(readings, key=lambda reading: -len(reading.forms))) for first, readings in by_first.items()
    }
