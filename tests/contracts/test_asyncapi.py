"""The AsyncAPI documents of the live sockets are what their readers take them for."""

from typing import Any

import httpx2
import pytest

from tests.chat_service.conftest import Service, expect
from tests.contracts.asyncapi_parser import complaints, violations

PATHS = [
    "/api/v1/asyncapi.json",
    "/contracts/interviewer-agent/api/v1/asyncapi.json",
    "/contracts/interviewer-platform/api/asyncapi.json",
]
ADDRESSES = {
    "/api/v1/interviews/{interview_id}/live",
    "/contracts/interviewer-agent/api/v1/ws/interviews/{interview_id}",
    "/contracts/interviewer-platform/api/interview/stream/{interview_id}",
}


@pytest.fixture(params=PATHS)
async def document(request: pytest.FixtureRequest, service: Service) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=service.url) as client:
        return dict(expect(200, await client.get(request.param)))


async def test_the_official_parser_has_no_complaint(document: dict[str, Any]) -> None:
    assert await complaints(document) == []


def test_it_fits_the_schema_of_asyncapi(document: dict[str, Any]) -> None:
    assert violations(document) == []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = list(_references(document))
    assert found
    for reference in found:
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_it_says_where_it_is_reached(document: dict[str, Any], service: Service) -> None:
    server, channel = document["servers"]["this"], document["channels"]["live"]
    assert f"{server['protocol']}://{server['host']}" == service.url.replace("http", "ws", 1)
    assert server["pathname"] + channel["address"] in ADDRESSES


def test_close_codes_are_documented(document: dict[str, Any]) -> None:
    text = document["info"]["description"]
    for code in (1001, 1008, 1009, 1011, 1012, 1013, 4401, 4404, 4408):
        assert str(code) in text, code


def _references(part: Any) -> Any:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for one in part:
            yield from _references(one)
