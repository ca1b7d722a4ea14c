"""Access tokens: what is in them, and that nothing else passes for one."""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4

import httpx2
import jwt
import pytest

from chat_service.accounts.access_tokens import AccessTokens
from chat_service.accounts.identity import Identity, Role
from chat_service.errors import AppError
from tests.chat_service.conftest import Candidate, problem

LEEWAY = 5


@pytest.fixture
def claims(candidate: Candidate, settings: Mapping[str, str]) -> dict[str, Any]:
    """The claims of a token that is good."""
    token = candidate.http.headers["Authorization"].removeprefix("Bearer ")
    read: dict[str, Any] = jwt.decode(token, settings["JWT_SECRET"], algorithms=["HS256"])
    return read


async def asked_with(client: httpx2.AsyncClient, authorization: str) -> httpx2.Response:
    return await client.get("/profile/me", headers={b"Authorization": authorization.encode("latin-1")})


async def refused(client: httpx2.AsyncClient, token: str, code: str = "token_invalid") -> None:
    reply = await asked_with(client, f"Bearer {token}")
    problem(401, code, reply)
    assert reply.headers["www-authenticate"].startswith("Bearer")


def signed(claims: Mapping[str, Any], secret: str, algorithm: str = "HS256", **headers: Any) -> str:
    return jwt.encode(dict(claims), secret, algorithm=algorithm, headers=headers)


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def test_a_token_states_who_it_is_for_and_how_long(candidate: Candidate, claims: dict[str, Any]) -> None:
    token = candidate.http.headers["Authorization"].removeprefix("Bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    me = (await candidate.http.get("/profile/me")).json()
    assert claims["sub"] == me["id"]
    assert claims["email"] == candidate.email
    assert claims["role"] == "user"
    assert claims["typ"] == "access"
    assert claims["exp"] - claims["iat"] == 900
    assert abs(claims["iat"] - time.time()) < 60


async def test_the_claims_signed_again_are_a_good_token(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str]
) -> None:
    assert (await asked_with(anybody, f"bearer {signed(claims, settings['JWT_SECRET'])}")).status_code == 200


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "typ", "sid", "role", "email"])
async def test_a_token_that_lacks_a_claim_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str], claim: str
) -> None:
    del claims[claim]
    await refused(anybody, signed(claims, settings["JWT_SECRET"]))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("typ", "refresh"),
        ("typ", None),
        ("sub", "somebody"),
        ("role", "root"),
        ("role", ["admin"]),
        ("exp", "never"),
        ("exp", None),
        ("iat", "now"),
        ("iat", 99_999_999_999),
        ("nbf", 99_999_999_999),
    ],
)
async def test_a_token_with_an_unlawful_claim_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str], claim: str, value: object
) -> None:
    await refused(anybody, signed({**claims, claim: value}, settings["JWT_SECRET"]))


@pytest.mark.parametrize(
    ("claim", "subject"),
    [("sub", "7"), *((claim, some) for claim in ("sub", "exp") for some in ("[]", '{"id": 1}', "Infinity", "NaN"))],
)
async def test_a_claim_of_the_wrong_type_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str], claim: str, subject: str
) -> None:
    text = json.dumps({**claims, claim: "@"}).replace('"@"', subject)
    token = jwt.api_jws.encode(text.encode(), settings["JWT_SECRET"], algorithm="HS256")
    await refused(anybody, token)


async def test_an_expired_token_says_so(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str]
) -> None:
    expired = {**claims, "exp": int(time.time()) - LEEWAY - 1}
    await refused(anybody, signed(expired, settings["JWT_SECRET"]), "token_expired")


async def test_a_token_that_was_accepted_before_is_refused_once_it_has_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokens = AccessTokens("k" * 32, timedelta(minutes=15))
    identity = Identity(uuid4(), "a@example.com", Role.USER, "session")
    token = tokens.issue(identity)
    assert tokens.read(token) == tokens.read(token) == identity
    later = datetime.now(UTC) + timedelta(minutes=16)

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return later

    monkeypatch.setattr("jwt.api_jwt.datetime", Later)
    monkeypatch.setattr(time, "time", later.timestamp)
    with pytest.raises(AppError) as raised:
        tokens.read(token)
    assert raised.value.reason == "token_expired"


async def test_an_unsigned_token_is_refused(anybody: httpx2.AsyncClient, claims: dict[str, Any]) -> None:
    await refused(anybody, jwt.encode(claims, "", algorithm="none"))
    body = part(json.dumps(claims).encode())
    for algorithm in ("none", "None", "NONE", "", None, 1, ["HS256"]):
        await refused(anybody, f"{part(json.dumps({'alg': algorithm}).encode())}.{body}.")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
async def test_another_algorithm_with_the_right_secret_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str], algorithm: str
) -> None:
    await refused(anybody, signed(claims, settings["JWT_SECRET"] * 2, algorithm))
    await refused(anybody, signed(claims, settings["JWT_SECRET"], algorithm))


async def test_a_token_of_another_secret_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str]
) -> None:
    await refused(anybody, signed(claims, "another secret, quite as long as the right one"))
    await refused(anybody, signed(claims, settings["JWT_SECRET"].upper()))


async def test_a_token_of_a_session_that_there_is_not_is_refused(
    anybody: httpx2.AsyncClient, claims: dict[str, Any], settings: Mapping[str, str]
) -> None:
    token = signed({**claims, "sid": str(uuid4())}, settings["JWT_SECRET"])
    problem(401, "session_ended", await asked_with(anybody, f"Bearer {token}"))


async def test_a_refresh_token_is_no_access_token(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    await refused(anybody, candidate.refresh_token)


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b",
        "a.b.c",
        "...",
        "a.b.c.d.e",
        "=.=.=",
        "x" * 30_000,
        f"{part(b'[' * 20_000)}.{part(b'{}')}.{part(b'x')}",
        f"{part(b'[]')}.{part(b'{}')}.{part(b'x')}",
        f"{part(b'null')}.{part(b'{}')}.{part(b'x')}",
        f"{part(b'1' + b'0' * 6000)}.{part(b'{}')}.{part(b'x')}",
        f"{part(bytes(range(256)))}.{part(b'{}')}.{part(b'x')}",
        f"{part(json.dumps({'alg': 'HS256', 'kid': 5}).encode())}.{part(b'{}')}.{part(b'x')}",
        f"{part(json.dumps({'alg': 'HS256', 'crit': ['exp']}).encode())}.{part(b'{}')}.{part(b'x')}",
        f"{part(json.dumps({'alg': 'HS256', 'b64': False}).encode())}..{part(b'x')}",
    ],
    ids=range(15),
)
async def test_garbage_is_refused(anybody: httpx2.AsyncClient, token: str) -> None:
    await refused(anybody, token)


async def test_signed_garbage_is_refused(anybody: httpx2.AsyncClient, settings: Mapping[str, str]) -> None:
    for payload in (b"", b"null", b"[]", b"7", b"{", b"\xff", b"[" * 20_000):
        await refused(anybody, jwt.api_jws.encode(payload, settings["JWT_SECRET"], algorithm="HS256"))


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Basic dXNlcjpwYXNz", "Token abc", "bearertoken", "ÿþ", "Bearer\tx"],
)
async def test_without_a_bearer_token_nobody_is_known(anybody: httpx2.AsyncClient, authorization: str) -> None:
    problem(401, "token_missing", await asked_with(anybody, authorization))


async def test_a_token_in_the_url_counts_for_nothing(anybody: httpx2.AsyncClient, candidate: Candidate) -> None:
    token = candidate.http.headers["Authorization"].removeprefix("Bearer ")
    for name in ("token", "access_token"):
        problem(401, "token_missing", await anybody.get("/profile/me", params={name: token}))
