"""The four figures that rubrics are read from, each bounded by what was covered."""

import re
from collections.abc import Sequence

import numpy as np

from ai_service.grading.embedding import Vectors
from ai_service.grading.grade import PointStatus, Quote, Signal
from ai_service.grading.points import PointReading
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.words import read_lines

_REASONS = re.compile(
    r"\b(?:" + "|".join(re.escape(line) for line in read_lines("reasons.txt")) + r")\b", re.IGNORECASE
)
_REASONED_ENOUGH = 0.5  # share of the covered points with a reason at which reasoning is full
_FOCUSED_ENOUGH = 0.6
_RELEVANT_STRENGTH = 0.3


def signals_of(readings: Sequence[PointReading], answer: ReadText, relevance: float) -> dict[str, Signal]:
    """Read coverage, accuracy, reasoning and focus, each from 0 to 1, off the matched points.

    `relevance` is what `relevance_of` gives. Reasoning is half for the points themselves and half for saying why.
    """
    total = sum(reading.match.point.weight for reading in readings)
    coverage = sum(reading.match.point.weight * reading.match.credit for reading in readings) / total
    found = [reading for reading in readings if reading.match.quote and reading.match.credit > 0]
    quotes = _quotes(found)
    reasoned = [reading for reading in found if _has_reason(reading, answer)]
    reasoning = 0.5 + 0.5 * min(_share(reasoned, found) / _REASONED_ENOUGH, 1.0)
    focus = min(relevance / _FOCUSED_ENOUGH, 1.0)
    return {
        "coverage": Signal(_rounded(coverage), quotes),
        "accuracy": Signal(_rounded(coverage * _accuracy(readings)), _contradictions(readings) or quotes),
        "reasoning": Signal(_rounded(coverage * reasoning), _quotes(reasoned) or quotes),
        "focus": Signal(_rounded(coverage * focus), quotes),
    }


def relevance_of(readings: Sequence[PointReading], answer: ReadText, question: ReadSentence, gains: Vectors) -> float:
    """Share of the content words in sentences that serve a point or are about what was asked; copies count once."""
    serving = {s for reading in readings if reading.match.quote for s in reading.sentences}
    near = answer.means @ question.mean >= _RELEVANT_STRENGTH
    seen: set[str] = set()
    useful = 0.0
    total = 0.0
    for index, sentence in enumerate(answer.sentences):
        size = len(sentence.content)
        total += size
        if sentence.text in seen:
            continue
        seen.add(sentence.text)
        if index in serving or near[index]:
            useful += size * float(gains[index])
    return useful / total if total else 0.0


def _accuracy(readings: Sequence[PointReading]) -> float:
    """Credit of what was said rightly beside it and the weight of what was said wrongly."""
    right = sum(reading.match.point.weight * reading.match.credit for reading in readings)
    wrong = sum(r.match.point.weight for r in readings if r.match.status is PointStatus.CONTRADICTED)
    return right / (right + wrong) if right else 0.0


def _contradictions(readings: Sequence[PointReading]) -> tuple[Quote, ...]:
    return _quotes([reading for reading in readings if reading.match.status is PointStatus.CONTRADICTED])


def _quotes(readings: Sequence[PointReading]) -> tuple[Quote, ...]:
    return tuple(reading.match.quote for reading in readings if reading.match.quote is not None)


def _has_reason(reading: PointReading, answer: ReadText) -> bool:
    return any(_REASONS.search(answer.sentences[s].text) for s in reading.sentences)


def _share(some: Sequence[PointReading], all_: Sequence[PointReading]) -> float:
    weight = sum(reading.match.point.weight * reading.match.credit for reading in all_)
    return sum(reading.match.point.weight * reading.match.credit for reading in some) / weight if weight else 0.0


def _rounded(value: float) -> float:
    return float(np.clip(round(value, 4), 0.0, 1.0))
