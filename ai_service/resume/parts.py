"""Education and projects in a resume's lines."""

import re
from collections.abc import Iterable, Sequence

from ai_service.resume.resume import (
    MOST_DESCRIPTION,
    MOST_EDUCATION,
    MOST_NAME,
    MOST_PROJECTS,
    ResumeEducation,
    ResumeProject,
)
from ai_service.resume.sections import Line
from ai_service.resume.words import load_words

_YEAR = re.compile(r"\b(19[5-9]\d|20\d\d)\b")
_DATES = re.compile(
    r"\(?\b(?:[A-Za-z]{3,9}\.? )?(?:19|20)\d\d(?:\s*[-–—/to]+\s*(?:(?:[A-Za-z]{3,9}\.? )?(?:19|20)?\d\d|present))?\)?",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[|•·;]\s*|\s+[-–—]\s+|\s*,\s+|\s+from\s+|\s+at\s+|\t+|\s{3,}")
_NAME_END = re.compile(r"\s*[:|]\s+|\s+[-–—]\s+|\s*\(")
_LONGEST_NAME = 100


def find_education(lines: Sequence[Line]) -> tuple[ResumeEducation, ...]:
    """Degrees and schools of the sections on education, or of lines that name both where there is no such section."""
    inside = [line.text for line in lines if line.section == "education" and not line.heading]
    if not any(inside):
        inside = [line.text for line in lines if line.section != "experience" and all(_degree_and_school(line.text))]
    entries: list[list[str]] = []
    for text in inside:
        degree, school = _degree_and_school(text)
        years = _YEAR.findall(text)
        same = bool(entries) and not (degree and entries[-1][0]) and not (school and entries[-1][1])
        if degree or school:
            if not same:
                entries.append(["", "", ""])
            entries[-1] = [entries[-1][0] or degree, entries[-1][1] or school, entries[-1][2]]
        if years and entries:
            entries[-1][2] = max(years[-1], entries[-1][2])
    return tuple(
        ResumeEducation(degree, school, int(year) if year else None)
        for degree, school, year in entries[:MOST_EDUCATION]
    )


def _degree_and_school(text: str) -> tuple[str, str]:
    words = load_words()
    degree = school = ""
    for piece in _SEPARATOR.split(_DATES.sub("   ", text)):
        part = piece.strip(" ,:-–()")
        match = words.degrees.search(part)
        if not school and (found := words.institutions.search(part)) and found.group()[0].isupper():
            school = part[:MOST_NAME]
        elif not degree and match and match.group()[0].isupper():
            degree = part[:MOST_NAME]
    return degree, school


def find_projects(lines: Sequence[Line]) -> tuple[ResumeProject, ...]:
    """The entries of the sections on projects: a line and the bullets below it, or a bullet by itself."""
    inside = [line for line in lines if line.section == "projects" and not line.heading and line.text]
    only_bullets = all(line.bullet for line in inside)
    entries: list[tuple[str, list[str]]] = []
    for line in inside:
        name, rest = _name(line.text)
        if only_bullets or (not line.bullet and len(name) <= _LONGEST_NAME and (rest or line.text[-1] != ".")):
            entries.append((name[:_LONGEST_NAME], [rest] if rest else []))
        elif entries:
            entries[-1][1].append(line.text)
    return tuple(_projects(entries))[:MOST_PROJECTS]


def _projects(entries: Iterable[tuple[str, list[str]]]) -> Iterable[ResumeProject]:
    for name, told in entries:
        if any(map(str.isalpha, name)):
            yield ResumeProject(name, " ".join(told)[:MOST_DESCRIPTION])


def _name(text: str) -> tuple[str, str]:
    parts = _NAME_END.split(_DATES.sub("", text), maxsplit=1)
    return parts[0].strip(" ,-–|"), parts[1].strip(" )") if len(parts) > 1 else ""
