"""API keys and tickets."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chat_service.accounts.api_keys import MAX_KEYS, is_api_key
from chat_service.accounts.identity import Identity, Role
from chat_service.errors import AppError, ErrorKind
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem


async def new_key(candidate: Candidate, name: str = "script") -> dict[str, Any]:
    return dict(expect(201, await candidate.http.post("/auth/api-keys", json={"name": name})))


def by_key(key: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {key['key']}"}


async def test_a_key_is_shown_once_and_stored_as_a_digest(candidate: Candidate, service: Service) -> None:
    made = await new_key(candidate)
    assert is_api_key(made["key"])
    assert made["key"].startswith(made["prefix"])
    listed = expect(200, await candidate.http.get("/auth/api-keys"))
    assert listed == {"api_keys": [{name: value for name, value in made.items() if name != "key"}]}
    rows = await service.core.database.fetch("SELECT * FROM api_keys WHERE id = $1", UUID(made["id"]))
    assert made["key"] not in repr(dict(rows[0]))


async def test_a_key_serves_as_its_owner_until_it_is_revoked(candidate: Candidate, anybody: httpx2.AsyncClient) -> None:
    made = await new_key(candidate)
    assert expect(200, await anybody.get("/profile/me", headers=by_key(made)))["email"] == candidate.email
    used = expect(200, await candidate.http.get("/auth/api-keys"))["api_keys"][0]
    assert used["last_used_at"] is not None
    expect(200, await candidate.http.post("/auth/logout"))
    expect(200, await anybody.get("/profile/me", headers=by_key(made)))
    tokens = expect(200, await anybody.post("/auth/login", json={"email": candidate.email, "password": PASSWORD}))
    in_session = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await anybody.delete(f"/auth/api-keys/{made['id']}", headers=in_session)).status_code == 204
    problem(401, "api_key_invalid", await anybody.get("/profile/me", headers=by_key(made)))
    assert (await anybody.delete(f"/auth/api-keys/{made['id']}", headers=in_session)).status_code == 204
    kept = expect(200, await anybody.get("/auth/api-keys", headers=in_session))["api_keys"]
    assert kept[0]["revoked_at"] is not None


@pytest.mark.parametrize("key", ["mik_", "mik_00000000_nothing", "mik_\u00e9".encode().decode("latin-1")])
async def test_an_unknown_key_is_refused(anybody: httpx2.AsyncClient, key: str) -> None:
    headers = {b"Authorization": b"Bearer " + key.encode("latin-1", "ignore")}
    problem(401, "api_key_invalid", await anybody.get("/profile/me", headers=headers))


async def test_the_last_use_is_written_once_a_minute(candidate: Candidate, service: Service) -> None:
    made = await new_key(candidate)

    async def used_again(ago: str) -> bool:
        before = await service.core.database.fetch_row(
            f"UPDATE api_keys SET last_used_at = now() - interval '{ago}' WHERE id = $1 RETURNING last_used_at",
            UUID(made["id"]),
        )
        service.core.api_keys._recognised.clear()
        await service.core.api_keys.authenticate(made["key"])
        after = await service.core.database.fetch_row(
            "SELECT last_used_at FROM api_keys WHERE id = $1", UUID(made["id"])
        )
        return before != after

    assert not await used_again("50 seconds")
    assert await used_again("61 seconds")


async def test_a_key_cannot_manage_keys_nor_delete_the_account(
    candidate: Candidate, anybody: httpx2.AsyncClient
) -> None:
    made = await new_key(candidate)
    for method, path, body in (
        ("GET", "/auth/api-keys", None),
        ("POST", "/auth/api-keys", {"name": "another"}),
        ("DELETE", f"/auth/api-keys/{made['id']}", None),
        ("POST", "/auth/logout", None),
        ("DELETE", "/profile/me", {"password": PASSWORD}),
    ):
        reply = await anybody.request(method, path, json=body, headers=by_key(made))
        problem(401, "token_invalid", reply)


async def test_somebody_elses_key_cannot_be_revoked(join: Callable[[], Any]) -> None:
    owner, stranger = await join(), await join()
    made = await new_key(owner)
    for key_id in (made["id"], str(uuid4())):
        problem(404, "api_key_not_found", await stranger.http.delete(f"/auth/api-keys/{key_id}"))
    assert expect(200, await owner.http.get("/auth/api-keys"))["api_keys"][0]["revoked_at"] is None


async def test_keys_made_at_once_do_not_exceed_their_number(candidate: Candidate, service: Service) -> None:
    user_id = UUID(expect(200, await candidate.http.get("/profile/me"))["id"])
    made = await asyncio.gather(
        *(service.core.api_keys.create(user_id, str(number)) for number in range(MAX_KEYS + 3)), return_exceptions=True
    )
    refused = [one for one in made if isinstance(one, AppError)]
    assert [one.reason for one in refused] == ["api_keys_exhausted"] * 3
    await service.core.api_keys.revoke(user_id, next(one.id for one in made if not isinstance(one, BaseException)))
    await service.core.api_keys.create(user_id, "one more")


async def test_a_demotion_and_a_deletion_reach_keys_and_tickets(candidate: Candidate, service: Service) -> None:
    core = service.core
    await core.accounts.change_role(candidate.email, Role.ADMIN)
    made = await new_key(candidate)
    admin = await core.api_keys.authenticate(made["key"])
    assert admin.role is Role.ADMIN
    ticket = (await core.tickets.issue(admin)).ticket
    await core.accounts.change_role(candidate.email, Role.USER)
    core.api_keys._recognised.clear()
    core.api_keys._standing.clear()
    await refused(core.standing.require(admin))
    await refused(core.tickets.redeem(ticket))
    demoted = await core.api_keys.authenticate(made["key"])
    assert demoted.role is Role.USER
    await core.accounts.delete(admin.user_id)
    core.api_keys._recognised.clear()
    await refused(core.api_keys.authenticate(made["key"]))
    await refused(core.standing.require(demoted))


async def test_a_ticket_is_good_once_and_only_for_who_asked(candidate: Candidate, service: Service) -> None:
    issued = expect(200, await candidate.http.post("/auth/websocket-ticket"))
    assert issued["expires_in"] == 30
    assert not await service.core.redis.exists(f"ticket:{issued['ticket']}")
    outcomes = await asyncio.gather(
        *(service.core.tickets.redeem(issued["ticket"]) for _ in range(5)), return_exceptions=True
    )
    winners = [one for one in outcomes if isinstance(one, Identity)]
    assert [one.email for one in winners] == [candidate.email]
    await refused(service.core.tickets.redeem(issued["ticket"]))
    names = [name async for name in service.core.redis.scan_iter("ticket:*")]
    later = expect(200, await candidate.http.post("/auth/websocket-ticket"))
    (stored,) = {name async for name in service.core.redis.scan_iter("ticket:*")} - set(names)
    assert 0 < await service.core.redis.ttl(stored) <= 30
    expect(200, await candidate.http.post("/auth/logout"))
    await refused(service.core.tickets.redeem(later["ticket"]))


async def refused(attempt: Any) -> None:
    with pytest.raises(AppError) as caught:
        await attempt
    assert caught.value.kind is ErrorKind.UNAUTHENTICATED
