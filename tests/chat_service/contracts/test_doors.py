"""What holds for every door."""

import importlib
import pkgutil
from typing import Any

import httpx2
import pytest

from chat_service import contracts
from chat_service.contracts.door import ErrorShape
from chat_service.errors import ErrorKind
from tests.chat_service.conftest import Candidate, problem


def all_shapes() -> list[type[ErrorShape]]:
    for module in pkgutil.walk_packages(contracts.__path__, f"{contracts.__name__}."):
        importlib.import_module(module.name)
    return ErrorShape.__subclasses__()


@pytest.mark.parametrize("shape", all_shapes())
def test_every_kind_of_error_has_a_status_of_its_own_class_in_every_door(shape: type[ErrorShape]) -> None:
    assert set(shape.statuses) == set(ErrorKind)
    ours = {ErrorKind.INTERNAL, ErrorKind.UNAVAILABLE}
    for kind, status in shape.statuses.items():
        assert status // 100 == (5 if kind in ours else 4), kind


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
