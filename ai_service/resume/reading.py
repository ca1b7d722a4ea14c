"""Reading a resume: its text out of the file, its contacts away, and what it says."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Protocol

import structlog

from ai_service.errors import Fault
from ai_service.resume.builtin import ReadResume
from ai_service.resume.extraction import Extraction
from ai_service.resume.faults import UnreadableResume
from ai_service.resume.model import ModelParser
from ai_service.resume.resume import Resume, ResumeParser, ResumeParts
from ai_service.resume.skills import load_catalogue
from ai_service.resume.words import load_words

_log = structlog.get_logger("ai_service.resume")


class RunsApart(Protocol):
    """Something that runs a job off the event loop."""

    async def run(self, job: Callable[[], tuple[str, ResumeParts]]) -> tuple[str, ResumeParts]:
        """The job's result."""
        ...


class Resumes:
    """Reads resumes."""

    def __init__(
        self,
        workers: RunsApart,
        model: ModelParser | None = None,
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Raises `ResourceError` when a data file cannot be used."""
        load_catalogue()
        load_words()
        self._extraction = Extraction()
        self._workers = workers
        self._model = model
        self._today = today

    async def read(self, data: bytes) -> Resume:
        """The resume in a file of at most `MOST_BYTES`.

        Where the model fails the built-in parser's parts stand, which `parsed_by` says. Raises `UnreadableResume` for
        what is wrong with the file, `ResumesBusy` and `Overloaded`.
        """
        extracted = await self._extraction.of(data)
        today = self._today()

        def parse() -> tuple[str, ResumeParts]:
            read = ReadResume.of(extracted.text)
            return read.text, read.parts(today)

        text, parts = await self._workers.run(parse)
        if not text:
            raise UnreadableResume("RESUME_NO_TEXT")
        parser, model = ResumeParser.BUILTIN, ""
        if self._model is not None:
            try:
                parts, parser, model = await self._model.parts(text, today), ResumeParser.MODEL, self._model.name
            except Fault as fault:
                _log.warning("resume_by_builtin", reason=fault.reason)
                parser = ResumeParser.BUILTIN_FALLBACK
        return Resume(extracted.format, parser, model, parts, text, extracted.truncated)
