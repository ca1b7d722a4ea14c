"""What holds for every door."""

import ast
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chat_service import contracts
from chat_service.contracts.door import ErrorShape
from chat_service.errors import ErrorKind
from chat_service.main import DOORS
from tests.chat_service.conftest import Candidate, Service, expect, problem


def all_shapes() -> list[type[ErrorShape]]:
    for module in pkgutil.walk_packages(contracts.__path__, f"{contracts.__name__}."):
        importlib.import_module(module.name)
    return ErrorShape.__subclasses__()


@pytest.mark.parametrize("shape", all_shapes())
def test_every_kind_of_error_has_a_status_of_its_own_class_in_every_door(shape: type[ErrorShape]) -> None:
    assert set(shape.statuses) == set(ErrorKind)
    ours = {ErrorKind.INTERNAL, ErrorKind.UNAVAILABLE, ErrorKind.NOT_IMPLEMENTED}
    for kind, status in shape.statuses.items():
        assert status // 100 == (5 if kind in ours else 4), kind


MISSING = "There is no endpoint GET {path}."
UNKNOWN: dict[str, Callable[[str], Any]] = {
    "/contracts/interview-api": lambda text: {"error": text},
    "/contracts/interviewer-platform": lambda text: {
        "error": {"code": "NOT_FOUND", "message": text, "details": {"reason": "endpoint_not_found"}}
    },
    "/contracts/interviewer-agent": lambda text: {
        "status": "error",
        "error": {"code": "not_found", "message": text, "details": {"reason": "endpoint_not_found"}},
    },
    "/contracts/interview-system": lambda text: {
        "success": False,
        "data": None,
        "error": {"code": 404, "message": text, "details": []},
    },
}


def test_no_door_imports_another() -> None:
    doors = {path.parent for path in Path(contracts.__path__[0]).glob("*/app.py")}
    assert len(doors) == len(DOORS)
    for door in doors:
        for file in door.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0, file
                    names = [f"{node.module}.{one.name}" for one in node.names]
                for other in doors - {door}:
                    assert not any(f"{name}.".startswith(f"{contracts.__name__}.{other.name}.") for name in names), file


@pytest.mark.parametrize("prefix", UNKNOWN)
async def test_a_door_speaks_of_what_it_has_not_in_its_own_shape(
    anybody: httpx2.AsyncClient, service: Service, prefix: str
) -> None:
    for path in (prefix, f"{prefix}/nope", f"{prefix}/api/v1/profile/me"):
        reply = await anybody.get(service.url + path)
        body = expect(404, reply)
        body.pop("meta", None)
        assert body == UNKNOWN[prefix](MISSING.format(path=path))
    beside = problem(404, "endpoint_not_found", await anybody.get(f"{service.url}{prefix}x/nope"))
    assert beside["instance"] == f"{prefix}x/nope"


@pytest.mark.parametrize("prefix", DOORS)
async def test_every_door_has_a_page_and_a_document_of_its_own(
    anybody: httpx2.AsyncClient, service: Service, prefix: str
) -> None:
    assert f"{prefix}/openapi.json" in (await anybody.get(f"{service.url}{prefix}/docs")).text
    document = expect(200, await anybody.get(f"{service.url}{prefix}/openapi.json"))
    assert document["servers"] == [{"url": prefix}]
    assert "HTTPValidationError" not in repr(document)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert {"429", "503"} <= set(operation["responses"])


PUBLISHED = [
    *[("/contracts/interview-api", kind, 400) for kind in (ErrorKind.MALFORMED, ErrorKind.INVALID)],
    *[("/contracts/interviewer-platform", kind, 400) for kind in (ErrorKind.MALFORMED, ErrorKind.INVALID)],
    *[("/contracts/interviewer-agent", kind, 400) for kind in (ErrorKind.MALFORMED, ErrorKind.INVALID)],
    ("/contracts/interview-system", ErrorKind.MALFORMED, 400),
    ("/contracts/interview-system", ErrorKind.INVALID, 422),
]


@pytest.mark.parametrize(("prefix", "kind", "status"), PUBLISHED)
def test_an_unusable_request_has_the_status_that_its_document_publishes(
    prefix: str, kind: ErrorKind, status: int
) -> None:
    (shape,) = [one for one in all_shapes() if one.__module__.split(".")[2] == prefix[11:].replace("-", "_")]
    assert shape.statuses[kind] == status


@pytest.mark.parametrize("name", ["abc", "A-1_b.c", "x" * 64, "0193-ABCD"])
async def test_a_request_keeps_the_id_that_it_came_with(candidate: Candidate, name: str) -> None:
    reply = await candidate.http.get("/profile/me", headers={"X-Request-ID": name})
    assert reply.headers.get_list("x-request-id") == [name]
    refused = await candidate.http.get("/nope", headers={"X-Request-ID": name})
    assert problem(404, "endpoint_not_found", refused)["request_id"] == name


@pytest.mark.parametrize("name", [b"", b"x" * 65, b"a b", b"a\tb", b"<script>", b"\xc3\xbc", b"\xff", b"a;b", b'"'])
async def test_an_unusable_request_id_is_replaced(anybody: httpx2.AsyncClient, name: bytes) -> None:
    replies = [await anybody.get("/nope", headers={b"X-Request-ID": name}) for _ in range(2)]
    given: list[Any] = [problem(404, "endpoint_not_found", reply)["request_id"] for reply in replies]
    assert len(set(given)) == 2
    assert all(len(one) == 36 for one in given)
