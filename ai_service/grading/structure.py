"""The parts that order an answer, each with the sentence that shows it."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

import yaml

from ai_service.grading.grade import Quote, StructurePart
from ai_service.grading.segmentation import Sentence
from ai_service.grading.words import DATA_FOLDER, read_lines, words_of


def order_of(answer: str, sentences: Sequence[Sentence], subject: frozenset[str]) -> tuple[StructurePart, ...]:
    """The opening, the steps, the reasons and the conclusion of an explanation, in this order.

    opening: the first of several sentences, when it names the subject (has one of the stems `subject`).
    steps: a word that orders ("first", "then") where a sentence or clause begins.
    reasons: a word that gives a reason, a condition, a contrast or an example.
    conclusion: a word that closes in the last of several sentences.
    """
    first, last = (sentences[0], sentences[-1]) if len(sentences) > 1 else (None, None)
    opens = first is not None and any(word.stem in subject for word in words_of(answer[first.start : first.end]))
    closes = last is not None and _cues("conclusions.txt").search(_plain(answer), last.start, last.end)
    return (
        StructurePart("opening", _quote(answer, first) if first is not None and opens else None),
        StructurePart("steps", _shown(answer, sentences, _steps())),
        StructurePart("reasons", _shown(answer, sentences, _cues("reasons.txt"))),
        StructurePart("conclusion", _quote(answer, last) if last is not None and closes else None),
    )


def story_of(answer: str, sentences: Sequence[Sentence]) -> tuple[StructurePart, ...]:
    """The situation, the task, the action and the result of a story, in this order, by the cues of data/story.yaml."""
    return tuple(StructurePart(name, _shown(answer, sentences, cue)) for name, cue in _story_cues())


def _shown(answer: str, sentences: Sequence[Sentence], cue: re.Pattern[str]) -> Quote | None:
    """The first sentence that has the cue."""
    match = cue.search(_plain(answer))
    if match is None:
        return None
    place = match.start(match.lastgroup or 0)
    return next((_quote(answer, one) for one in sentences if one.start <= place < one.end), None)


def _quote(answer: str, sentence: Sentence) -> Quote:
    return Quote(answer[sentence.start : sentence.end], sentence.start, sentence.end)


def _plain(answer: str) -> str:
    """The answer with the apostrophe that the cues have; places stay the same."""
    return answer.replace("’", "'")


@cache
def _story_cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    path = DATA_FOLDER / "story.yaml"
    cues: dict[str, list[str]] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return tuple((part, _any_of(phrases)) for part, phrases in cues.items())


@cache
def _cues(name: str) -> re.Pattern[str]:
    return _any_of(read_lines(name))


@cache
def _steps() -> re.Pattern[str]:
    """Cues of data/steps.txt; those with a trailing comma need a pause on both sides or a word like "and" before."""
    lines = read_lines("steps.txt")
    opening = "|".join(re.escape(line[:-1]) for line in lines if line.endswith(","))
    plain = _alternatives(line for line in lines if not line.endswith(","))
    return re.compile(
        rf"(?<![\w'])(?P<cue>{plain})(?![\w'])"
        rf"|(?:\A|[.!?;:,\n—(]\s*|\s(?:and|but|so)\s)(?P<opening>{opening})(?=\s*,|\s(?:i|we|you|it|the|a|an|they|comes?)\s)",
        re.IGNORECASE,
    )


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![\w'])|(?=%))(?P<cue>{_alternatives(phrases)})(?![\w'])", re.IGNORECASE)


def _alternatives(phrases: Iterable[str]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))
