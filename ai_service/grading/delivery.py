"""How an answer was said. Figures from 0 to 100 that stand beside a score and never enter it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from ai_service.grading.alignment import rarity
from ai_service.grading.grade import Delivery, ExpectedPoint, FillerWord
from ai_service.grading.grammar import grammar_issues
from ai_service.grading.segmentation import Sentence, sentences_of
from ai_service.grading.words import Word, content_stems, read_lines, stem, words_of

_KEYWORDS_A_POINT = 2
_DISFLUENT = 0.20  # fillers and repetitions a word at which nothing is left of fluency
_HEDGED = 0.10  # hedges a word at which nothing is left of confidence
_SHORTEST_SPEECH = 1.0  # seconds
_PAUSE = re.compile(r"[,.;:!?…\n–—-]")


@dataclass(frozen=True, slots=True)
class Said:
    """What is measured: the answer and its words, what was expected, and how long it took to say, if known.

    `relevance` is the share of the answer that serves the question, None when that was not measured.
    """

    answer: str
    words: Sequence[Word]
    points: Sequence[ExpectedPoint]
    question: str
    behavioral: bool = False
    extra_keywords: Sequence[str] = ()
    speech_seconds: float | None = None
    relevance: float | None = None


def delivery_of(said: Said) -> Delivery:
    """Measure an answer; one without words has counts and keywords only.

    relevance: share of the content words in sentences that serve an expected point or the question.
    grammar: share of the sentences without an issue found by Harper (agreement, repetition and the like).
    fluency: 100 without, 0 at twenty disfluencies a hundred words (fillers, words said twice in a row), linear;
        talk has about six (H. Bortfeld et al., "Disfluency rates in conversation", 2001).
    keyword_coverage: share of the key terms said: of each point the two rarest words of its text, and the
        caller's own keywords.
    structure: share of four things present: more than one sentence, words that order, words that give a reason
        or a contrast, and a close; for stories the parts of STAR (situation, task, action, result).
    confidence: 100 without, 0 at ten hedges a hundred words (K. Hyland, 1998), linear.
    words_per_minute: words by the minutes of speech.
    """
    found, missing = _keywords(said)
    sentences = sentences_of(said.answer)
    count = len(said.words)
    if not count:
        return Delivery(0, 0, keywords_missing=missing)
    fillers = _fillers(said.answer)
    stumbles = sum(len(filler.starts) for filler in fillers) + _repetitions(said.answer, said.words)
    seconds = said.speech_seconds
    return Delivery(
        word_count=count,
        sentence_count=len(sentences),
        relevance=None if said.relevance is None else _percent(said.relevance),
        grammar=_grammar(said.answer, sentences),
        fluency=_percent(1 - stumbles / count / _DISFLUENT),
        keyword_coverage=_percent(len(found) / (len(found) + len(missing))) if found or missing else None,
        structure=_percent(_story(said.answer) if said.behavioral else _order(said.answer, sentences)),
        confidence=_percent(1 - len(list(_matches(said.answer, "hedges.txt"))) / count / _HEDGED),
        words_per_minute=round(60 * count / seconds, 1) if seconds and seconds >= _SHORTEST_SPEECH else None,
        filler_words=fillers,
        keywords_found=found,
        keywords_missing=missing,
    )


def _keywords(said: Said) -> tuple[tuple[str, ...], tuple[str, ...]]:
    asked = content_stems([said.question])
    terms: dict[str, str] = {}
    for point in said.points:
        words = {
            w.stem: w.form for w in words_of(point.text) if w.is_content and len(w.form) > 2 and w.stem not in asked
        }
        for rare in sorted(words, key=lambda key: (-rarity(key), key))[:_KEYWORDS_A_POINT]:
            terms.setdefault(rare, words[rare])
    spoken = [word.stem for word in said.words]
    stems = set(spoken)
    text = f" {' '.join(spoken)} "
    found = [form for key, form in terms.items() if key in stems]
    missing = [form for key, form in terms.items() if key not in stems]
    for keyword in dict.fromkeys(keyword.strip() for keyword in said.extra_keywords if keyword.strip()):
        phrase = " ".join(stem(word.form) for word in words_of(keyword))
        (found if phrase and f" {phrase} " in text else missing).append(keyword)
    return tuple(found), tuple(missing)


def _fillers(answer: str) -> tuple[FillerWord, ...]:
    places: dict[str, list[int]] = {}
    for match in _matches(answer, "fillers.txt"):
        places.setdefault(match.group().lower(), []).append(match.start())
    for match in _pause_pattern().finditer(answer):
        before, after = answer[: match.start()].rstrip(), answer[match.end() :].lstrip()
        if (not before or _PAUSE.match(before[-1])) and (not after or _PAUSE.match(after[0])):
            places.setdefault(match.group().lower(), []).append(match.start())
    return tuple(FillerWord(word, tuple(starts)) for word, starts in sorted(places.items(), key=lambda entry: entry[1]))


def _repetitions(answer: str, words: Sequence[Word]) -> int:
    """Words said twice in a row with nothing but space between, as in "the the"."""
    return sum(
        one.form == other.form and one.form.isalpha() and answer[one.end : other.start].isspace()
        for one, other in pairwise(words)
    )


def _grammar(answer: str, sentences: Sequence[Sentence]) -> float:
    issues = grammar_issues(answer)
    flawed = sum(any(s.start <= start < s.end for start, _ in issues) for s in sentences)
    return _percent(1 - flawed / len(sentences)) if sentences else 0.0


def _order(answer: str, sentences: Sequence[Sentence]) -> float:
    last = answer[sentences[-1].start : sentences[-1].end] if sentences else ""
    present = (
        len(sentences) > 1,
        any(_matches(answer, "steps.txt")),
        any(_matches(answer, "reasons.txt")),
        len(sentences) > 1 and any(_matches(last, "conclusions.txt")),
    )
    return sum(present) / len(present)


def _story(answer: str) -> float:
    parts = _story_parts()
    return sum(part.search(answer) is not None for part in parts) / len(parts)


@cache
def _story_parts() -> tuple[re.Pattern[str], ...]:
    path = Path(__file__).parent / "data" / "story.yaml"
    cues: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(_any_of(phrases) for phrases in cues.values())


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return _any_of(line for line in read_lines(name) if not line.endswith(","))


@cache
def _pause_pattern() -> re.Pattern[str]:
    return _any_of(line[:-1] for line in read_lines("fillers.txt") if line.endswith(","))


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(phrases, key=len, reverse=True)
    return re.compile(
        r"(?<![\w'])(?:" + "|".join(re.escape(phrase) for phrase in ordered) + r")(?![\w'])", re.IGNORECASE
    )


def _matches(text: str, name: str) -> Iterable[re.Match[str]]:
    return _pattern(name).finditer(text)


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 1)
