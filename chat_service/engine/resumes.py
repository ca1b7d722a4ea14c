"""What ai_service reads in a resume, in the chat service's own terms, and how it is sent and refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pydantic import TypeAdapter

from chat_service.errors import AppError, ErrorKind
from protos.interview_engine.v1 import resume_pb2 as resumes

Response: TypeAlias = resumes.ParseResumeResponse
_CHUNK_BYTES = 64 * 1024


class ResumeFormat(StrEnum):
    """What a file turned out to be, by its content."""

    PDF = "pdf"
    DOCX = "docx"
    TEXT = "text"


class ResumeParser(StrEnum):
    """Who found the parts of a resume: the built-in parser, a language model, or the former as the latter failed."""

    BUILTIN = "builtin"
    MODEL = "model"
    BUILTIN_FALLBACK = "builtin_fallback"


@dataclass(frozen=True, slots=True)
class ResumeRole:
    """A position held. `start` and `end` are YYYY-MM, or YYYY where the month is not known."""

    title: str | None
    company: str | None
    start: str | None
    end: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class ResumeEducation:
    """A degree or school, and the year in which it ended."""

    degree: str | None
    institution: str | None
    year: int | None


@dataclass(frozen=True, slots=True)
class ResumeProject:
    """Something that the candidate built."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class ParsedResume:
    """A resume without the candidate's name, addresses, numbers and links.

    Skills come most prominent first, at most 50; roles latest first. `years_experience` is 0 to 80. `text` is the whole
    resume, at most 20,000 characters; `truncated` when the file held more.
    """

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


PARSED_RESUME = TypeAdapter(ParsedResume)

_FORMAT_OF = {resumes.ResumeFormat.Value(f"RESUME_FORMAT_{one.name}"): one for one in ResumeFormat}
_PARSER_OF = {resumes.ResumeParser.Value(f"RESUME_PARSER_{one.name}"): one for one in ResumeParser}

_REFUSALS = {
    "RESUME_EMPTY": (ErrorKind.INVALID, "The file is empty. Send one with text in it."),
    "RESUME_TOO_LARGE": (ErrorKind.TOO_LARGE, "The file is larger than 10 MiB. Send a smaller one."),
    "RESUME_UNSUPPORTED": (
        ErrorKind.UNSUPPORTED_MEDIA_TYPE,
        "The file is neither PDF nor DOCX nor plain text, whatever its name says. Save it as one of them.",
    ),
    "RESUME_ENCRYPTED": (ErrorKind.INVALID, "The file asks for a password. Save it without one."),
    "RESUME_DAMAGED": (ErrorKind.INVALID, "The file is cut off or damaged. Save it anew."),
    "RESUME_NO_TEXT": (
        ErrorKind.INVALID,
        "Nothing of a resume can be read in the file. A scan has no text: save it from the program it was written in.",
    ),
    "RESUME_TOO_COMPLEX": (
        ErrorKind.INVALID,
        "The file takes more to read than a resume needs. Save it anew as a plain document of at most 50 pages.",
    ),
}


def refused(reason: str | None) -> AppError | None:
    """What a candidate is told of a file that is refused for `reason`; None where it is not the file's fault."""
    if reason not in _REFUSALS:
        return None
    kind, message = _REFUSALS[reason]
    return AppError(kind, reason.lower(), message)


async def chunk_messages(content: bytes) -> AsyncIterator[resumes.ParseResumeRequest]:
    """The messages of a file."""
    for start in range(0, len(content), _CHUNK_BYTES):
        yield resumes.ParseResumeRequest(chunk=content[start : start + _CHUNK_BYTES])


def parsed_resume(message: resumes.Resume) -> ParsedResume:
    """The resume of a message. Raises KeyError for an enum value that this build does not know."""
    return ParsedResume(
        format=_FORMAT_OF[message.format],
        parsed_by=_PARSER_OF[message.parsed_by],
        model=message.model or None,
        skills=tuple(message.skills),
        roles=tuple(
            ResumeRole(one.title or None, one.company or None, one.start or None, one.end or None, one.current)
            for one in message.roles
        ),
        years_experience=message.years_experience if message.HasField("years_experience") else None,
        education=tuple(
            ResumeEducation(one.degree or None, one.institution or None, one.year if one.HasField("year") else None)
            for one in message.education
        ),
        projects=tuple(ResumeProject(one.name, one.description) for one in message.projects),
        text=message.text,
        truncated=message.truncated,
    )
