"""Which facets each sentence of an answer shows, and which elements of a framework it has by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ai_service.coaching.coaching import ElementStatus
from ai_service.coaching.deeds import deeds_in
from ai_service.coaching.frameworks import Element, Facet, Facets, FrameworkText
from ai_service.coaching.likeness import Likeness
from ai_service.grading.embedding import Vectors
from ai_service.grading.grade import Quote
from ai_service.grading.reading import ReadSentence, ReadText
from ai_service.grading.words import words_of

LIKE = 0.4
"""Likeness to the prototypes from which a sentence shows a facet."""
_MOST_QUOTES = 3
_LEAST_GAIN = 0.5
_FIRST, _FIRST_WORDS = 2, 4
# A case that is named in fewer words is not taken up by the next sentence.
_NAMED_IN = 6


@dataclass(frozen=True, slots=True)
class FoundElement:
    """An element in an answer: its facets that were found, those that it would take to be well addressed, and where."""

    element: Element
    status: ElementStatus
    found: tuple[str, ...]
    lacking: tuple[str, ...]
    sentences: tuple[int, ...]


class Analysis:
    """Finds elements. Blocks, and is thread-safe."""

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness

    def of(
        self, framework: FrameworkText, question: ReadSentence, read: ReadText, gains: Sequence[float]
    ) -> tuple[FoundElement, ...]:
        """The elements in an answer; of its sentences only those whose gain is at least a half count."""
        shown = self._facets(framework.facets, question, read, gains)
        return tuple(_element(element, shown) for element in framework.elements)

    def _facets(
        self, facets: Facets, question: ReadSentence, read: ReadText, gains: Sequence[float]
    ) -> Mapping[str, tuple[int, ...]]:
        """For each facet the sentences that show it, by their number."""
        usable = [number for number, gain in enumerate(gains) if gain >= _LEAST_GAIN]
        if not usable:
            return dict.fromkeys(facets.facets, ())
        likeness = self._likeness.of(facets, read.means[usable])
        places = np.linspace(0.0, 1.0, len(usable))
        texts = {number: read.sentences[number].text.replace("’", "'") for number in usable}
        shown: dict[str, tuple[int, ...]] = {}
        for name, facet in facets.facets.items():
            if facet.rests is None:
                shown[name] = tuple(
                    number
                    for row, number in enumerate(usable)
                    if (len(usable) == 1 or facet.within[0] <= places[row] <= facet.within[1])
                    and (
                        _shows(facet, texts[number], _likeness(likeness, name, row))
                        or (facet.names_subject and row < _FIRST and _opens_with(read.sentences[number], question))
                    )
                )
        for name, facet in facets.facets.items():
            if facet.rests is not None:
                shown[name] = _resting(facet, shown[facet.rests.base], usable, texts)
        return shown


def quotes_of(read: ReadText, sentences: Sequence[int]) -> tuple[Quote, ...]:
    """The first three of the sentences, to the letter."""
    return tuple(
        Quote(read.text[span.start : span.end], span.start, span.end)
        for span in (read.spans[number] for number in sentences[:_MOST_QUOTES])
    )


def _likeness(likeness: Mapping[str, Vectors], name: str, row: int) -> float:
    return float(likeness[name][row]) if name in likeness else 0.0


def _shows(facet: Facet, text: str, likeness: float) -> bool:
    if facet.id == "deed":
        return deeds_in(text).steps > 0
    if facet.cues is not None and facet.cues.search(text) is not None:
        return True
    return not facet.cues_only and likeness >= LIKE


def _opens_with(sentence: ReadSentence, question: ReadSentence) -> bool:
    """Whether a content word of the question is among the first words of a sentence."""
    asked = {word.stem for word in question.content}
    return any(word.is_content and word.stem in asked for word in sentence.words[:_FIRST_WORDS])


def _resting(facet: Facet, base: Sequence[int], usable: Sequence[int], texts: Mapping[int, str]) -> tuple[int, ...]:
    rest = facet.rests
    assert rest is not None  # noqa: S101 - the caller has looked
    if rest.by in {"deeds", "own"}:
        deeds = [deeds_in(texts[number]) for number in base]
        count = sum(one.own if rest.by == "own" else one.steps for one in deeds)
    elif rest.by == "sentences":
        count = len(base)
    elif rest.by == "words":
        count = max((_words_from(number, texts) for number in base), default=0)
    else:  # place: among the first sentences
        return tuple(number for number in base if number in usable[: rest.least])
    return tuple(base) if count >= rest.least else ()


def _words_from(number: int, texts: Mapping[int, str]) -> int:
    """The words of a sentence, and of the next one when it can follow the case up."""
    own = len(words_of(texts[number]))
    following = texts.get(number + 1, "") if own >= _NAMED_IN else ""
    return own + len(words_of(following))


def _element(element: Element, shown: Mapping[str, tuple[int, ...]]) -> FoundElement:
    found = tuple(name for name in element.facets if shown[name])
    sentences = tuple(sorted({number for name in found for number in shown[name]}))
    gaps = [tuple(name for name in names if not shown[name]) for names in element.well]
    lacking = min(gaps, key=len)
    if not found:
        return FoundElement(element, ElementStatus.MISSING, (), lacking, ())
    status = ElementStatus.PARTIALLY if lacking else ElementStatus.WELL
    return FoundElement(element, status, found, lacking, sentences)
