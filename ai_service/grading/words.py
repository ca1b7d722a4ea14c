"""Words of a text: where they stand, their stems, which of them carry content and how much."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA_FOLDER = Path(__file__).parent / "data"

# A complexity term such as O(n log n), or a word with inner apostrophes, dots, plus signs or hashes (C++, node.js).
_WORD = re.compile(
    r"[OΟoΘθΩω]\((?:[^()\n]|\([^()\n]*\)){1,40}\)"
    r"|\d+(?:[.,]\d+)*(?:[A-Za-z]+\b)?[²³]?"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*(?:[\d_]+[^\W_]*)*(?:\+\+|#)?[²³]?"
)


class Word(NamedTuple):
    """A word in lower case, its stem, and `text[start:end]` where it stands."""

    form: str
    stem: str
    start: int
    end: int
    is_content: bool


def read_list(name: str) -> frozenset[str]:
    """The entries of data/<name>, separated by white space; lines beginning with # are remarks."""
    return frozenset(word for line in read_lines(name) for word in line.split())


def read_lines(name: str) -> tuple[str, ...]:
    """The lines of data/<name> without blank ones and remarks."""
    lines = (DATA_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


STOP_WORDS = read_list("stop_words.txt")


def words_of(text: str) -> list[Word]:
    """Every word of `text` in order, with its offsets in code points."""
    found = []
    for match in _WORD.finditer(text):
        form = match.group().lower().replace("’", "'")
        found.append(Word(form, stem(form), match.start(), match.end(), _is_content(form)))
    return found


def content_stems(texts: Iterable[str]) -> frozenset[str]:
    """The stems of the content words of all the texts."""
    forms = {form.lower().replace("’", "'") for text in texts for form in _WORD.findall(text)}
    return frozenset(stem(form) for form in forms if _is_content(form))


def _is_content(form: str) -> bool:
    return form not in STOP_WORDS and (len(form) > 1 or form.isdigit() or form in "nkvpxm")


@lru_cache(maxsize=50_000)
def stem(form: str) -> str:
    """A light stem: possessives, plurals, -ed, -ing and the commonest derivations are taken off.

    After M. F. Porter, "An algorithm for suffix stripping" (1980), steps 1a to 1c and a few of step 2.
    """
    if not form.isalpha() or len(form) <= 3:
        return form.removesuffix("'s")
    stemmed = _without_plural(form)
    for suffix in ("ingly", "edly", "ing", "ed"):
        base = stemmed.removesuffix(suffix)
        if base != stemmed and len(base) >= 3 and _has_vowel(base):
            stemmed = _repaired(base)
            break
    for suffix, new in _DERIVATIONS:
        if stemmed.endswith(suffix) and len(stemmed) - len(suffix) >= 4:
            stemmed = stemmed.removesuffix(suffix) + new
            break
    return stemmed.removesuffix("e") if len(stemmed) > 4 else stemmed


_DERIVATIONS = (
    ("isation", "ize"), ("ization", "ize"), ("ise", "ize"), ("ation", "ate"), ("tion", "t"), ("ness", ""),
    ("ment", ""), ("ably", "able"), ("ally", "al"), ("ly", ""), ("our", "or"),
)  # fmt: skip


def _without_plural(form: str) -> str:
    if form.endswith("sses"):
        return form[:-2]
    if form.endswith("ies"):
        return form[:-3] + "y"
    if form.endswith(("xes", "ches", "shes", "oes")):
        return form[:-2]
    if form.endswith("s") and not form.endswith(("ss", "us", "is")):
        return form[:-1]
    return form


def _has_vowel(part: str) -> bool:
    return any(letter in "aeiouy" for letter in part)


def _repaired(base: str) -> str:
    if base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    return base
