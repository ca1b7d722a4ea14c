"""What is known of a candidate from his resume, without anything that tells who he is."""

from dataclasses import dataclass
from enum import StrEnum

from ai_service.resume.extraction import ResumeFormat

MOST_TEXT = 20_000
MOST_SKILLS, MOST_ROLES, MOST_EDUCATION, MOST_PROJECTS = 50, 30, 20, 20
MOST_NAME, MOST_DESCRIPTION, MOST_SKILL = 200, 1_000, 60


class ResumeParser(StrEnum):
    """Who found the parts of a resume."""

    BUILTIN = "builtin"
    MODEL = "model"
    BUILTIN_FALLBACK = "builtin_fallback"


@dataclass(frozen=True, slots=True)
class ResumeRole:
    """A position held. `start` and `end` are YYYY-MM, YYYY or empty; a current one has no end."""

    title: str
    company: str
    start: str
    end: str
    current: bool


@dataclass(frozen=True, slots=True)
class ResumeEducation:
    """A school or degree, and the year in which it ended."""

    degree: str
    institution: str
    year: int | None


@dataclass(frozen=True, slots=True)
class ResumeProject:
    """Something that the candidate built."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class ResumeParts:
    """What was found in a resume's text; roles latest first, skills most prominent first."""

    skills: tuple[str, ...] = ()
    roles: tuple[ResumeRole, ...] = ()
    years_experience: float | None = None
    education: tuple[ResumeEducation, ...] = ()
    projects: tuple[ResumeProject, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """A resume that was read. `model` names the language model that found the parts, where one did.

    `text` is the whole of it, at most `MOST_TEXT` characters; `truncated` when the file held more.
    """

    format: ResumeFormat
    parsed_by: ResumeParser
    model: str
    parts: ResumeParts
    text: str
    truncated: bool
