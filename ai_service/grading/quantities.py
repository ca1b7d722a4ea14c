"""Numbers and complexity terms of a text, in one notation each, so that O(n log n) is never taken for O(n)."""

import re
from dataclasses import dataclass
from functools import lru_cache

_COMPLEXITY = re.compile(r"(?<!\w)(?:big[- ]?)?[OΟoΘθΩω]\s?\(((?:[^()\n]|\([^()\n]*\)){1,40})\)")
_NAMED = {
    "constant time": "1", "constant-time": "1", "linear time": "n", "linear-time": "n",
    "logarithmic time": "logn", "logarithmic": "logn", "log n time": "logn", "linearithmic": "nlogn",
    "quadratic": "n^2", "quadratic time": "n^2", "n squared": "n^2", "cubic": "n^3", "exponential time": "2^n",
    "n log n": "nlogn", "order n log n": "nlogn", "factorial time": "n!",
    "constant space": "1", "constant memory": "1", "linear space": "n",
    "constant extra space": "1", "constant extra memory": "1",
}  # fmt: skip
_NAMED_PATTERN = re.compile(
    r"(?<![\w(])(?:" + "|".join(re.escape(name) for name in sorted(_NAMED, key=len, reverse=True)) + r")(?![\w)])",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    "zero": "0", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "hundred": "100", "thousand": "1000",
    "once": "1", "twice": "2", "half": "0.5", "double": "2", "doubles": "2", "doubling": "2", "doubled": "2",
}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![\w.])(\d+(?:[.,]\d+)*)\s?(%|[A-Za-z]{1,12}\b)?"
    r"|\b(" + "|".join(_NUMBER_WORDS) + r")\b(?:[ -]([A-Za-z]{1,14})\b)?",
    re.IGNORECASE,
)
_SUPERSCRIPTS = str.maketrans("²³⁴", "234")


@dataclass(frozen=True, slots=True)
class Quantities:
    """The complexity terms of a text, such as "nlogn", and its numbers, such as "443", each with what it counts."""

    complexities: frozenset[str]
    numbers: frozenset[tuple[str, str]]


@lru_cache(maxsize=10_000)
def quantities_of(text: str) -> Quantities:
    """Find the complexity terms (in O-notation or by name) and the numbers (in digits or as words) of a text."""
    complexities = {_normal(match.group(1)) for match in _COMPLEXITY.finditer(text)}
    rest = _COMPLEXITY.sub(" ", text)
    complexities |= {_NAMED[match.group().lower()] for match in _NAMED_PATTERN.finditer(rest)}
    numbers = set()
    for match in _NUMBER.finditer(_NAMED_PATTERN.sub(" ", rest)):
        digits, digits_unit, word, word_unit = match.groups()
        value = digits.replace(",", "") if digits else _NUMBER_WORDS[word.lower()]
        numbers.add((_trimmed(value), _unit(digits_unit or word_unit or "")))
    return Quantities(frozenset(complexities), frozenset(numbers))


def complexity_conflicts(expected: Quantities, said: Quantities) -> bool:
    """Whether complexity terms were said, no more than are expected, and none of them is an expected one."""
    return 0 < len(said.complexities) <= len(expected.complexities) and not expected.complexities & said.complexities


def number_conflicts(expected: Quantities, said: Quantities) -> bool:
    """Whether the same thing was counted and no count agrees."""
    values = {value for value, _ in said.numbers}
    if any(value in values for value, _ in expected.numbers):
        return False
    counted = {unit for _, unit in expected.numbers if unit}
    return any(unit in counted for _, unit in said.numbers)


def _normal(inner: str) -> str:
    term = inner.lower().translate(_SUPERSCRIPTS)
    term = re.sub(r"(?<=[a-z0-9)])([234])(?![\w.])", r"^\1", term) if re.search(r"[²³⁴]", inner) else term
    term = term.replace("**", "^").replace("·", "*").replace("×", "*").replace(" times ", "*")
    term = re.sub(r"\blog(?:_?2|₂)\b", "log", term)
    term = re.sub(r"\blg\b", "log", term)
    term = term.replace("squared", "^2").replace("cubed", "^3")
    term = re.sub(r"log\s*\(\s*(\w+)\s*\)", r"log\1", term)
    term = re.sub(r"[\s*]", "", term)
    return "+".join(sorted(term.split("+")))


def _trimmed(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value.lstrip("0") or "0"


def _unit(word: str) -> str:
    unit = word.lower()
    return unit[:-1] if unit.endswith("s") and len(unit) > 3 else unit
