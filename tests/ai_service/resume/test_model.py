"""What a language model proposes is held to the text, and the built-in parser stands in where it fails."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import jsonschema
import pytest
import yaml
from prometheus_client import CollectorRegistry

from ai_service.interviewing.llm_engine.prompts import PROMPT_FOLDER as INTERVIEW_PROMPTS
from ai_service.interviewing.workers import Workers
from ai_service.llm.asking import Asking, Limits
from ai_service.llm.budget import Allowance
from ai_service.llm.metrics import ModelMetrics
from ai_service.llm.openai import OpenAIModel
from ai_service.resume.builtin import ReadResume
from ai_service.resume.model import PROMPT_FOLDER, ModelParser
from ai_service.resume.reading import Resumes
from ai_service.resume.resume import ResumeParser, ResumeRole
from tests.ai_service.injections import payloads
from tests.fakes.openai_server import ScriptedOpenAI, completion, error

TEXT = """Wanda Kowalska
wanda.kowalska@example.com
Experience
Backend Engineer, Acme Corp, 2019-03 - 2021-02
- Python and Kafka
Education
B.Sc. Physics, University of Warsaw, 2018
Projects
Tide table - shows the tides of a harbour
"""
DRAFT: dict[str, Any] = {
    "skills": ["python", "Kafka", "Haskell", "Kubernetes"],
    "roles": [
        {"title": "Backend Engineer", "company": "ACME Corp", "start": "2019-03", "end": "2021-02", "current": False},
        {"title": "Chief Wizard", "company": "Hogwarts", "start": "2001-01", "end": "", "current": True},
        {"title": "", "company": "Acme Corp", "start": "2001-01", "end": "2018-12", "current": False},
    ],
    "education": [
        {"degree": "B.Sc. Physics", "institution": "University of Warsaw", "year": 2018},
        {"degree": "MBA", "institution": "Oxford", "year": 2018},
    ],
    "projects": [
        {"name": "Tide table", "description": "shows the tides of a harbour. It won a prize."},
        {"name": "Moon base", "description": "A base on the moon."},
    ],
}


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedOpenAI]:
    async with ScriptedOpenAI.start() as endpoint:
        yield endpoint


@pytest.fixture
async def resumes(endpoint: ScriptedOpenAI) -> AsyncIterator[Resumes]:
    model = OpenAIModel(model="scripted", api_key="key", base_url=endpoint.base_url, connections=2)
    limits = Limits(timeout_seconds=5, attempts=2, max_output_tokens=1000, concurrency=2)
    asking = Asking(model, limits, ModelMetrics(CollectorRegistry(), None))
    workers = Workers(threads=1, bound=4)
    yield Resumes(workers, ModelParser(asking, Allowance(100_000)), today=lambda: date(2026, 1, 15))
    workers.close()


def test_the_prompt_fits_the_schema_of_prompts() -> None:
    schema = yaml.safe_load((INTERVIEW_PROMPTS / "schema.json").read_text(encoding="utf-8"))
    schema["properties"]["prompt"] = {"const": "resume"}
    jsonschema.validate(yaml.safe_load((PROMPT_FOLDER / "resume.yaml").read_text(encoding="utf-8")), schema)


async def test_what_is_not_in_the_text_is_dropped(resumes: Resumes, endpoint: ScriptedOpenAI) -> None:
    endpoint.will(completion(DRAFT))
    resume = await resumes.read(TEXT.encode())
    parts = resume.parts
    assert (resume.parsed_by, resume.model) == (ResumeParser.MODEL, "scripted")
    assert parts.skills == ("Python", "Apache Kafka")
    assert parts.roles == (
        ResumeRole("Backend Engineer", "ACME Corp", "2019-03", "2021-02", current=False),
        ResumeRole("", "Acme Corp", "", "", current=False),
    )
    assert parts.years_experience == 2.0
    assert [one.degree for one in parts.education] == ["B.Sc. Physics"]
    assert [(one.name, one.description) for one in parts.projects] == [("Tide table", "shows the tides of a harbour.")]


async def test_the_model_gets_no_contacts_and_nothing_of_the_candidates_as_an_instruction(
    resumes: Resumes, endpoint: ScriptedOpenAI
) -> None:
    endpoint.will(completion(DRAFT))
    await resumes.read(TEXT.encode())
    (request,) = endpoint.requests
    said = "\n".join([*request.texts("system"), *request.texts("user")])
    assert "Kowalska" not in said
    assert "example.com" not in said
    assert "Acme Corp" not in "\n".join(request.texts("system"))


@pytest.mark.parametrize("failure", [error(401), completion("no JSON at all")], ids=["refused", "garbage"])
async def test_the_builtin_parser_stands_in_and_says_so(
    resumes: Resumes, endpoint: ScriptedOpenAI, failure: Any
) -> None:
    endpoint.answer = lambda _: failure
    resume = await resumes.read(TEXT.encode())
    assert (resume.parsed_by, resume.model) == (ResumeParser.BUILTIN_FALLBACK, "")
    assert resume.parts.skills == ("Python", "Apache Kafka")
    assert resume.parts.years_experience == 2.0


def test_most_of_what_talks_to_a_reader_by_machine_is_left_out_and_none_of_it_becomes_a_part() -> None:
    today = date(2026, 1, 15)
    own = "Wrote parsers for tide tables."
    plain = ReadResume.of(f"{TEXT}Summary\n{own}\n").parts(today)
    left = []
    for payload in payloads("resume"):
        read = ReadResume.of(f"{TEXT}Summary\n{payload.text}\n{own}\n")
        assert read.parts(today) == plain, payload.id
        assert own in read.text, payload.id
        left += [payload.id] if payload.text in read.text else []
    assert len(left) <= 4, left  # of 35; what is left is data like any other line
