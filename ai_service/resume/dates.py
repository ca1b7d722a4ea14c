"""Ranges of months in a resume's lines, and the time that they cover together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12}
_YEAR = r"(?:19[5-9]\d|20\d\d)"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?|spring|summer|fall|autumn|winter"
_MOMENT = (
    rf"(?:(?P<m{{0}}>{_MONTH})[\s,'’]*(?P<y{{0}}>{_YEAR}|['’]\d\d)"
    rf"|(?P<n{{0}}>0?[1-9]|1[0-2])\s?[/.-]\s?(?P<z{{0}}>{_YEAR})"
    rf"|(?P<i{{0}}>{_YEAR})[-/.](?P<j{{0}}>0[1-9]|1[0-2])(?!\d)|(?P<o{{0}}>{_YEAR}))"
)
_FIRST, _SECOND, _THIRD = (_MOMENT.replace("{0}", number) for number in "123")
_NOW = r"present|current(?:ly)?|now|today|ongoing|to date|till date|till now|date"
_RANGE = re.compile(
    rf"\(?\b{_FIRST}\s*(?:-|–|—|−|~|to|until|till|through)\s*(?:{_SECOND}|(?P<now>{_NOW}))?(?![\w/])\)?"
    rf"|\bsince\s+{_THIRD}(?!\w)",
    re.IGNORECASE,
)
_STATED = re.compile(r"\b(\d{1,2}(?:\.\d)?)\s?\+?\s?(?:years?|yrs?)(?:['’]|\b)[^.\n]{0,40}?\bexp", re.IGNORECASE)
_EARLIEST_YEAR = 1950
# What a year without months counts for when it begins and ends a range.
_LEAST_MONTHS_OF_YEAR = 6


@dataclass(frozen=True, slots=True)
class Month:
    """A month, or a year whose month is not known (`month` 0)."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}" if self.month else f"{self.year:04}"


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to `end`, both included; `end` None is now. `place` is where it stands in its line."""

    start: Month
    end: Month | None
    place: tuple[int, int] = (0, 0)

    def months(self, today: date) -> tuple[int, int]:
        """First month and the one after the last, as months since year 0, never beyond the present one."""
        now = 12 * today.year + today.month - 1
        first = 12 * self.start.year + max(self.start.month, 1) - 1
        if self.end is None:
            return first, now + 1
        if self.end.month:
            return first, min(12 * self.end.year + self.end.month, now + 1)
        last = 12 * self.end.year
        return first, min(max(last, first + _LEAST_MONTHS_OF_YEAR), now + 1)


def periods(line: str, today: date) -> Iterator[Period]:
    """The ranges in a line that begin no later than today and do not end before they begin."""
    for match in _RANGE.finditer(line):
        since = "3" if match.group("y3") or match.group("z3") or match.group("i3") or match.group("o3") else "1"
        start = _moment(match, since)
        end = None if since == "3" or match.group("now") else _moment(match, "2")
        open_ended = since == "1" and end is None and not match.group("now")
        if start is None or (open_ended and line[match.end() :].strip(" )|")):  # "2019 -" is open only as a line's end
            continue
        period = Period(start, end, match.span())
        first, after = period.months(today)
        if start.year >= _EARLIEST_YEAR and first < after and (end is None or end.year >= start.year):
            yield period


def years_covered(ranges: Iterable[Period], today: date) -> float | None:
    """Years to a tenth that the ranges cover, counted once where they overlap; None without any."""
    total, reached = 0, 0
    spans = sorted(one.months(today) for one in ranges)
    for first, after in spans:
        total += max(0, after - max(first, reached))
        reached = max(reached, after)
    return round(min(total / 12, 80.0), 1) if spans else None


def stated_years(text: str) -> float | None:
    """The years of experience that a text names, the most where it names several; None for none."""
    found = [float(match.group(1)) for match in _STATED.finditer(text)]
    return max((years for years in found if years <= 60), default=None)


def _moment(match: re.Match[str], group: str) -> Month | None:
    if match.group(f"y{group}"):
        digits = match.group(f"y{group}").lstrip("'’")
        year = int(digits) if len(digits) == 4 else 2000 + int(digits) - (100 if int(digits) >= 50 else 0)
        name = match.group(f"m{group}").lower()
        return Month(year, _SEASONS.get(name) or _MONTHS.index(name[:3]) + 1)
    if match.group(f"z{group}"):
        return Month(int(match.group(f"z{group}")), int(match.group(f"n{group}")))
    if match.group(f"i{group}"):
        return Month(int(match.group(f"i{group}")), int(match.group(f"j{group}")))
    return Month(int(match.group(f"o{group}")), 0) if match.group(f"o{group}") else None
