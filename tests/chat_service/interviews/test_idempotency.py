"""Idempotency keys on create, start and end; those of answers are tested with answering."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import grpc
import httpx2
import pytest

from tests.chat_service.conftest import Candidate, Service, expect, problem

WANTED = {"domain": "dsa", "difficulty": "easy"}
ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


async def keyed(candidate: Candidate, path: str, key: str, body: Any = None) -> httpx2.Response:
    return await candidate.http.post(path, json=body, headers={"Idempotency-Key": key})


async def count(candidate: Candidate) -> int:
    return len(expect(200, await candidate.http.get("/interviews", params={"limit": 100}))["interviews"])


@pytest.mark.parametrize("action", ["create", "start", "end"])
async def test_the_same_key_gives_the_same_reply_and_does_the_work_once(
    candidate: Candidate, service: Service, action: str
) -> None:
    key, path, body, status = uuid4().hex, "/interviews", None, 200
    if action == "create":
        body, status = WANTED, 201
    elif action == "start":
        path = f"/interviews/{(await candidate.create())['id']}/start"
    else:
        interview = await candidate.started()
        await candidate.answered(interview["id"], ANSWER)
        path = f"/interviews/{interview['id']}/end"
    first = expect(status, await keyed(candidate, path, key, body))
    worked = (len(service.script.asked), len(service.script.reported), await count(candidate))
    for _ in range(3):
        assert expect(status, await keyed(candidate, path, key, body)) == first
    assert (len(service.script.asked), len(service.script.reported), await count(candidate)) == worked


async def test_a_key_that_comes_with_another_request_is_refused(candidate: Candidate) -> None:
    key = uuid4().hex
    draft = expect(201, await keyed(candidate, "/interviews", key, WANTED))
    for path, body in (
        ("/interviews", {**WANTED, "difficulty": "hard"}),
        ("/interviews", {**WANTED, "title": None}),
        (f"/interviews/{draft['id']}/start", None),
        (f"/interviews/{draft['id']}/end", None),
        (f"/interviews/{draft['id']}/messages", {"content": ANSWER}),
    ):
        problem(422, "idempotency_key_reused", await keyed(candidate, path, key, body))
    assert await count(candidate) == 1
    assert expect(200, await candidate.http.get(f"/interviews/{draft['id']}"))["state"] == "draft"


@pytest.mark.parametrize("action", ["start", "end", "messages"])
async def test_a_key_in_flight_is_a_conflict_with_a_time_to_wait(
    candidate: Candidate, service: Service, action: str
) -> None:
    interview = await candidate.create()
    body = {"content": ANSWER} if action == "messages" else None
    if action != "start":
        await candidate.start(interview["id"])
    if action == "end":
        await candidate.answered(interview["id"], ANSWER)
    service.script.delay = 0.4
    path, key = f"/interviews/{interview['id']}/{action}", uuid4().hex
    replies = await asyncio.gather(*(keyed(candidate, path, key, body) for _ in range(5)))
    done = [reply for reply in replies if reply.status_code == 200]
    assert len(done) == 1
    for refused in (reply for reply in replies if reply is not done[0]):
        problem(409, "idempotency_key_in_flight", refused)
        assert int(refused.headers["retry-after"]) >= 1
    assert expect(200, await keyed(candidate, path, key, body)) == done[0].json()


async def test_creations_at_once_with_one_key_create_one_interview(candidate: Candidate) -> None:
    key = uuid4().hex
    replies = await asyncio.gather(*(keyed(candidate, "/interviews", key, WANTED) for _ in range(12)))
    created = {reply.json()["id"] for reply in replies if reply.status_code == 201}
    assert len(created) == 1
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert await count(candidate) == 1


async def test_a_refused_request_gives_its_key_back(candidate: Candidate) -> None:
    key = uuid4().hex
    draft = await candidate.create()
    problem(409, "illegal_transition", await keyed(candidate, f"/interviews/{draft['id']}/end", key))
    problem(404, "interview_not_found", await keyed(candidate, f"/interviews/{uuid4()}/start", key))
    problem(422, "validation_failed", await keyed(candidate, "/interviews", key, {"domain": "dsa"}))
    past = {**WANTED, "scheduled_at": "2020-01-01T00:00:00Z"}
    problem(422, "validation_failed", await keyed(candidate, "/interviews", key, past))
    expect(200, await keyed(candidate, f"/interviews/{draft['id']}/start", key))


@pytest.mark.parametrize("action", ["start", "end"])
async def test_what_the_engine_failed_at_goes_on_with_the_same_key(
    candidate: Candidate, service: Service, action: str
) -> None:
    interview = await candidate.create()
    if action == "end":
        await candidate.start(interview["id"])
        await candidate.answered(interview["id"], ANSWER)
    path, key = f"/interviews/{interview['id']}/{action}", uuid4().hex
    service.script.fault = grpc.StatusCode.INTERNAL
    failed = await keyed(candidate, path, key)
    problem(503, "engine_unavailable", failed)
    assert int(failed.headers["retry-after"]) >= 1
    service.script.fault = None
    done = expect(200, await keyed(candidate, path, key))
    assert done["state"] == ("in_progress" if action == "start" else "completed")
    assert expect(200, await keyed(candidate, path, key)) == done


async def test_two_users_may_use_the_same_key(join: Callable[[], Any]) -> None:
    key = uuid4().hex
    first, second = await join(), await join()
    created = [expect(201, await keyed(one, "/interviews", key, WANTED))["id"] for one in (first, second)]
    assert len(set(created)) == 2
    assert expect(201, await keyed(second, "/interviews", key, WANTED))["id"] == created[1]
    problem(422, "idempotency_key_reused", await keyed(second, "/interviews", key, {**WANTED, "domain": "hld"}))


async def test_a_key_is_free_again_after_a_day(candidate: Candidate, service: Service) -> None:
    key = uuid4().hex
    first = expect(201, await keyed(candidate, "/interviews", key, WANTED))
    await service.core.database.fetch(
        "UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = $1", key
    )
    other = expect(201, await keyed(candidate, "/interviews", key, {**WANTED, "domain": "hld"}))
    assert other["id"] != first["id"]


async def test_ending_without_a_key_is_idempotent_too(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    await candidate.answered(interview["id"], ANSWER)
    service.script.delay = 0.1
    ended = await asyncio.gather(*(candidate.end(interview["id"]) for _ in range(6)))
    assert all(one == ended[0] for one in ended)
    assert len(service.script.reported) == 1


async def test_a_key_of_a_deleted_account_is_refused_as_its_token_is(candidate: Candidate, service: Service) -> None:
    await service.core.database.fetch("DELETE FROM users WHERE email = $1", candidate.email)
    problem(401, "account_gone", await keyed(candidate, "/interviews", uuid4().hex, WANTED))


async def test_a_creation_is_repeated_even_when_its_time_has_passed(
    candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, wanted = uuid4().hex, {**WANTED, "scheduled_at": "2035-06-01T09:00:00Z"}
    created = expect(201, await keyed(candidate, "/interviews", key, wanted))
    _let_time_pass(monkeypatch)
    assert expect(201, await keyed(candidate, "/interviews", key, wanted)) == created


def _let_time_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import UTC, datetime

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Later":
            return cls(2036, 1, 1, tzinfo=tz or UTC)

    monkeypatch.setattr("chat_service.interviews.lifecycle.datetime", Later)
