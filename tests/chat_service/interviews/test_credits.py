"""Credits: one for each interview that starts, exactly, whatever happens at once."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest

from chat_service.accounts.identity import Role
from chat_service.accounts.profiles import Profiles
from chat_service.interviews.export import Export
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem


async def who(candidate: Candidate) -> UUID:
    return UUID(expect(200, await candidate.http.get("/profile/me"))["id"])


async def have(service: Service, candidate: Candidate, left: int) -> UUID:
    """Leaves the candidate so many credits, by the ledger."""
    user_id = await who(candidate)
    admin = await administrator(service)
    balance = (await Profiles(service.core.database).get(user_id)).credits
    if left != balance:
        await service.core.granting.grant(admin, user_id, left - balance, "test")
    return user_id


async def administrator(service: Service) -> Any:
    email = f"{uuid4().hex}@example.com"
    await service.core.accounts.sign_up(email, PASSWORD, role=Role.ADMIN)
    tokens = await service.core.accounts.log_in(email, PASSWORD)
    return await service.core.accounts.authenticate(tokens.access_token)


async def ledger(service: Service, user_id: UUID) -> tuple[int, int, int]:
    """The balance, the sum of the entries, and how many starts there are."""
    row = await service.core.database.fetch_row(
        "SELECT u.credits, sum(e.amount)::int AS sum, count(e.interview_id)::int AS starts "
        "FROM users u JOIN credit_entries e ON e.user_id = u.id WHERE u.id = $1 GROUP BY u.credits",
        user_id,
    )
    assert row is not None
    return row["credits"], row["sum"], row["starts"]


async def test_interviews_started_at_once_take_no_more_than_there_is(candidate: Candidate, service: Service) -> None:
    user_id = await have(service, candidate, 3)
    drafts = [(await candidate.create(job_role=f"Role {number}"))["id"] for number in range(6)]
    replies = await asyncio.gather(*(candidate.http.post(f"/interviews/{one}/start") for one in drafts))
    assert sorted(reply.status_code for reply in replies) == [200] * 3 + [403] * 3
    for reply in replies:
        if reply.status_code == 403:
            problem(403, "credits_spent", reply)
    assert await ledger(service, user_id) == (0, 0, 3)
    states = [expect(200, await candidate.http.get(f"/interviews/{one}"))["state"] for one in drafts]
    assert sorted(states) == ["draft"] * 3 + ["in_progress"] * 3
    assert expect(200, await candidate.http.get("/profile/me"))["credits"] == 0


async def test_one_interview_is_charged_once_however_often_it_is_started(
    candidate: Candidate, service: Service
) -> None:
    user_id = await have(service, candidate, 5)
    one, other = [(await candidate.create())["id"] for _ in range(2)]
    key = {"Idempotency-Key": uuid4().hex}
    first = await candidate.http.post(f"/interviews/{one}/start", headers=key)
    assert expect(200, await candidate.http.post(f"/interviews/{one}/start", headers=key)) == first.json()
    replies = await asyncio.gather(*(candidate.http.post(f"/interviews/{other}/start") for _ in range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409]
    assert await ledger(service, user_id) == (3, 3, 2)


async def test_a_start_that_fails_costs_nothing(candidate: Candidate, service: Service) -> None:
    user_id = await have(service, candidate, 1)
    interview = await candidate.create()
    service.script.fault = grpc.StatusCode.DEADLINE_EXCEEDED
    problem(503, "engine_timeout", await candidate.http.post(f"/interviews/{interview['id']}/start"))
    assert await ledger(service, user_id) == (1, 1, 0)
    service.script.fault = None
    await candidate.start(interview["id"])
    assert await ledger(service, user_id) == (0, 0, 1)


async def test_without_credits_nothing_is_asked_of_the_engine(candidate: Candidate, service: Service) -> None:
    await have(service, candidate, 0)
    interview = await candidate.create()
    key = {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        problem(403, "credits_spent", await candidate.http.post(f"/interviews/{interview['id']}/start", headers=key))
    assert service.script.asked == []
    await have(service, candidate, 1)
    expect(200, await candidate.http.post(f"/interviews/{interview['id']}/start", headers=key))


@pytest.fixture
async def admin(join: Callable[[], Any], service: Service) -> Candidate:
    """An administrator."""
    someone: Candidate = await join()
    await service.core.accounts.change_role(someone.email, Role.ADMIN)
    tokens = await service.core.accounts.log_in(someone.email, PASSWORD)
    someone.http.headers["Authorization"] = f"Bearer {tokens.access_token}"
    return someone


async def test_an_administrator_gives_credits_once_for_each_key(
    admin: Candidate, candidate: Candidate, service: Service
) -> None:
    user_id = await have(service, candidate, 10)
    url, body = f"/admin/users/{user_id}/credits", {"amount": 5, "reason": "course"}
    key = {"Idempotency-Key": uuid4().hex}
    granted = expect(201, await admin.http.post(url, json=body, headers=key))
    assert (granted["credits"], granted["entry"]["amount"], granted["entry"]["reason"]) == (15, 5, "course")
    assert granted["entry"]["granted_by"] == str(await who(admin))
    again = await asyncio.gather(*(admin.http.post(url, json=body, headers=key) for _ in range(3)))
    assert all(expect(201, reply) == granted for reply in again)
    problem(422, "idempotency_key_reused", await admin.http.post(url, json={**body, "amount": 6}, headers=key))
    assert expect(201, await admin.http.post(url, json={**body, "amount": -15}))["credits"] == 0
    for amount in (-1, 0, 2_000_000_000):
        problem(422, "validation_failed", await admin.http.post(url, json={**body, "amount": amount}))
    problem(404, "user_not_found", await admin.http.post(f"/admin/users/{uuid4()}/credits", json=body))
    balance, total, _ = await ledger(service, user_id)
    assert (balance, total) == (0, 0)


async def test_only_an_administrator_sees_accounts_and_gives_credits(candidate: Candidate) -> None:
    own = await who(candidate)
    problem(403, "admin_required", await candidate.http.get("/admin/users"))
    reply = await candidate.http.post(f"/admin/users/{own}/credits", json={"amount": 5, "reason": "me"})
    problem(403, "admin_required", reply)


async def test_accounts_are_found_by_a_part_of_their_address_and_page_by_page(
    admin: Candidate, service: Service
) -> None:
    part = uuid4().hex
    for number in range(3):
        await service.core.accounts.sign_up(f"{part}_{number}@example.com", PASSWORD)
    found, cursor = [], None
    for _ in range(2):
        query: dict[str, str | int] = {
            "email": f"{part.upper()}_",
            "limit": 2,
            **({"cursor": cursor} if cursor else {}),
        }
        page = expect(200, await admin.http.get("/admin/users", params=query))
        found += [one["email"] for one in page["users"]]
        cursor = page["next_cursor"]
    assert (found, cursor) == ([f"{part}_{number}@example.com" for number in (2, 1, 0)], None)
    assert expect(200, await admin.http.get("/admin/users", params={"email": part[:9] + "_" + part[10:]})) == {
        "users": [],
        "next_cursor": None,
    }


async def test_the_export_lists_every_movement(candidate: Candidate, service: Service) -> None:
    user_id = await have(service, candidate, 7)
    interview = await candidate.started()
    pieces = b"".join([piece async for piece in Export(service.core.database, service.core.archive).of(user_id)])
    assert interview["id"].encode() in pieces.partition(b'"interviews"')[0]
