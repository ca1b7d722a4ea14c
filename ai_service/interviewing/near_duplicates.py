"""Questions that say nearly the same, found without their texts: a question's key carries a print of its words.

The print is a MinHash signature (A. Broder, "On the resemblance and containment of documents", SEQUENCES 1997): for
each of 24 hash functions the least value over the question's content words. The share of equal values of two prints is
an estimate of the share of words that the two questions have in common (Jaccard), with a standard error of about 0.1.
"""

import hashlib
import re
from collections.abc import Iterable

from ai_service.grading.words import content_stems

_HASHES = 24
_DIGITS = 4  # 16 bits a value
_KEY = re.compile(rf"model-[a-z0-9_]*-([0-9a-f]{{{_HASHES * _DIGITS}}})(?:$|\.)")
NEARLY_THE_SAME = 0.52
"""Resemblance from which two questions are taken for one; no two questions of the bank come to more than 0.5."""
NEARLY_THE_SAME_MEANING = 0.62
"""Cosine of the grader's embeddings from which they are. Questions reworded from end to end lie from 0.63 to 0.69; of
103,740 pairs of the bank's questions nine come to more, the closest to 0.69."""
FOLLOWS_TOO_CLOSELY = 0.72
"""The same for a follow-up and its own main question, which it is about: none of the bank's comes to more than 0.71."""


def question_key(topic: str, text: str) -> str:
    """The key of a question that a model wrote, "model-<topic>-<print>": equal words, equal key."""
    return f"model-{re.sub('[^a-z0-9_]', '_', topic.lower())[:40]}-{print_of(text)}"


def print_of(text: str) -> str:
    """The print of a text, 96 hexadecimal digits."""
    stems = sorted(content_stems([text])) or [text.casefold()]
    least = [min(_hash(stem, salt) for stem in stems) for salt in range(_HASHES)]
    return "".join(f"{value:0{_DIGITS}x}" for value in least)


def prints_of(keys: Iterable[str]) -> list[str]:
    """The prints of those keys that carry one."""
    return [match.group(1) for key in keys if (match := _KEY.match(key))]


def resemblance(one: str, other: str) -> float:
    """The estimated share of words, 0 to 1, that two printed texts have in common."""
    steps = range(0, _HASHES * _DIGITS, _DIGITS)
    return sum(one[step : step + _DIGITS] == other[step : step + _DIGITS] for step in steps) / _HASHES


def _hash(stem: str, salt: int) -> int:
    digest = hashlib.blake2b(stem.encode(), digest_size=2, salt=salt.to_bytes(2)).digest()
    return int.from_bytes(digest)
