"""The parser without a language model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ai_service.grading.injections import injected_spans
from ai_service.resume.contacts import without_contacts
from ai_service.resume.dates import stated_years, years_covered
from ai_service.resume.parts import find_education, find_projects
from ai_service.resume.resume import MOST_SKILLS, MOST_TEXT, ResumeParts
from ai_service.resume.roles import find_roles
from ai_service.resume.sections import Line, in_sections, read_lines
from ai_service.resume.skills import load_catalogue

_HIDDEN = ("contact", "dropped")


@dataclass(frozen=True, slots=True)
class ReadResume:
    """A resume's lines without contacts."""

    lines: Sequence[Line]

    @classmethod
    def of(cls, text: str) -> "ReadResume":
        """The lines of a file's text, but for those that talk to whoever reads it by machine."""
        read = in_sections(_without_injections(without_contacts(read_lines(text))))
        return cls([line for line in read if line.section not in _HIDDEN])

    @property
    def text(self) -> str:
        """All lines, at most `MOST_TEXT` characters, with no more than one empty line between others."""
        kept: list[str] = []
        for line in self.lines:
            text = " ".join(line.text.split())
            if text or (kept and kept[-1]):
                kept.append(f"- {text}" if line.bullet and text else text)
        return "\n".join(kept).strip()[:MOST_TEXT].rstrip()

    def parts(self, today: date) -> ResumeParts:
        """What the built-in parser finds."""
        whole = "\n".join(line.text for line in self.lines)
        listing = frozenset(number for number, line in enumerate(self.lines) if line.section == "skills")
        worked = [line for line in self.lines if line.section == "experience"]
        if not worked:
            worked = [line for line in self.lines if line.section not in {"education", "projects", "other"}]
        roles, times = find_roles(worked, today)
        years = years_covered(times, today)
        return ResumeParts(
            skills=load_catalogue().find(whole, skill_lines=listing)[:MOST_SKILLS],
            roles=tuple(roles),
            years_experience=stated_years(whole) if years is None else years,
            education=find_education(self.lines),
            projects=find_projects(self.lines),
        )


def _without_injections(lines: Sequence[str]) -> list[str]:
    spans = injected_spans("\n".join(lines))
    kept, start = [], 0
    for line in lines:
        end = start + len(line)
        kept.append("" if any(first < end and last > start for first, last in spans) else line)
        start = end + 1
    return kept
