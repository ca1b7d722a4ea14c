"""Signing up: who gets an account, and as what."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chat_service.accounts.passwords import Passwords
from tests.chat_service.conftest import PASSWORD, Service, expect, problem


def address() -> str:
    return f"{uuid4().hex}@example.com"


async def sign_up(client: httpx2.AsyncClient, email: str, **fields: Any) -> httpx2.Response:
    return await client.post("/auth/signup", json={"email": email, "password": PASSWORD, **fields})


@pytest.mark.parametrize("role", ["admin", "user", None])
async def test_everyone_starts_as_a_user_whatever_the_role_says(anybody: httpx2.AsyncClient, role: str | None) -> None:
    email = address()
    created = expect(201, await sign_up(anybody, email, role=role))
    assert created == {"id": created["id"], "email": email, "role": "user"}
    assert UUID(created["id"]).version == 7


async def test_a_role_that_there_is_not_is_refused(anybody: httpx2.AsyncClient) -> None:
    refused = problem(422, "validation_failed", await sign_up(anybody, address(), role="root"))
    assert refused["fields"][0]["field"] == "role"


async def test_an_address_has_one_account_whatever_its_letter_case(anybody: httpx2.AsyncClient) -> None:
    email = address()
    expect(201, await sign_up(anybody, email))
    for same in (email, email.upper(), email.title(), f" {email}"[1:]):
        problem(409, "email_taken", await sign_up(anybody, same))


async def test_a_mixed_case_address_is_kept_in_lower_case_and_logs_in_in_any(anybody: httpx2.AsyncClient) -> None:
    email = f"Ada.{uuid4().hex}@Example.COM"
    assert expect(201, await sign_up(anybody, email))["email"] == email.lower()
    for spelling in (email, email.lower(), email.upper()):
        expect(200, await anybody.post("/auth/login", json={"email": spelling, "password": PASSWORD}))


async def test_of_sign_ups_at_once_for_one_address_exactly_one_succeeds(
    anybody: httpx2.AsyncClient, service: Service
) -> None:
    email = address()
    spellings = [email, email.upper(), email.title()] * 2
    replies = await asyncio.gather(*(sign_up(anybody, spelling) for spelling in spellings))
    assert sorted(reply.status_code for reply in replies) == [201, 409, 409, 409, 409, 409]
    for refused in (reply for reply in replies if reply.status_code == 409):
        problem(409, "email_taken", refused)
    rows = await service.core.database.fetch("SELECT count(*) FROM users WHERE lower(email) = $1", email)
    assert rows[0][0] == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        " ",
        "nobody",
        "@example.com",
        "a@",
        "a@b@example.com",
        "a b@example.com",
        "a@example..com",
        "a@-example.com",
        ".a@example.com",
        "a@example.com\n",
        "a@example.com, b@example.com",
        "Ada <ada@example.com>",
        "a@[127.0.0.1]",
        "a\0b@example.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 250}.com",
        "a@" + "b." * 150 + "com",
        "a" * 400,
        "a@xn--ls8h=.com",
        "a@\u202eexample.com",
    ],
)
async def test_what_is_no_address_is_refused_with_the_reason(anybody: httpx2.AsyncClient, email: str) -> None:
    refused = problem(422, "validation_failed", await sign_up(anybody, email))
    assert [one["field"] for one in refused["fields"]] == ["email"]


@pytest.mark.parametrize("password", ["", "short", "7 chars", "x" * 257])
async def test_a_password_of_unusable_length_is_refused(anybody: httpx2.AsyncClient, password: str) -> None:
    refused = problem(422, "validation_failed", await sign_up(anybody, address(), password=password))
    assert [one["field"] for one in refused["fields"]] == ["password"]


@pytest.mark.parametrize(
    "password", ["8 chars!", "x" * 256, "Übergröße", "🔑" * 8, "nul \0 inside it", " spaces around "]
)
async def test_any_characters_make_a_password_and_all_of_them_count(anybody: httpx2.AsyncClient, password: str) -> None:
    email = address()
    expect(201, await sign_up(anybody, email, password=password))
    expect(200, await anybody.post("/auth/login", json={"email": email, "password": password}))
    wrong = await anybody.post("/auth/login", json={"email": email, "password": password[:-1]})
    problem(401, "credentials_invalid", wrong)


async def test_a_password_is_kept_as_an_argon2id_hash_only(anybody: httpx2.AsyncClient, service: Service) -> None:
    email = address()
    created = expect(201, await sign_up(anybody, email))
    row = await service.core.database.fetch_row("SELECT * FROM users WHERE id = $1", UUID(created["id"]))
    assert row is not None
    assert row["password_hash"].startswith("$argon2id$v=19$")
    assert PASSWORD not in repr(row)


async def test_a_hash_has_the_recommended_cost(genuine_passwords: Passwords) -> None:
    encoded = await genuine_passwords.hash(PASSWORD)
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await genuine_passwords.verify(PASSWORD, encoded)
