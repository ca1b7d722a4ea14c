"""The resume of a profile: read by the engine, kept without the file, used by interviews."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import grpc
import httpx2
import pytest

from chat_service.accounts.resumes import MAX_FILE_BYTES
from tests.chat_service.conftest import Candidate, Service, expect, problem

TEXT = {"Content-Type": "text/plain"}
OWN = ["Python", "PostgreSQL", "Apache Kafka"]


async def put(candidate: Candidate, content: bytes = b"Backend Engineer at Acme", **params: str) -> httpx2.Response:
    return await candidate.http.put("/profile/me/resume", content=content, headers=TEXT, params=params)


async def test_a_resume_is_read_kept_replaced_and_forgotten(candidate: Candidate) -> None:
    none = problem(404, "resume_not_found", await candidate.http.get("/profile/me/resume"))
    assert none["detail"] == "There is no resume on your profile."
    first = expect(200, await put(candidate, b"a" * 100, file_name="C:\\cv\\mine\u200b.txt"))
    assert (first["file_name"], first["size_bytes"], first["parsed_by"]) == ("mine.txt", 100, "builtin")
    assert (first["skills"], first["years_experience"]) == (OWN, 5.5)
    assert expect(200, await candidate.http.get("/profile/me/resume")) == first
    second = expect(200, await put(candidate, b"b" * 200_000))
    assert (second["file_name"], second["text"]) == (None, "Backend Engineer at Acme. Read from 200000 bytes.")
    assert second["uploaded_at"] > first["uploaded_at"]
    assert (await candidate.http.delete("/profile/me/resume")).status_code == 204
    problem(404, "resume_not_found", await candidate.http.delete("/profile/me/resume"))


async def test_a_form_with_the_file_is_taken_too(candidate: Candidate) -> None:
    files = {"file": ("cv.pdf", b"x" * MAX_FILE_BYTES, "application/pdf")}
    stored = expect(200, await candidate.http.put("/profile/me/resume", files=files))
    assert (stored["file_name"], stored["size_bytes"]) == ("cv.pdf", MAX_FILE_BYTES)
    refused = await candidate.http.put("/profile/me/resume", files={"other": ("cv.pdf", b"x")})
    assert problem(422, "validation_failed", refused)["fields"][0]["field"] == "file"


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("RESUME_UNSUPPORTED", 415, "resume_unsupported"),
        ("RESUME_TOO_LARGE", 413, "resume_too_large"),
        ("RESUME_ENCRYPTED", 422, "resume_encrypted"),
        ("RESUME_DAMAGED", 422, "resume_damaged"),
        ("RESUME_NO_TEXT", 422, "resume_no_text"),
        ("RESUME_TOO_COMPLEX", 422, "resume_too_complex"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_and_the_earlier_resume_stays(
    candidate: Candidate, service: Service, reason: str, status: int, code: str
) -> None:
    kept = expect(200, await put(candidate))
    service.script.fault, service.script.reason = grpc.StatusCode.INVALID_ARGUMENT, reason
    problem(status, code, await put(candidate, b"another"))
    assert expect(200, await candidate.http.get("/profile/me/resume")) == kept


async def test_sizes_and_kinds_that_need_no_reading_are_refused_at_once(
    candidate: Candidate, anybody: httpx2.AsyncClient
) -> None:
    problem(422, "resume_empty", await put(candidate, b""))
    problem(413, "resume_too_large", await put(candidate, b"x" * (MAX_FILE_BYTES + 1)))
    problem(413, "body_too_large", await put(candidate, b"x" * (MAX_FILE_BYTES + 65 * 1024)))
    problem(415, "unsupported_media_type", await candidate.http.put("/profile/me/resume", json={"a": 1}))
    problem(413, "body_too_large", await candidate.http.put("/profile/me", content=b"x" * (MAX_FILE_BYTES // 2)))
    problem(401, "token_missing", await anybody.put("/profile/me/resume", content=b"x", headers=TEXT))


async def test_an_engine_that_is_away_is_named_and_nothing_changes(candidate: Candidate, service: Service) -> None:
    service.script.fault = grpc.StatusCode.UNAVAILABLE
    refused = await put(candidate)
    problem(503, "engine_unavailable", refused)
    assert int(refused.headers["retry-after"]) >= 1
    problem(404, "resume_not_found", await candidate.http.get("/profile/me/resume"))


async def test_many_uploads_at_once_leave_one_whole_resume(candidate: Candidate) -> None:
    sizes = range(100, 120)
    for one in await asyncio.gather(*(put(candidate, b"x" * size, file_name=f"{size}.txt") for size in sizes)):
        expect(200, one)
    stored = expect(200, await candidate.http.get("/profile/me/resume"))
    assert stored["file_name"] == f"{stored['size_bytes']}.txt"
    assert f"Read from {stored['size_bytes']} bytes" in stored["text"]


async def test_nobody_sees_anothers_resume(candidate: Candidate, join: Callable[[], Any]) -> None:
    expect(200, await put(candidate))
    other: Candidate = await join()
    problem(404, "resume_not_found", await other.http.get("/profile/me/resume"))
    problem(404, "resume_not_found", await other.http.delete("/profile/me/resume"))


async def test_new_interviews_use_the_resume_unless_they_bring_their_own(
    candidate: Candidate, service: Service
) -> None:
    stored = expect(200, await put(candidate))
    await candidate.started()
    await candidate.started(resume="Ten years of COBOL.", skills=["cobol"])
    profile = {"years_experience": 9, "tech_stacks": ["elixir"], "target_role": None, "target_company": None}
    expect(200, await candidate.http.put("/profile/me", json=profile))
    await candidate.started()
    told = [request.context for request in service.script.asked]
    assert [(one.resume, list(one.skills), one.years_experience) for one in told] == [
        (stored["text"], OWN, 5.5),
        ("Ten years of COBOL.", ["cobol"], 0.0),
        (stored["text"], ["elixir"], 9.0),
    ]
    assert [one.HasField("years_experience") for one in told] == [True, False, True]


async def test_doors_read_a_file_without_keeping_it(candidate: Candidate, service: Service) -> None:
    parsed = await service.core.resumes.parse(b"Backend Engineer at Acme")
    assert parsed.skills == tuple(OWN)
    me = expect(200, await candidate.http.get("/profile/me"))
    assert await service.core.resumes.find(UUID(me["id"])) is None
