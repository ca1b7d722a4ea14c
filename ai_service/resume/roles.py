"""The positions that a resume tells of."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ai_service.resume.dates import Period, periods
from ai_service.resume.resume import MOST_NAME, MOST_ROLES, ResumeRole
from ai_service.resume.sections import Line
from ai_service.resume.words import load_words

_SEPARATOR = re.compile(r"\s+at\s+|\s*@\s*|\s*[|•·;]\s*|\s+[-–—]\s+|\s*,\s+|\s*[()]\s*|\t+|\s{3,}")
_NO_COMPANY = re.compile(
    r"(?:remote|hybrid|on-?site|full[- ]time|part[- ]time|contract|freelance|permanent|internship|temporary|present)",
    re.IGNORECASE,
)
_LONGEST_HEADER = 110


@dataclass(frozen=True, slots=True)
class _Header:
    """What a line of an entry's head says: a title, an employer, or both."""

    title: str = ""
    company: str = ""


def find_roles(lines: Sequence[Line], today: date) -> tuple[list[ResumeRole], list[Period]]:
    """The positions in the lines, latest first, and the times that they were held."""
    anchors = [(number, found[0]) for number, line in enumerate(lines) if (found := _dated(line, today))]
    taken: set[int] = {number for number, _ in anchors}
    roles: list[tuple[Period, ResumeRole]] = []
    inherited = ""
    for number, period in anchors:
        line = lines[number].text
        header = _header(line[: period.place[0]] + "   " + line[period.place[1] :])
        above = _neighbour(lines, number, -1, taken)
        below = _neighbour(lines, number, +1, taken)
        for near in (above, below):
            if near is None or (header.title and header.company):
                continue
            more = _header(lines[near].text)
            if (not header.title and more.title) or (not header.company and more.company and not more.title):
                taken.add(near)
                header = _Header(header.title or more.title, header.company or more.company)
        if not header.company and header.title:
            header = _Header(header.title, inherited)
        inherited = header.company
        if header.title or header.company:
            roles.append((period, _role(header, period)))
    roles.sort(key=lambda pair: (pair[0].months(today)[1], pair[0].months(today)[0]), reverse=True)
    told = [role for _, role in roles][:MOST_ROLES]
    return told or _undated(lines), [period for _, period in anchors]


def _dated(line: Line, today: date) -> list[Period]:
    if line.heading or len(line.text) > 2 * _LONGEST_HEADER:
        return []
    found = list(periods(line.text, today))
    if found and line.bullet and not load_words().titles.search(line.text):
        return []
    return found


def _neighbour(lines: Sequence[Line], number: int, step: int, taken: set[int]) -> int | None:
    near = number + step
    if not 0 <= near < len(lines) or near in taken:
        return None
    line = lines[near]
    if line.bullet or line.heading or not line.text or len(line.text) > _LONGEST_HEADER:
        return None
    if line.text.endswith(".") and len(line.text.split()) > 5:  # a sentence, where "Acme Inc." is none
        return None
    return near


def _header(text: str) -> _Header:
    parts = [part.strip(" ,:-–—|") for part in _SEPARATOR.split(text)]
    parts = [part for part in parts if part and not _NO_COMPANY.fullmatch(part) and any(map(str.isalpha, part))]
    titles = load_words().titles
    title = next((part for part in parts if titles.search(part)), "")
    company = next((part for part in parts if part != title and part[0].isalnum() and not titles.search(part)), "")
    return _Header(title[:MOST_NAME], company[:MOST_NAME])


def _role(header: _Header, period: Period) -> ResumeRole:
    end = "" if period.end is None else str(period.end)
    return ResumeRole(header.title, header.company, str(period.start), end, current=period.end is None)


def _undated(lines: Sequence[Line]) -> list[ResumeRole]:
    """Lines that name a title, of a section on experience that gives no dates."""
    headers = [
        _header(line.text)
        for line in lines
        if line.section == "experience" and not line.bullet and not line.heading and len(line.text) <= _LONGEST_HEADER
    ]
    return [ResumeRole(one.title, one.company, "", "", current=False) for one in headers if one.title][:MOST_ROLES]
