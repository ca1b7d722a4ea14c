"""Whether an answer says of one thing what is true of the other, when a question sets two things side by side."""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ai_service.grading.embedding import Vectors
from ai_service.grading.reading import ReadSentence
from ai_service.grading.words import Word

_JOINED = re.compile(r"\s+(and|or|vs\.?|versus|from|with)\s+(?:an?\s+|the\s+)?", re.IGNORECASE)
_VERSUS = frozenset({"vs", "vs.", "versus"})
_COMPARING = re.compile(
    r"\b(?:between|compar\w*|contrast\w*|distinguish\w*|mix up|confus\w*|choose)\s+(?:an?\s+|the\s+)?\Z", re.IGNORECASE
)
_SAME = 0.5  # cosine from which two words stand for each other
_LEAST_SHARE = 0.25  # of a statement's weight that must be said of one of the two
_SWAPPED = 0.65  # share of that which is said of the other one


def contrasted_in(question: ReadSentence) -> frozenset[str]:
    """The stems of the content words that a question joins, as in "compare TCP and UDP"."""
    joined: set[str] = set()
    for one, other in pairwise(question.content):
        joint = _JOINED.fullmatch(question.text, one.end, other.start)
        if joint is None or one.stem == other.stem:
            continue
        if joint.group(1).lower() in _VERSUS or _COMPARING.search(question.text, 0, one.start):
            joined |= {one.stem, other.stem}
    return frozenset(joined)


def swaps(contrasted: frozenset[str], expected: ReadSentence, weights: Vectors, said: ReadSentence) -> bool:
    """Whether most of what `said` takes up of `expected` stands after another one of the contrasted words."""
    if len(contrasted) < 2 or not len(said.vectors) or not len(expected.vectors):
        return False
    ours, theirs = _governors(expected.content, contrasted), _governors(said.content, contrasted)
    cosines = expected.vectors @ said.vectors.T
    bound = swapped = 0.0
    for k, word in enumerate(expected.content):
        partners = [j for j, other in enumerate(said.content) if other.stem == word.stem]
        if not partners and cosines[k].max() >= _SAME:
            partners = [int(np.argmax(cosines[k]))]
        governors = {theirs[j] for j in partners}
        if word.stem in contrasted or ours[k] is None or len(governors) != 1 or None in governors:
            continue
        bound += float(weights[k])
        swapped += float(weights[k]) * (ours[k] not in governors)
    return bound >= _LEAST_SHARE * float(weights.sum()) and swapped >= _SWAPPED * bound


def _governors(words: Sequence[Word], contrasted: frozenset[str]) -> list[str | None]:
    """For each word the contrasted word that last stood before it, None before the first."""
    governors: list[str | None] = []
    last = None
    for word in words:
        if word.stem in contrasted:
            last = word.stem
        governors.append(last)
    return governors
