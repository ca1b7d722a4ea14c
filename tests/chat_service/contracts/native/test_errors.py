"""Errors: every failure, the framework's and the server's too, is an RFC 9457 problem document."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest

from chat_service.contracts.body_limit import MAX_BODY_BYTES
from chat_service.contracts.native.app import make_app
from chat_service.contracts.native.documentation import operations
from tests.chat_service.conftest import Candidate, Service, expect, problem

WANTED = {"domain": "dsa", "difficulty": "easy"}
DOCUMENT = make_app().openapi()
WITH_TOKEN = [name for name, operation in operations(DOCUMENT) if "security" in operation]


async def post(candidate: Candidate, content: bytes, content_type: str | None = "application/json") -> httpx2.Response:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return await candidate.http.post("/interviews", content=content, headers=headers)


async def test_a_problem_has_all_members_of_the_standard(anybody: httpx2.AsyncClient) -> None:
    body = problem(404, "endpoint_not_found", await anybody.get("/no/such/endpoint"))
    assert body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no endpoint GET /api/v1/no/such/endpoint.",
        "instance": "/api/v1/no/such/endpoint",
        "code": "endpoint_not_found",
        "request_id": body["request_id"],
    }


@pytest.mark.parametrize("path", ["/", "/nope", "/interviews/", "/interviews/1/2/3", "/%00", "/%ff%fe", "/auth", "//"])
async def test_an_unknown_route_is_a_problem(anybody: httpx2.AsyncClient, path: str) -> None:
    reply = await anybody.get(path)
    if reply.is_redirect:
        assert urlsplit(reply.headers["location"]).path == "/api/v1/interviews"
        return
    problem(404, "endpoint_not_found", reply)


@pytest.mark.parametrize("path", ["/nope", "/api", "/api/v2/interviews", "/healthz/x", "/%ff"])
async def test_a_route_outside_every_door_is_a_problem_too(service: Service, path: str) -> None:
    async with httpx2.AsyncClient(base_url=service.url) as client:
        problem(404, "endpoint_not_found", await client.get(path))
        problem(405, "method_not_allowed", await client.post("/healthz"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/auth/login", "POST"),
        ("POST", "/profile/me", "DELETE, GET, PATCH, PUT"),
        ("PATCH", "/interviews", "GET, POST"),
        ("OPTIONS", "/interviews", "GET, POST"),
        ("TRACE", "/auth/signup", "POST"),
    ],
)
async def test_another_method_is_refused_with_those_there_are(
    anybody: httpx2.AsyncClient, method: str, path: str, allowed: str
) -> None:
    reply = await anybody.request(method, path)
    problem(405, "method_not_allowed", reply)
    assert {one.strip() for one in reply.headers["allow"].split(",")} <= set(allowed.split(", "))


@pytest.mark.parametrize("operation", WITH_TOKEN)
async def test_without_a_token_every_operation_says_so_first(anybody: httpx2.AsyncClient, operation: str) -> None:
    method, path = operation.split(" ")
    reply = await anybody.request(method, path.replace("{interview_id}", "no-uuid"), json={})
    problem(401, "token_missing", reply)
    assert reply.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"not json",
        b"{'domain': 'dsa'}",
        b'{"domain": "dsa",}',
        b"\xff\xfe{",
        b'{"domain": "\xe4"}',
        b'{"domain": "dsa\n"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"question_limit": ' + b"9" * 5000 + b"}",
        b'{"domain": "dsa"} {"domain": "dsa"}',
    ],
    ids=range(11),
)
async def test_what_is_no_json_in_utf8_is_a_400(candidate: Candidate, content: bytes) -> None:
    problem(400, "malformed_json", await post(candidate, content))


@pytest.mark.parametrize("content", [b"null", b"[]", b"7", b'"text"', b"true", b'[{"domain": "dsa"}]', b"NaN"])
async def test_json_that_is_no_object_is_a_422(candidate: Candidate, content: bytes) -> None:
    assert problem(422, "validation_failed", await post(candidate, content))["fields"][0]["field"] == "body"


async def test_no_body_at_all_is_a_422(candidate: Candidate) -> None:
    for content_type in ("application/json", None):
        refused = problem(422, "validation_failed", await post(candidate, b"", content_type))
        assert [one["field"] for one in refused["fields"]] == ["body"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", None]
)
async def test_a_body_that_is_not_said_to_be_json_is_a_415(candidate: Candidate, content_type: str | None) -> None:
    problem(415, "unsupported_media_type", await post(candidate, json.dumps(WANTED).encode(), content_type))


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/a+json"])
async def test_every_media_type_of_json_is_read(candidate: Candidate, content_type: str) -> None:
    expect(201, await post(candidate, json.dumps(WANTED).encode(), content_type))


async def test_a_body_that_is_too_large_is_a_413(candidate: Candidate) -> None:
    padded = json.dumps({**WANTED, "x": "x" * MAX_BODY_BYTES}).encode()
    problem(413, "body_too_large", await post(candidate, padded))

    async def chunks() -> Any:
        for start in range(0, len(padded), 65536):
            yield padded[start : start + 65536]

    headers = {"Content-Type": "application/json"}
    problem(413, "body_too_large", await candidate.http.post("/interviews", content=chunks(), headers=headers))
    draft = await candidate.create()
    keyed = {"Idempotency-Key": uuid4().hex}
    started = await candidate.http.post(f"/interviews/{draft['id']}/start", content=padded, headers=keyed)
    problem(413, "body_too_large", started)


@pytest.mark.parametrize(
    "identifier", ["1", "null", "%00", "01932c07-0000-7000-8000-00000000000", "..%2f..", "%F0%9F%94%91", "x" * 2000]
)
async def test_what_is_no_uuid_is_a_422_that_names_the_parameter(candidate: Candidate, identifier: str) -> None:
    reply = await candidate.http.get(f"/interviews/{identifier}")
    if reply.status_code == 404:
        problem(404, "endpoint_not_found", reply)  # a slash makes it another path
        assert identifier == "..%2f.."
        return
    refused = problem(422, "validation_failed", reply)
    assert [one["field"] for one in refused["fields"]] == ["interview_id"]


@pytest.mark.parametrize("name", ["state", "domain", "difficulty", "limit", "cursor"])
@pytest.mark.parametrize("value", ["x\0", "½", "-1", "1e3", "99999999999999999999999999", "😀" * 300, "nan", "[]"])
async def test_an_unusable_query_parameter_is_a_422_that_names_it(candidate: Candidate, name: str, value: str) -> None:
    refused = problem(422, "validation_failed", await candidate.http.get("/interviews", params={name: value}))
    assert [one["field"] for one in refused["fields"]] == [name]


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"tab\tin it", b"\xff\xfe", "ümlaut".encode()])
async def test_an_unusable_idempotency_key_is_a_422(candidate: Candidate, key: bytes) -> None:
    reply = await candidate.http.post("/interviews", json=WANTED, headers={b"Idempotency-Key": key})
    assert problem(422, "validation_failed", reply)["fields"][0]["field"] == "Idempotency-Key"


async def test_a_defect_is_a_500_that_tells_nothing_of_the_inside(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: UUID) -> None:
        raise KeyError("the inside")

    monkeypatch.setattr(type(service.core.profiles), "get", staticmethod(fail))
    reply = await candidate.http.get("/profile/me")
    problem(500, "internal_error", reply)
    assert "inside" not in reply.text


RAW = [
    b"GET /api/v1/interviews/\xff\xfe HTTP/1.1",
    b"GET /api/v1/interviews?cursor=\xff HTTP/1.1",
    b"GET /api/v1/interviews?limit=%zz&cursor=%ff%ed%a0%80 HTTP/1.1",
    b"GET http://elsewhere/api/v1/interviews HTTP/1.1",
    b"GET * HTTP/1.1",
    b"GET /api/v1/../../etc/passwd HTTP/1.1",
]


@pytest.mark.parametrize("request_line", RAW, ids=range(len(RAW)))
async def test_a_mangled_request_line_is_a_client_error(
    service: Service, candidate: Candidate, request_line: bytes
) -> None:
    address = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    token = candidate.http.headers["Authorization"].encode()
    writer.write(request_line + b"\r\nHost: x\r\nConnection: close\r\nAuthorization: " + token + b"\r\n\r\n")
    status = int((await reader.readline()).split(b" ")[1])
    writer.close()
    assert status < 500, status
