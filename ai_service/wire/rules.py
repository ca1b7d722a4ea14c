"""The rules that fields of requests are held to. Each raises `InvalidField` with the field's path."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ai_service.errors import InvalidField

T = TypeVar("T")

MOST_ANSWER_CHARACTERS = 20_000
MOST_DESCRIPTION_CHARACTERS = 10_000
MOST_RESUME_CHARACTERS = 20_000
MOST_SEEN_TEXTS = 50
MOST_SEEN_TEXT_CHARACTERS = 1_000
MOST_NAME_CHARACTERS = 200
# For texts that the protocol sets no limit to; far beyond what a question or a reference answer needs.
MOST_TEXT_CHARACTERS = 20_000


def text(field: str, value: str, most: int) -> str:
    """A text of at most `most` Unicode code points."""
    if len(value) > most:
        raise InvalidField(field, f"has {len(value)} characters; at most {most} are allowed")
    return value


def required_text(field: str, value: str, most: int = MOST_TEXT_CHARACTERS) -> str:
    """A text with something but white space in it."""
    if not value or value.isspace():
        raise InvalidField(field, "is required")
    return text(field, value, most)


def texts(field: str, values: Sequence[str], most: int, most_characters: int = MOST_NAME_CHARACTERS) -> tuple[str, ...]:
    """At most `most` texts, none of them empty."""
    if len(values) > most:
        raise InvalidField(field, f"has {len(values)} entries; at most {most} are allowed")
    return tuple(required_text(f"{field}[{index}]", value, most_characters) for index, value in enumerate(values))


def member(field: str, number: int, members: Mapping[int, T]) -> T:
    """A known value of an enumeration, not the unspecified one."""
    found = members.get(number)
    if found is None:
        problem = "is required" if number == 0 else f"has the unknown value {number}"
        raise InvalidField(field, problem)
    return found


def number(field: str, value: float, lowest: float, highest: float) -> float:
    """A finite number from `lowest` to `highest`."""
    if not math.isfinite(value) or not lowest <= value <= highest:
        raise InvalidField(field, f"is {value:g}; it must be a number from {lowest:g} to {highest:g}")
    return value


def whole(field: str, value: int, lowest: int, highest: int) -> int:
    """A whole number from `lowest` to `highest`."""
    if not lowest <= value <= highest:
        raise InvalidField(field, f"is {value}; it must be from {lowest} to {highest}")
    return value
