"""Which parts of a text talk to whoever grades it, instead of answering.

Groups of words that together do so (who grades, this answer, a top mark, rules to be ignored) are looked for within a
sentence, in any order, and the markup of roles and verdicts as patterns; both in the text and in what disguises of it
read as. The words and patterns are in data/injections.yaml.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import yaml

from ai_service.grading.disguises import Reading, other_readings, plain_reading, without_accents
from ai_service.grading.segmentation import Sentence
from ai_service.grading.words import DATA_FOLDER

_REACH = 110  # characters within which the words of a rule stand
_STOP = re.compile(r"[.!?;](?=\s|$)|[。！？]")
_TO_YOU = re.compile(r"\byou(?:r|rs|rself)?\b", re.IGNORECASE)
_MOST = 12  # occurrences of a group of words that are tried in a sentence


@dataclass(frozen=True, slots=True)
class _Rules:
    groups: dict[str, re.Pattern[str]]
    together: tuple[tuple[str, ...], ...]
    patterns: tuple[re.Pattern[str], ...]
    telling: tuple[str, ...]


def injected_spans(text: str) -> list[tuple[int, int]]:
    """The parts [start, end) of a text that talk to a grader."""
    rules = _rules()
    plain = plain_reading(text)
    found = list(_found(plain, rules))
    for reading in other_readings(text, plain):
        if sum(word in reading.text for word in rules.telling) >= 2:
            found += _found(reading, rules)
            if " " not in reading.text:  # letters written one by one leave no words to look for
                found.append(reading.span(0, len(reading.text)))
    return found


def injected_sentences(text: str, sentences: Sequence[Sentence]) -> list[bool]:
    """For each of the sentences of `text`, whether it talks to a grader.

    A neighbour of a sentence with a part that does belongs to it when it speaks to "you".
    """
    spans = injected_spans(text)
    if not spans:
        return [False] * len(sentences)
    hit = [any(start < sentence.end and end > sentence.start for start, end in spans) for sentence in sentences]
    return [
        hit[k] or (any(hit[max(k - 1, 0) : k + 2]) and _TO_YOU.search(text, one.start, one.end) is not None)
        for k, one in enumerate(sentences)
    ]


def _found(reading: Reading, rules: _Rules) -> Iterator[tuple[int, int]]:
    for pattern in rules.patterns:
        for match in pattern.finditer(reading.text):
            yield reading.span(match.start(), match.end())
    for start, end in _joined(reading.text, rules):
        yield reading.span(start, end)


def _joined(text: str, rules: _Rules) -> Iterator[tuple[int, int]]:
    stops = [stop.end() for stop in _STOP.finditer(text)]
    known: dict[str, dict[int, list[tuple[int, int]]]] = {}

    def by_sentence(name: str) -> dict[int, list[tuple[int, int]]]:
        if name not in known:
            known[name] = {}
            for match in rules.groups[name].finditer(text):
                known[name].setdefault(bisect_right(stops, match.start()), []).append(match.span())
        return known[name]

    for rule in rules.together:
        if not all(by_sentence(name) for name in rule):  # stops at the first that is absent
            continue
        for sentence in by_sentence(rule[0]):
            groups = [by_sentence(name).get(sentence, [])[:_MOST] for name in rule]
            yield from _nearby(groups)


def _nearby(groups: Sequence[Sequence[tuple[int, int]]]) -> Iterator[tuple[int, int]]:
    """The first span within reach that has one of each group, none of which begins where another does."""
    for spans in product(*groups):
        start, end = min(span[0] for span in spans), max(span[1] for span in spans)
        if end - start <= _REACH and len({span[0] for span in spans}) == len(spans):
            yield start, end
            return


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = yaml.load((DATA_FOLDER / "injections.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    groups = {name: _between_words(entries.split(" | ")) for name, entries in data["words"].items()}
    return _Rules(
        groups,
        tuple(tuple(rule) for rule in data["together"]),
        tuple(re.compile(pattern) for pattern in data["patterns"]),
        tuple(data["telling"]),
    )


def _between_words(entries: Sequence[str]) -> re.Pattern[str]:
    folded = (without_accents(entry) for entry in entries)
    return re.compile(rf"(?<!\w)(?:{'|'.join(folded)})(?!\w)")
