"""Whether a text gives away what its reader is not to see: the instructions, or the answer to a question."""

from collections.abc import Iterable
from functools import lru_cache

from ai_service.grading.words import content_stems, words_of

_RUN = 8
_SHORT_RUN = 6
_GIVEN_AWAY = 0.8


def repeats(text: str, secret: str, *, run: int = _RUN) -> bool:
    """Whether `run` words in a row stand in both texts."""
    return not _runs(text, run).isdisjoint(_secret_runs(secret, run))


def gives_away(question: str, point: str) -> bool:
    """Whether a question says a point: most of the point's content words, or six of its words in a row."""
    stems = content_stems([point])
    if not stems:
        return False
    shared = len(stems & content_stems([question])) / len(stems)
    return shared >= _GIVEN_AWAY or repeats(question, point, run=_SHORT_RUN)


def first_given_away(question: str, points: Iterable[str]) -> str | None:
    """The first point that the question gives away."""
    return next((point for point in points if gives_away(question, point)), None)


def _runs(text: str, run: int) -> set[tuple[str, ...]]:
    forms = [word.form for word in words_of(text)]
    return {tuple(forms[start : start + run]) for start in range(len(forms) - run + 1)}


# The same instructions are held against every text of every reply.
_secret_runs = lru_cache(maxsize=32)(_runs)
