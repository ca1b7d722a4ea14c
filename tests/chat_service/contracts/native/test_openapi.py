"""The OpenAPI document: complete, and true to the last example."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from jsonschema import Draft202012Validator

from chat_service.accounts.identity import Role
from chat_service.contracts.native.app import make_app
from chat_service.contracts.native.documentation import operations
from chat_service.contracts.native.examples import recorded
from tests.chat_service.conftest import Candidate, Service, expect
from tests.contracts.playing import Exchange, Player

DOCUMENT = make_app().openapi()
OPERATIONS = dict(operations(DOCUMENT))
BY_ADMINISTRATORS = ("GET /admin/analytics", "GET /admin/users", "POST /admin/users/{user_id}/credits")


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    checks = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]}, format_checker=checks)


def response_schema(operation: str, status: int) -> dict[str, Any]:
    schema: dict[str, Any] = OPERATIONS[operation]["responses"][str(status)]["content"]["application/json"]["schema"]
    return schema


def shown() -> Iterator[tuple[str, str, dict[str, Any], Any]]:
    """Every example of the document with its schema."""
    for name, operation in OPERATIONS.items():
        for where, part in (("request", operation.get("requestBody", {})), *operation["responses"].items()):
            for media in part.get("content", {}).values():
                if "example" in media:
                    yield name, where, media["schema"], media["example"]


async def test_the_service_serves_this_document_below_its_prefix(service: Service) -> None:
    async with httpx2.AsyncClient(base_url=service.url) as client:
        served = expect(200, await client.get("/api/v1/openapi.json"))
        assert served == {**DOCUMENT, "servers": [{"url": "/api/v1"}]}
        assert (await client.get("/api/v1/docs")).status_code == 200


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_documents_its_refusals(operation: str) -> None:
    one = OPERATIONS[operation]
    refusals = {int(status): response for status, response in one["responses"].items() if int(status) >= 400}
    assert {429, 503} <= set(refusals)
    if "security" in one:
        assert one["security"] == [{"access_token": []}]
        assert 401 in refusals
    else:
        assert operation in {"POST /auth/signup", "POST /auth/login", "POST /auth/refresh"}
    if "requestBody" in one:
        assert {400, 413, 415, 422} <= set(refusals)
    if "{interview_id}" in operation:
        assert {404, 422} <= set(refusals)
    for response in refusals.values():
        assert list(response["content"]) == ["application/problem+json"]
        assert response["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert response["x-codes"]
        assert all(code in response["description"] for code in response["x-codes"])
    assert one["description"]


def test_the_document_names_the_bearer_scheme_and_the_keyed_operations() -> None:
    scheme = DOCUMENT["components"]["securitySchemes"]["access_token"]
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    keyed = {
        name
        for name, one in OPERATIONS.items()
        if any(parameter["name"] == "Idempotency-Key" for parameter in one.get("parameters", ()))
    }
    assert keyed == {
        "POST /interviews",
        "POST /admin/users/{user_id}/credits",
        "POST /interviews/{interview_id}/rounds/{round_id}/start",
        "POST /interviews/{interview_id}/questions/{question_id}/transcript/submit",
        *(f"POST /interviews/{{interview_id}}/{action}" for action in ("start", "messages", "questions", "end")),
    }
    for name in keyed:
        assert "idempotency_key_reused" in OPERATIONS[name]["responses"]["422"]["x-codes"]
        assert "idempotency_key_in_flight" in OPERATIONS[name]["responses"]["409"]["x-codes"]


def test_no_schema_is_left_dangling() -> None:
    text = repr(DOCUMENT)
    for name in DOCUMENT["components"]["schemas"]:
        assert f"'#/components/schemas/{name}'" in text, name
    assert "HTTPValidationError" not in text


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_shows_an_example_of_its_bodies(operation: str) -> None:
    where = {place for name, place, _, _ in shown() if name == operation}
    one = OPERATIONS[operation]
    answers = [one["responses"][status] for status in one["responses"] if status.startswith("2")]
    assert any(place.startswith("2") for place in where) == any("content" in answer for answer in answers)
    assert ("requestBody" in one) == ("request" in where)


def test_every_example_fits_its_schema() -> None:
    for name, where, schema, example in shown():
        problems = [error.message for error in validator(schema).iter_errors(example)]
        assert not problems, (name, where, problems)


@pytest.fixture
async def played(anybody: httpx2.AsyncClient) -> list[Exchange]:
    """The example requests, sent anew."""
    requests = {name: one["request"] for name, one in recorded().items() if "request" in one}
    player = Player(anybody, requests, f"{uuid4().hex}@example.com")
    await player.play()
    return player.exchanges


async def test_every_example_request_gets_a_reply_of_the_examples_shape(played: list[Exchange]) -> None:
    examples = recorded()
    assert {*(one.operation for one in played), *BY_ADMINISTRATORS, "GET /profile/me/export"} == set(examples)
    for one in played:
        example = examples[one.operation]
        assert one.status == example["status"]
        if one.response is None:
            assert "response" not in example
            continue
        assert not list(validator(response_schema(one.operation, one.status)).iter_errors(one.response)), one
        assert list(differences(example["response"], one.response, one.operation)) == []


@pytest.mark.parametrize("operation", BY_ADMINISTRATORS)
async def test_what_an_administrator_is_told_is_of_the_examples_shape(
    candidate: Candidate, service: Service, operation: str
) -> None:
    account = await service.core.accounts.change_role(candidate.email, Role.ADMIN)
    tokens = expect(200, await candidate.http.post("/auth/refresh", json={"refresh_token": candidate.refresh_token}))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    method, path = operation.split(" ")
    example = recorded()[operation]
    url = path.format(user_id=account.id)
    reply = expect(
        example["status"], await candidate.http.request(method, url, json=example.get("request"), headers=headers)
    )
    assert not list(validator(response_schema(operation, example["status"])).iter_errors(reply))
    assert list(differences(example["response"], reply, operation)) == []


async def test_the_export_has_the_parts_of_the_example(candidate: Candidate) -> None:
    example = recorded()["GET /profile/me/export"]["response"]
    reply = expect(200, await candidate.http.get("/profile/me/export"))
    assert set(reply) == set(example)
    for part in ("account", "profile", "credits"):
        assert list(differences(example[part], reply[part], part)) == []


def differences(example: Any, live: Any, path: str) -> Iterator[str]:
    """Where the shapes differ. What is null in one may be anything in the other: the schema says whether it may."""
    if example is None or live is None:
        return
    if isinstance(example, dict) and isinstance(live, dict):
        if set(example) != set(live):
            yield f"{path}: {sorted(set(example) ^ set(live))}"
        for name in set(example) & set(live):
            yield from differences(example[name], live[name], f"{path}.{name}")
    elif isinstance(example, list) and isinstance(live, list):
        for number, one in enumerate(live if example else ()):
            yield from differences(example[0], one, f"{path}.{number}")
    elif _kind(example) is not _kind(live):
        yield f"{path}: {example!r} and {live!r}"


def _kind(value: object) -> type:
    return float if type(value) is int else type(value)
