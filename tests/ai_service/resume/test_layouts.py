"""What the built-in parser finds in resumes of many layouts, each as PDF, Word document and text."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest

from ai_service.interviewing.workers import Workers
from ai_service.resume.extraction import ResumeFormat
from ai_service.resume.reading import Resumes
from ai_service.resume.resume import Resume, ResumeParser
from tests.ai_service.resume.files import pdf, word
from tests.ai_service.resume.layouts import LAYOUTS, Layout

TODAY = date(2026, 1, 15)


@pytest.fixture(scope="module")
async def resumes() -> AsyncIterator[Resumes]:
    workers = Workers(threads=1, bound=8)
    yield Resumes(workers, today=lambda: TODAY)
    workers.close()


async def read(resumes: Resumes, layout: Layout) -> list[Resume]:
    files = (pdf([layout.lines]), word(layout.lines), layout.text.encode())
    return await asyncio.gather(*(resumes.read(file) for file in files))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
async def test_what_a_resume_says_is_found_whatever_the_format(resumes: Resumes, layout: Layout) -> None:
    found = await read(resumes, layout)
    assert [one.format for one in found] == [ResumeFormat.PDF, ResumeFormat.DOCX, ResumeFormat.TEXT]
    for one in found:
        parts = one.parts
        assert one.parsed_by is ResumeParser.BUILTIN
        assert layout.skills - set(parts.skills) == set(), one.format
        assert layout.lacking & set(parts.skills) == set(), one.format
        assert parts.years_experience == layout.years, one.format
        assert tuple((role.title, role.company) for role in parts.roles) == layout.roles, one.format
        assert tuple((e.degree, e.institution, e.year) for e in parts.education) == layout.degrees, one.format
        assert tuple(project.name for project in parts.projects) == layout.projects, one.format
        kept = f"{one.text}\n{parts}".lower()
        assert [some for some in layout.personal if some.lower() in kept] == [], one.format
