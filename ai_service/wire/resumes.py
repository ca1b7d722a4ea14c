"""The servicer of ResumeService."""

from collections.abc import AsyncIterator

from ai_service.errors import Draining, InvalidField, Starting
from ai_service.resume.extraction import ResumeFormat
from ai_service.resume.faults import MOST_BYTES, UnreadableResume
from ai_service.resume.reading import Resumes
from ai_service.resume.resume import Resume, ResumeParser
from ai_service.wire import names
from ai_service.wire.calls import Context
from protos.interview_engine.v1 import resume_pb2, resume_pb2_grpc

SERVICE_NAME = resume_pb2.DESCRIPTOR.services_by_name["ResumeService"].full_name
_MOST_CHUNK_BYTES = 1024 * 1024

_FORMATS = names.numbers(ResumeFormat, "RESUME_FORMAT", dict(resume_pb2.ResumeFormat.items()))
_PARSERS = names.numbers(ResumeParser, "RESUME_PARSER", dict(resume_pb2.ResumeParser.items()))


class ResumeServicer(resume_pb2_grpc.ResumeServiceServicer):
    """Reads resumes. Calls are unavailable until `open` and after `drain`."""

    def __init__(self) -> None:
        self._resumes: Resumes | None = None
        self._draining = False

    def open(self, resumes: Resumes) -> None:
        """Serve calls from now on."""
        self._resumes = resumes

    def drain(self) -> None:
        """Refuse new calls; calls in progress go on."""
        self._draining = True

    async def ParseResume(  # noqa: N802 - the protocol's name
        self,
        request_iterator: AsyncIterator[resume_pb2.ParseResumeRequest],
        context: Context,
    ) -> resume_pb2.ParseResumeResponse:
        """Read a file that arrives in chunks; it is refused as soon as it is too large."""
        if self._draining:
            raise Draining
        if self._resumes is None:
            raise Starting
        data = bytearray()
        async for message in request_iterator:
            if len(message.chunk) > _MOST_CHUNK_BYTES:
                raise InvalidField("chunk", f"has {len(message.chunk)} bytes; at most {_MOST_CHUNK_BYTES} are allowed")
            data += message.chunk
            if len(data) > MOST_BYTES:
                raise UnreadableResume("RESUME_TOO_LARGE")
        return resume_pb2.ParseResumeResponse(resume=write_resume(await self._resumes.read(bytes(data))))


def write_resume(resume: Resume) -> resume_pb2.Resume:
    """A resume as its message."""
    parts = resume.parts
    return resume_pb2.Resume(
        format=_FORMATS[resume.format],  # type: ignore[arg-type]
        parsed_by=_PARSERS[resume.parsed_by],  # type: ignore[arg-type]
        model=resume.model,
        skills=parts.skills,
        roles=[
            resume_pb2.ResumeRole(
                title=role.title, company=role.company, start=role.start, end=role.end, current=role.current
            )
            for role in parts.roles
        ],
        years_experience=parts.years_experience,
        education=[
            resume_pb2.ResumeEducation(degree=one.degree, institution=one.institution, year=one.year)
            for one in parts.education
        ],
        projects=[resume_pb2.ResumeProject(name=one.name, description=one.description) for one in parts.projects],
        text=resume.text,
        truncated=resume.truncated,
    )
