"""Quotes that a model gives, found in the answer: the piece of it that is meant, to the letter, with its offsets."""

import unicodedata
from collections.abc import Iterator, Sequence

from ai_service.grading.folding import fold
from ai_service.grading.grade import Quote
from ai_service.grading.words import words_of

# What a model puts around a quote, or at its ends, that the answer need not have.
_AROUND = " \"'.,;:…()[]*_"


class QuotedText:
    """A text in which quotes are looked up.

    Case, kinds of white space, quotation mark and dash, Unicode's compatibility forms (NFKD) and invisible characters
    make no difference. A quote begins and ends where words do.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._folded, self._places = fold(text)

    def find(self, quote: str) -> Quote | None:
        """The first piece of the text that the quote repeats; None when there is none or it holds no word."""
        folded, _ = fold(quote)
        for wanted in dict.fromkeys((folded.strip(), folded.strip(_AROUND))):
            for start in _occurrences(self._folded, wanted):
                end = start + len(wanted)
                if self._is_between_words(start, end):
                    first, last = self._places[start], self._places[end - 1] + 1
                    return Quote(self._text[first:last], first, last)
        return None

    def _is_between_words(self, start: int, end: int) -> bool:
        folded = self._folded
        cut_before = start > 0 and _in_word(folded[start - 1]) and _in_word(folded[start])
        cut_after = end < len(folded) and _in_word(folded[end - 1]) and _in_word(folded[end])
        return not cut_before and not cut_after


def says_something(quote: str) -> bool:
    """Whether a quote has a word that carries content, so that it can show anything."""
    return any(word.is_content for word in words_of(quote))


def overlaps(quote: Quote, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a quote shares a character with one of the spans [start, end)."""
    return any(start < quote.end and end > quote.start for start, end in spans)


def _occurrences(text: str, wanted: str) -> Iterator[int]:
    start = text.find(wanted) if wanted else -1
    while start >= 0:
        yield start
        start = text.find(wanted, start + 1)


def _in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.combining(character) != 0
