"""Resumes over real gRPC: chunks in, a structure or a named refusal out."""

from collections.abc import AsyncIterator, Iterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.workers import Workers
from ai_service.resume.reading import Resumes
from protos.interview_engine.v1 import resume_pb2, resume_pb2_grpc
from tests.ai_service.resume.files import pdf
from tests.ai_service.wire.serving import METADATA, SECONDS, Serving, refusal

LINES = ["Backend Engineer", "Experience", "Backend Engineer, Acme Corp, 2019 - 2021", "- Python, SQL, Go and gRPC"]


@pytest.fixture(scope="module")
async def served(grader: Grader, bank: Bank) -> AsyncIterator[Serving]:
    workers = Workers(threads=1, bound=4)
    async with Serving.start(workers) as serving:
        await serving.server.open(BuiltinEngine(grader, workers, bank), Resumes(workers))
        yield serving


def chunks(data: bytes, size: int = 100) -> Iterator[resume_pb2.ParseResumeRequest]:
    for start in range(0, len(data), size):
        yield resume_pb2.ParseResumeRequest(chunk=data[start : start + size])


async def parse(serving: Serving, data: bytes, size: int = 100) -> resume_pb2.Resume:
    stub = resume_pb2_grpc.ResumeServiceStub(serving.channel)
    response = await stub.ParseResume(chunks(data, size), metadata=METADATA, timeout=SECONDS)
    return response.resume


async def test_a_file_in_chunks_becomes_a_structure(served: Serving) -> None:
    resume = await parse(served, pdf([LINES]))
    assert resume.format == resume_pb2.RESUME_FORMAT_PDF
    assert resume.parsed_by == resume_pb2.RESUME_PARSER_BUILTIN
    assert list(resume.skills) == ["Python", "SQL", "Go", "gRPC"]
    assert [(role.title, role.company, role.start, role.end, role.current) for role in resume.roles] == [
        ("Backend Engineer", "Acme Corp", "2019", "2021", False)
    ]
    assert resume.years_experience == 2.0
    assert resume.text.endswith("- Python, SQL, Go and gRPC")


@pytest.mark.parametrize(
    ("data", "size", "reason"),
    [
        (b"", 100, "RESUME_EMPTY"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", 100, "RESUME_UNSUPPORTED"),
        (bytes(11 * 1024 * 1024), 1024 * 1024, "RESUME_TOO_LARGE"),
        (bytes(2 * 1024 * 1024), 2 * 1024 * 1024, "INVALID_FIELD"),
    ],
    ids=["empty", "image", "large", "large-chunk"],
)
async def test_a_file_that_is_refused_says_why(served: Serving, data: bytes, size: int, reason: str) -> None:
    told = await refusal(parse(served, data, size))
    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)


async def test_the_credential_is_asked_for(served: Serving) -> None:
    stub = resume_pb2_grpc.ResumeServiceStub(served.channel)
    told = await refusal(stub.ParseResume(chunks(b"some text"), timeout=SECONDS))
    assert told.code is grpc.StatusCode.UNAUTHENTICATED


async def test_the_service_has_its_own_health(served: Serving) -> None:
    request = health_pb2.HealthCheckRequest(service="interview_engine.v1.ResumeService")
    answer = await health_pb2_grpc.HealthStub(served.channel).Check(request, timeout=SECONDS)  # type: ignore[attr-defined]
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
