"""Streaks: days in a row on which somebody practised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streaks:
    """Lengths in days. The current streak ends today, or yesterday as long as today has no practice yet."""

    current_days: int
    longest_days: int
    last_practice_on: date | None


def streaks(days: Sequence[date], today: date) -> Streaks:
    """The streaks of the days with practice, which come in order and once each."""
    longest = length = 0
    previous: date | None = None
    for day in days:
        length = length + 1 if previous is not None and day - previous == _DAY else 1
        longest = max(longest, length)
        previous = day
    return Streaks(length if previous is not None and previous >= today - _DAY else 0, longest, previous)
