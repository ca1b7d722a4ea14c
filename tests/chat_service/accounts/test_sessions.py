"""Sessions: how refresh tokens follow each other, and what ends them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from redis.asyncio import Redis

from chat_service.accounts.identity import Role
from tests.chat_service.conftest import Candidate, Service, expect, problem, serving

ENDS_WITHIN_SECONDS = 5.0


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Redis as somebody sees it who has got hold of it."""
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/auth/refresh", json={"refresh_token": token})


async def refreshed(client: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    tokens: dict[str, Any] = expect(200, await refresh(client, token))
    return tokens


async def profile(client: httpx2.AsyncClient, access_token: str) -> httpx2.Response:
    return await client.get("/profile/me", headers={"Authorization": f"Bearer {access_token}"})


async def until_refused(ask: Callable[[], Awaitable[httpx2.Response]], *, within: float) -> httpx2.Response:
    deadline = time.monotonic() + within
    while (reply := await ask()).status_code == 200:
        assert time.monotonic() < deadline, "still let in"
        await asyncio.sleep(0.05)
    return reply


async def test_a_client_that_keeps_its_first_token_is_refreshed_again_and_again(
    anybody: httpx2.AsyncClient, candidate: Candidate, redis: Redis
) -> None:
    successors = set()
    for _ in range(4):
        tokens = await refreshed(anybody, candidate.refresh_token)
        expect(200, await profile(anybody, tokens["access_token"]))
        assert tokens["token_type"] == "bearer"
        successors.add(tokens["refresh_token"])
    assert len(successors) == 1
    assert successors.isdisjoint({candidate.refresh_token})


async def test_a_client_that_rotates_gets_a_new_token_each_time(
    anybody: httpx2.AsyncClient, candidate: Candidate
) -> None:
    token, seen = candidate.refresh_token, set()
    for _ in range(5):
        assert UUID(token).version == 4
        seen.add(token)
        token = (await refreshed(anybody, token))["refresh_token"]
    assert len(seen) == 5
    expect(200, await candidate.http.get("/profile/me"))


async def test_refreshes_at_once_converge_on_one_successor(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    replies = await asyncio.gather(*(refresh(anybody, candidate.refresh_token) for _ in range(12)))
    successors = {expect(200, reply)["refresh_token"] for reply in replies}
    assert len(successors) == 1
    second = await asyncio.gather(*(refresh(anybody, next(iter(successors))) for _ in range(12)))
    assert len({expect(200, reply)["refresh_token"] for reply in second}) == 1


async def test_an_old_token_ends_the_session_once_its_successor_was_used(
    anybody: httpx2.AsyncClient, candidate: Candidate
) -> None:
    first = candidate.refresh_token
    second = await refreshed(anybody, first)
    third = await refreshed(anybody, second["refresh_token"])
    problem(401, "refresh_token_reused", await refresh(anybody, first))
    for token in (first, second["refresh_token"], third["refresh_token"]):
        problem(401, "refresh_token_invalid", await refresh(anybody, token))
    for access in (second["access_token"], third["access_token"]):
        problem(401, "session_ended", await profile(anybody, access))


async def test_a_session_that_ends_leaves_the_others_of_its_user_alone(
    anybody: httpx2.AsyncClient, candidate: Candidate
) -> None:
    credentials = {"email": candidate.email, "password": "correct horse battery"}
    other = expect(200, await anybody.post("/auth/login", json=credentials))
    second = await refreshed(anybody, candidate.refresh_token)
    await refreshed(anybody, second["refresh_token"])
    problem(401, "refresh_token_reused", await refresh(anybody, candidate.refresh_token))
    expect(200, await profile(anybody, other["access_token"]))
    await refreshed(anybody, other["refresh_token"])


async def test_logging_out_ends_the_session_and_its_tokens(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    successor = (await refreshed(anybody, candidate.refresh_token))["refresh_token"]
    expect(200, await candidate.http.post("/auth/logout"))
    problem(401, "session_ended", await candidate.http.get("/profile/me"))
    problem(401, "session_ended", await candidate.http.post("/auth/logout"))
    for token in (candidate.refresh_token, successor):
        problem(401, "refresh_token_invalid", await refresh(anybody, token))


@pytest.mark.parametrize(
    "token", ["", "garbage", str(uuid4()), str(uuid4()).upper(), "ü" * 200, "a\0b", "*", "session:1"], ids=range(8)
)
async def test_an_unknown_refresh_token_is_refused(anybody: httpx2.AsyncClient, token: str) -> None:
    problem(401, "refresh_token_invalid", await refresh(anybody, token))


async def test_an_access_token_is_no_refresh_token(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    token = candidate.http.headers["Authorization"].removeprefix("Bearer ")
    problem(422, "validation_failed", await refresh(anybody, token))


async def test_redis_holds_digests_and_never_a_token(
    anybody: httpx2.AsyncClient, candidate: Candidate, redis: Redis
) -> None:
    second = await refreshed(anybody, candidate.refresh_token)
    third = await refreshed(anybody, second["refresh_token"])
    stored = [key async for key in redis.scan_iter()]
    for key in list(stored):
        match await redis.type(key):
            case b"string":
                stored.append(await redis.get(key))
            case b"hash":
                stored += [part for pair in (await redis.hgetall(key)).items() for part in pair]
            case b"zset":
                stored += await redis.zrange(key, 0, -1)
            case b"list":
                stored += await redis.lrange(key, 0, -1)
            case b"none":  # expired since the scan
                continue
            case other:
                pytest.fail(f"{key!r} is a {other!r}, which this test does not look into")
    everything = b"\n".join(stored).lower()
    assert b"session:" in everything
    for tokens in (second, third):
        for token in (candidate.refresh_token, tokens["refresh_token"], tokens["access_token"]):
            assert token.lower().encode() not in everything
            assert token.replace("-", "").lower().encode() not in everything


async def test_all_that_redis_holds_of_a_session_expires(
    anybody: httpx2.AsyncClient, candidate: Candidate, redis: Redis
) -> None:
    await refreshed(anybody, (await refreshed(anybody, candidate.refresh_token))["refresh_token"])
    week = 7 * 86400
    async for key in redis.scan_iter():
        if key.split(b":")[0] in {b"session", b"sessions", b"refresh"}:
            assert 0 < await redis.ttl(key) <= week, key


async def test_sessions_that_have_expired_are_forgotten_at_the_next_login(
    anybody: httpx2.AsyncClient, candidate: Candidate, redis: Redis
) -> None:
    me = expect(200, await candidate.http.get("/profile/me"))
    await redis.zadd(f"sessions:{me['id']}", {"long gone": 1})
    credentials = {"email": candidate.email, "password": "correct horse battery"}
    expect(200, await anybody.post("/auth/login", json=credentials))
    kept = await redis.zrange(f"sessions:{me['id']}", 0, -1)
    assert len(kept) == 2
    assert b"long gone" not in kept


async def test_a_demotion_ends_every_session_and_the_next_login_is_a_user(
    anybody: httpx2.AsyncClient, candidate: Candidate, service: Service
) -> None:
    accounts = service.core.accounts
    await accounts.change_role(candidate.email, Role.ADMIN)
    promoted = await refreshed(anybody, candidate.refresh_token)
    assert expect(200, await profile(anybody, promoted["access_token"]))["role"] == "admin"
    await accounts.change_role(candidate.email.upper(), Role.USER)
    problem(401, "session_ended", await profile(anybody, promoted["access_token"]))
    problem(401, "refresh_token_invalid", await refresh(anybody, promoted["refresh_token"]))
    credentials = {"email": candidate.email, "password": "correct horse battery"}
    tokens = expect(200, await anybody.post("/auth/login", json=credentials))
    assert expect(200, await profile(anybody, tokens["access_token"]))["role"] == "user"


async def test_a_login_that_a_demotion_overtakes_does_not_keep_the_old_role(
    anybody: httpx2.AsyncClient, candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = service.core.accounts
    await accounts.change_role(candidate.email, Role.ADMIN)
    verify = service.core.passwords.verify

    async def verify_while_demoted(password: str, encoded: str | None) -> bool:
        verified = await verify(password, encoded)
        await accounts.change_role(candidate.email, Role.USER)
        return verified

    monkeypatch.setattr(type(service.core.passwords), "verify", staticmethod(verify_while_demoted))
    credentials = {"email": candidate.email, "password": "correct horse battery"}
    tokens = expect(200, await anybody.post("/auth/login", json=credentials))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    problem(403, "admin_required", await anybody.get("/admin/analytics", headers=headers))


async def test_a_deleted_account_is_refused_everywhere(
    anybody: httpx2.AsyncClient, candidate: Candidate, service: Service
) -> None:
    await service.core.database.fetch("DELETE FROM users WHERE email = $1", candidate.email)
    problem(401, "account_gone", await candidate.http.get("/profile/me"))
    problem(401, "account_gone", await candidate.http.put("/profile/me", json={}))
    wanted = {"domain": "dsa", "difficulty": "easy"}
    problem(401, "account_gone", await candidate.http.post("/interviews", json=wanted))
    problem(401, "account_gone", await refresh(anybody, candidate.refresh_token))
    problem(401, "session_ended", await candidate.http.get("/profile/me"))


async def test_what_ends_a_session_ends_it_on_every_instance_within_seconds(
    join: Callable[[], Any], anybody: httpx2.AsyncClient, service: Service, settings: Mapping[str, str]
) -> None:
    leaving, replayed, demoted = [await join() for _ in range(3)]
    second = await refreshed(anybody, replayed.refresh_token)
    await refreshed(anybody, second["refresh_token"])
    await service.core.accounts.change_role(demoted.email, Role.ADMIN)
    async with serving(settings) as other, httpx2.AsyncClient(base_url=f"{other.url}/api/v1") as client:

        async def ask(candidate: Candidate) -> httpx2.Response:
            return await client.get("/profile/me", headers=dict(candidate.http.headers))

        for candidate in (leaving, replayed, demoted):
            expect(200, await ask(candidate))
        expect(200, await leaving.http.post("/auth/logout"))
        problem(401, "refresh_token_reused", await refresh(anybody, replayed.refresh_token))
        await service.core.accounts.change_role(demoted.email, Role.USER)
        refusals = await asyncio.gather(
            *(until_refused(partial(ask, one), within=ENDS_WITHIN_SECONDS) for one in (leaving, replayed, demoted))
        )
        for refusal in refusals:
            problem(401, "session_ended", refusal)
