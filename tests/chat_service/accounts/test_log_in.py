"""Logging in: what a caller learns, and what it costs, does not tell whether an address has an account."""

import httpx2
import pytest

from chat_service.accounts.passwords import Passwords
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem


async def log_in(client: httpx2.AsyncClient, email: str, password: str) -> httpx2.Response:
    return await client.post("/auth/login", json={"email": email, "password": password})


async def test_a_login_gives_tokens_as_published(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    tokens = expect(200, await log_in(anybody, candidate.email, PASSWORD))
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 900
    me = await anybody.get("/profile/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert expect(200, me)["email"] == candidate.email


async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(
    anybody: httpx2.AsyncClient, candidate: Candidate
) -> None:
    bodies = []
    for email in (candidate.email, "nobody@example.com", "no address at all", ""):
        refused = await log_in(anybody, email, "not the password")
        body = problem(401, "credentials_invalid", refused)
        bodies.append({name: value for name, value in body.items() if name != "request_id"})
        assert refused.headers["www-authenticate"] == "Bearer"
    assert bodies[1:] == bodies[:1] * 3


@pytest.mark.parametrize("known", [True, False])
async def test_every_login_verifies_one_hash_of_the_same_cost(
    anybody: httpx2.AsyncClient,
    candidate: Candidate,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    known: bool,
) -> None:
    verified: list[str] = []
    hashed: list[str] = []
    genuine = Passwords._matches

    def count(self: Passwords, password: str, encoded: str) -> bool:
        verified.append(encoded)
        return genuine(self, password, encoded)

    monkeypatch.setattr(Passwords, "_matches", count)
    email = candidate.email if known else "nobody@example.com"
    with monkeypatch.context() as patched:
        patched.setattr(service.core.passwords._hash, "hash", hashed.append)
        problem(401, "credentials_invalid", await log_in(anybody, email, "not the password"))
    kept = await service.core.passwords.hash("anything")
    assert [encoded.rsplit("$", 2)[0] for encoded in verified] == [kept.rsplit("$", 2)[0]]
    assert hashed == []


async def test_the_password_of_nobody_opens_no_account(service: Service) -> None:
    passwords = service.core.passwords
    assert not await passwords.verify("", None)
    assert not await passwords.verify(PASSWORD, None)
    assert not await passwords.verify(PASSWORD, "no hash at all")


async def test_a_login_with_a_damaged_body_is_refused(anybody: httpx2.AsyncClient) -> None:
    for body in ({}, {"email": "a@example.com"}, {"password": PASSWORD}, {"email": 1, "password": 2}):
        problem(422, "validation_failed", await anybody.post("/auth/login", json=body))
    problem(422, "validation_failed", await log_in(anybody, "a@example.com", "x" * 257))
