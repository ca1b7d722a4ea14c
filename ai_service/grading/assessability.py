"""Whether an answer can have a score at all."""

import re

from ai_service.grading.grade import Assessability
from ai_service.grading.words import STOP_WORDS, Word, read_lines, read_list

_DECLINES = frozenset(read_lines("declines.txt"))
_DECLINING = re.compile(
    r"\b(?:" + "|".join(re.escape(line) for line in sorted(_DECLINES, key=len, reverse=True) if " " in line) + r")\b"
)
_FILLERS = read_list("decline_fillers.txt")
_MARKERS_OF_OTHERS = read_list("foreign_words.txt")
_CONSONANTS = re.compile(r"[^aeiouy\W\d_]{6,}")
_REPEATED = re.compile(r"(.{1,4}?)\1{4,}")


def assessability_of(answer: str, words: list[Word]) -> Assessability:
    """Tell apart what was left empty, declined, typed at random or said in another language; doubt is assessable."""
    if not any(character.isalnum() for character in answer):
        return Assessability.EMPTY
    if not words:
        return Assessability.LANGUAGE
    if _is_declined(words):
        return Assessability.DECLINED
    if _is_other_language(answer, words):
        return Assessability.LANGUAGE
    if _is_noise(words):
        return Assessability.UNINTELLIGIBLE
    return Assessability.ASSESSABLE


def _is_declined(words: list[Word]) -> bool:
    if len(words) > 14:
        return False
    said = " ".join(word.form for word in words)
    rest, declines = _DECLINING.subn(" ", said)
    left = [form for form in rest.split() if form not in _FILLERS]
    return (declines > 0 and not left) or (len(left) == 1 and left[0] in _DECLINES)


def _is_other_language(answer: str, words: list[Word]) -> bool:
    letters = [character for character in answer if character.isalpha()]
    if letters and sum(character > "\u024f" for character in letters) > 0.5 * len(letters):
        # Greek letters and such stand in formulas; a text of them has more than a few
        return len(letters) >= 8
    if len(words) < 5:
        return False
    foreign = sum(word.form in _MARKERS_OF_OTHERS for word in words)
    english = sum(word.form in STOP_WORDS and word.form not in _MARKERS_OF_OTHERS for word in words)
    return foreign >= 3 and foreign >= 0.15 * len(words) and foreign > 2 * english


def _is_noise(words: list[Word]) -> bool:
    lettered = [word for word in words if word.form.isalpha() and len(word.form) > 3]
    if any(not word.is_content for word in words) and len(lettered) > 2:
        mashed = sum(_is_mashed(word.form) for word in lettered)
        return mashed > 0.6 * len(lettered)
    if not lettered:
        return all(len(word.form) == 1 and not word.form.isdigit() for word in words) and len(words) > 3
    return sum(_is_mashed(word.form) for word in lettered) >= 0.5 * len(lettered)


def _is_mashed(form: str) -> bool:
    if _REPEATED.search(form) or _CONSONANTS.search(form):
        return True
    vowels = sum(letter in "aeiouy" for letter in form)
    if len(form) >= 5 and vowels == 0:
        return True
    return any(run in form for run in ("asdf", "sdfg", "dfgh", "fghj", "ghjk", "hjkl", "qwer", "wert", "zxcv", "xcvb"))
