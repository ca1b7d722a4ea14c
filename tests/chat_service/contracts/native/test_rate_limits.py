"""Rate limits: by class of endpoint, shared by all instances, and told in headers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Annotated, Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter, Depends

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, make_door
from chat_service.contracts.native.problem import Problem
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem, serving
from tests.servers import ask

LIMITS = {"AUTHENTICATION": 4, "START": 2, "ANSWERS": 3, "OTHER": 9, "FEEDBACK": 6, "KEY": 5, "AUDIO": 2}

counted = APIRouter()


@counted.get("/by-key")
async def by_key(_: Annotated[Identity, Depends(authenticated(RateClass.KEY))]) -> None:
    """Counted by API key."""


@counted.get("/feedback")
async def feedback(_: Annotated[Identity, Depends(authenticated(RateClass.FEEDBACK))]) -> None:
    """Counted by user."""


@pytest.fixture(scope="module")
async def limited(settings: Mapping[str, str]) -> AsyncIterator[tuple[Service, Service]]:
    """Two instances beside one Redis, with small limits."""
    limits = {f"RATE_LIMIT_{name}": str(amount) for name, amount in LIMITS.items()}
    own = {**settings, **limits, "RATE_LIMITS": "on", "REDIS_URL": ask("redis")}
    async with AsyncExitStack() as stack:
        yield (await stack.enter_async_context(serving(own)), await stack.enter_async_context(serving(own)))


@pytest.fixture
async def instances(limited: tuple[Service, Service]) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """A client of each instance, when nobody has asked anything yet."""
    await limited[0].core.redis.flushdb()
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(httpx2.AsyncClient(base_url=f"{one.url}/api/v1", timeout=20))
            for one in limited
        ]


@pytest.fixture
async def known(instances: list[httpx2.AsyncClient], limited: tuple[Service, Service]) -> Candidate:
    """Somebody logged in, who has not been counted."""
    accounts = limited[0].core.accounts
    email = f"{uuid4().hex}@example.com"
    await accounts.sign_up(email, PASSWORD)
    tokens = await accounts.log_in(email, PASSWORD)
    for client in instances:
        client.headers["Authorization"] = f"Bearer {tokens.access_token}"
    return Candidate(instances[0], email, tokens.refresh_token)


def refused(reply: httpx2.Response, limit: int) -> dict[str, Any]:
    body = problem(429, "rate_limited", reply)
    wait = int(reply.headers["retry-after"])
    assert 1 <= wait <= 60
    assert body["rate_limit"] == {"limit": limit, "remaining": 0, "reset": wait}
    assert {name: reply.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")} == {
        "limit": str(limit),
        "remaining": "0",
        "reset": str(wait),
    }
    assert f"{limit} a minute" in body["detail"]
    return body


async def test_sign_ups_logins_and_refreshes_share_a_limit_by_address_over_all_instances(
    instances: list[httpx2.AsyncClient],
) -> None:
    first, second = instances
    wrong = {"email": "nobody@example.com", "password": "not the password"}
    problem(401, "credentials_invalid", await first.post("/auth/login", json=wrong))
    problem(401, "credentials_invalid", await second.post("/auth/login", json=wrong))
    problem(401, "refresh_token_invalid", await first.post("/auth/refresh", json={"refresh_token": "x"}))
    problem(422, "validation_failed", await second.post("/auth/signup", json={}))
    for client in instances:
        refused(await client.post("/auth/login", json=wrong), LIMITS["AUTHENTICATION"])
        refused(await client.post("/auth/signup", json=wrong), LIMITS["AUTHENTICATION"])
        refused(await client.post("/auth/refresh", json={"refresh_token": "x"}), LIMITS["AUTHENTICATION"])


async def test_of_requests_at_once_no_more_than_the_limit_are_served(instances: list[httpx2.AsyncClient]) -> None:
    replies = await asyncio.gather(
        *(client.post("/auth/refresh", json={"refresh_token": "x"}) for client in instances for _ in range(10))
    )
    assert sorted(reply.status_code for reply in replies) == [401] * 4 + [429] * 16


async def test_starts_answers_recordings_and_the_rest_are_counted_apart_and_by_user(
    known: Candidate, instances: list[httpx2.AsyncClient]
) -> None:
    identifier = str(uuid4())
    for _ in range(LIMITS["START"]):
        problem(404, "interview_not_found", await instances[1].post(f"/interviews/{identifier}/start"))
    refused(await known.http.post(f"/interviews/{identifier}/start"), LIMITS["START"])
    for _ in range(LIMITS["ANSWERS"]):
        problem(404, "interview_not_found", await known.say(identifier, "An answer."))
    refused(await known.say(identifier, "An answer."), LIMITS["ANSWERS"])
    refused(await known.http.post(f"/interviews/{identifier}/questions/next"), LIMITS["ANSWERS"])
    audio = f"/interviews/{identifier}/questions/{identifier}"
    problem(404, "interview_not_found", await known.http.put(f"{audio}/audio", content=b"RIFF"))
    problem(404, "interview_not_found", await known.http.post(f"{audio}/transcript"))
    refused(await instances[1].put(f"{audio}/audio", content=b"RIFF"), LIMITS["AUDIO"])
    for number in range(LIMITS["OTHER"]):
        expect(200, await instances[number % 2].get(("/profile/me", "/interviews", "/analytics/me")[number % 3]))
    refused(await known.http.get("/schedules/upcoming"), LIMITS["OTHER"])
    problem(401, "token_missing", await known.http.get("/profile/me", headers={"Authorization": ""}))


async def test_one_users_requests_do_not_count_for_another(known: Candidate, limited: tuple[Service, Service]) -> None:
    for _ in range(LIMITS["OTHER"]):
        expect(200, await known.http.get("/profile/me"))
    refused(await known.http.get("/profile/me"), LIMITS["OTHER"])
    accounts = limited[0].core.accounts
    email = f"{uuid4().hex}@example.com"
    await accounts.sign_up(email, PASSWORD)
    headers = {"Authorization": f"Bearer {(await accounts.log_in(email, PASSWORD)).access_token}"}
    expect(200, await known.http.get("/profile/me", headers=headers))


async def test_feedback_is_counted_by_user_and_what_a_contract_counts_by_key_is_counted_by_key(
    known: Candidate, limited: tuple[Service, Service]
) -> None:
    core = limited[0].core
    keys = [expect(201, await known.http.post("/auth/api-keys", json={"name": name})) for name in ("one", "two")]
    door = make_door(title="Counted", version="1", description="", errors=Problem(), routers=(counted,))
    door.state.core = core
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=door), base_url="http://door.test") as client:
        for key in keys:
            headers = {"Authorization": f"Bearer {key['key']}"}
            for _ in range(LIMITS["KEY"]):
                expect(200, await client.get("/by-key", headers=headers))
            assert (await client.get("/by-key", headers=headers)).status_code == 429
        for number in range(LIMITS["FEEDBACK"]):
            headers = {"Authorization": f"Bearer {keys[number % 2]['key']}"}
            expect(200, await client.get("/feedback", headers=headers))
        refusal = await client.get("/feedback", headers=headers)
        assert refusal.status_code == 429
        assert refusal.headers["retry-after"]


async def test_what_is_refused_for_its_rate_changes_nothing(known: Candidate) -> None:
    for _ in range(LIMITS["OTHER"]):
        expect(201, await known.http.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}))
    refused(await known.http.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}), LIMITS["OTHER"])
    refused(await known.http.post("/auth/logout"), LIMITS["OTHER"])


async def test_health_and_metrics_are_not_limited(
    instances: list[httpx2.AsyncClient], limited: tuple[Service, Service]
) -> None:
    for _ in range(LIMITS["OTHER"] + 1):
        assert (await instances[0].get(f"{limited[0].url}/healthz")).status_code == 200


async def test_switched_off_nothing_is_limited(candidate: Candidate, anybody: httpx2.AsyncClient) -> None:
    replies = await asyncio.gather(*(candidate.http.get("/profile/me") for _ in range(80)))
    assert {reply.status_code for reply in replies} == {200}
    refreshes = await asyncio.gather(*(anybody.post("/auth/refresh", json={"refresh_token": "x"}) for _ in range(12)))
    assert {reply.status_code for reply in refreshes} == {401}
