"""Shapes of the native API's resume."""

from dataclasses import dataclass
from datetime import datetime

from chat_service.accounts.resumes import ProfileResume
from chat_service.engine.resumes import ResumeEducation, ResumeFormat, ResumeParser, ResumeProject, ResumeRole


@dataclass(slots=True)
class ResumeOut:
    """What was read in a resume, without the candidate's name, addresses, numbers and links.

    `parsed_by` says who found the parts; `builtin_fallback` is the built-in parser because the language model failed.
    `years_experience` is the time that the roles cover, counted once where they overlap. `text` is the whole resume.
    """

    file_name: str | None
    size_bytes: int
    uploaded_at: datetime
    format: ResumeFormat
    parsed_by: ResumeParser
    model: str | None
    skills: tuple[str, ...]
    roles: tuple[ResumeRole, ...]
    years_experience: float | None
    education: tuple[ResumeEducation, ...]
    projects: tuple[ResumeProject, ...]
    text: str
    truncated: bool


def resume_out(stored: ProfileResume) -> ResumeOut:
    """The shape of a profile's resume."""
    resume = stored.resume
    return ResumeOut(
        file_name=stored.file_name,
        size_bytes=stored.size_bytes,
        uploaded_at=stored.uploaded_at,
        format=resume.format,
        parsed_by=resume.parsed_by,
        model=resume.model,
        skills=resume.skills,
        roles=resume.roles,
        years_experience=resume.years_experience,
        education=resume.education,
        projects=resume.projects,
        text=resume.text,
        truncated=resume.truncated,
    )
