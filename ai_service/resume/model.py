"""The parser with a language model: it proposes, and what does not stand in the text is dropped."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ai_service.llm.asking import Asking
from ai_service.llm.budget import Allowance, Budget
from ai_service.llm.prompts import read_prompt
from ai_service.llm.replies import ReplyModel
from ai_service.resume.dates import Month, Period, stated_years, years_covered
from ai_service.resume.resume import (
    MOST_DESCRIPTION,
    MOST_EDUCATION,
    MOST_NAME,
    MOST_PROJECTS,
    MOST_ROLES,
    MOST_SKILL,
    MOST_SKILLS,
    ResumeEducation,
    ResumeParts,
    ResumeProject,
    ResumeRole,
)
from ai_service.resume.skills import atoms, load_catalogue

PROMPT_FOLDER = Path(__file__).parent / "prompts"

_Text = Annotated[str, Field(max_length=1_000)]
_MOMENT = re.compile(r"(19[5-9]\d|20\d\d)(?:-(0[1-9]|1[0-2]))?")
_BEGINNING_WORDS = 4


class RoleDraft(ReplyModel):
    """A position as the model notes it."""

    title: _Text
    company: _Text
    start: _Text
    end: _Text
    current: bool


class EducationDraft(ReplyModel):
    """A degree as the model notes it; year 0 for none."""

    degree: _Text
    institution: _Text
    year: int


class ProjectDraft(ReplyModel):
    """A project as the model notes it."""

    name: _Text
    description: Annotated[str, Field(max_length=3_000)]


class ResumeDraft(ReplyModel):
    """All that the model notes."""

    skills: Annotated[list[_Text], Field(max_length=100)]
    roles: Annotated[list[RoleDraft], Field(max_length=60)]
    education: Annotated[list[EducationDraft], Field(max_length=40)]
    projects: Annotated[list[ProjectDraft], Field(max_length=40)]


class ModelParser:
    """Asks a language model for the parts of a resume."""

    def __init__(self, asking: Asking, allowance: Allowance) -> None:
        """Each resume may cost `allowance`. Raises `ResourceError` when the prompt cannot be read."""
        self._asking = asking
        self._allowance = allowance
        self._prompt = read_prompt(PROMPT_FOLDER / "resume.yaml")

    @property
    def name(self) -> str:
        """The model's name."""
        return self._asking.model_name

    async def parts(self, text: str, today: date) -> ResumeParts:
        """The parts of a resume that has no contacts any more. Raises `ModelFault`, `BudgetSpent` or `Overloaded`."""
        messages = self._prompt.messages({"resume": text})
        asked = await self._asking.ask("resume", messages, ResumeDraft, budget=Budget(self._allowance))
        return verified(asked.reply, text, today)


def verified(draft: ResumeDraft, text: str, today: date) -> ResumeParts:
    """What of a draft stands in the text; years of experience are computed from the positions that do."""
    within = _Within(text)
    catalogue = load_catalogue()
    skills = [_line(skill)[:MOST_SKILL] for skill in draft.skills if within.says(skill) and len(skill) <= MOST_SKILL]
    named = dict.fromkeys(catalogue.named(skill) or skill for skill in skills)
    roles, times = [], []
    for one in draft.roles:
        start, end = within.month(one.start), within.month(one.end)
        role = ResumeRole(
            within.text(one.title),
            within.text(one.company),
            str(start or ""),
            "" if one.current or start is None else str(end or ""),
            current=one.current and start is not None,
        )
        if not role.title and not role.company:
            continue
        roles.append(role)
        if start is not None and (role.current or end is not None):
            period = Period(start, None if role.current else end)
            first, after = period.months(today)
            times += [period] if first < after else []
    years = years_covered(times, today)
    return ResumeParts(
        skills=tuple(named)[:MOST_SKILLS],
        roles=tuple(roles)[:MOST_ROLES],
        years_experience=stated_years(text) if years is None else years,
        education=tuple(_education(draft.education, within))[:MOST_EDUCATION],
        projects=tuple(_projects(draft.projects, within))[:MOST_PROJECTS],
    )


class _Within:
    """What stands in a text, whatever its case and punctuation."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._atoms = f" {' '.join(atoms(text))} "

    def says(self, some: str) -> bool:
        """Whether the words of `some`, in a row, stand in the text; no words never do."""
        words = atoms(some)
        return bool(words) and f" {' '.join(words)} " in self._atoms

    def text(self, some: str) -> str:
        """`some` in one line when it stands in the text, else empty."""
        return _line(some)[:MOST_NAME] if self.says(some) else ""

    def month(self, some: str) -> Month | None:
        """The month or year that `some` writes, when its year stands in the text."""
        match = _MOMENT.fullmatch(some.strip())
        if match is None:
            return None
        year = match.group(1)
        if not re.search(rf"(?<!\d)(?:{year}|['’]{year[2:]})(?!\d)", self._text):
            return None
        return Month(int(year), int(match.group(2) or 0))


def _education(drafts: Sequence[EducationDraft], within: _Within) -> list[ResumeEducation]:
    found = []
    for one in drafts:
        year = within.month(str(one.year))
        entry = ResumeEducation(within.text(one.degree), within.text(one.institution), year.year if year else None)
        if entry.degree or entry.institution:
            found.append(entry)
    return found


def _projects(drafts: Sequence[ProjectDraft], within: _Within) -> list[ResumeProject]:
    """Projects whose name stands in the text; of a description only the sentences that begin as the text has them."""
    found = []
    for one in drafts:
        if within.says(one.name):
            sentences = re.split(r"(?<=[.!?])\s+", _line(one.description))
            kept = [some for some in sentences if within.says(" ".join(some.split()[:_BEGINNING_WORDS]))]
            found.append(ResumeProject(_line(one.name)[:MOST_NAME], " ".join(kept)[:MOST_DESCRIPTION]))
    return found


def _line(text: str) -> str:
    return " ".join(text.split())
