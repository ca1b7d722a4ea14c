"""The credentials that a door may choose: tokens, keys, cookies with their guard against forged requests, tickets."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.credentials import (
    ACCESS_TOKEN,
    API_KEY,
    API_KEY_IN_QUERY,
    SESSION_COOKIE,
    TICKET_IN_QUERY,
    clear_session_cookies,
    set_session_cookies,
)
from chat_service.contracts.door import RateClass, authenticated, core_of, make_door
from chat_service.contracts.native.problem import Problem
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect

router = APIRouter()
Browser = Annotated[Identity, Depends(authenticated(RateClass.OTHER, (ACCESS_TOKEN, SESSION_COOKIE)))]
Program = Annotated[Identity, Depends(authenticated(RateClass.KEY, API_KEY))]
Socket = Annotated[Identity, Depends(authenticated(RateClass.KEY, (TICKET_IN_QUERY, API_KEY_IN_QUERY)))]


@router.post("/login")
async def log_in(request: Request) -> Response:
    response = JSONResponse({})
    credentials = await request.json()
    tokens = await core_of(request).accounts.log_in(credentials["email"], credentials["password"])
    await set_session_cookies(request, response, core_of(request), tokens)
    return response


@router.post("/logout")
async def log_out(request: Request, who: Browser) -> Response:
    response = JSONResponse({})
    await core_of(request).accounts.log_out(who)
    clear_session_cookies(request, response)
    return response


@router.api_route("/browser", methods=["GET", "POST", "DELETE"])
async def for_browsers(who: Browser) -> Response:
    return JSONResponse({"email": who.email})


@router.get("/program")
async def for_programs(who: Program) -> Response:
    return JSONResponse({"email": who.email})


@router.get("/socket")
async def for_sockets(who: Socket) -> Response:
    return JSONResponse({"email": who.email})


@pytest.fixture
async def browser(candidate: Candidate, service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that has logged in at a door with cookies."""
    door = make_door(title="Cookies", version="1", description="", errors=Problem(), routers=(router,))
    door.state.core = service.core
    transport = httpx2.ASGITransport(app=door)
    async with httpx2.AsyncClient(transport=transport, base_url="https://door.test") as client:
        reply = await client.post("/login", json={"email": candidate.email, "password": PASSWORD})
        assert reply.status_code == 200, reply.text
        session, csrf = reply.headers.get_list("set-cookie")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Max-Age=604800"} <= set(session.split("; "))
        assert {"Secure", "SameSite=lax"} <= set(csrf.split("; "))
        assert "HttpOnly" not in csrf
        yield client


def code(reply: httpx2.Response) -> str:
    return str(reply.json().get("code", reply.status_code))


async def test_a_session_goes_on_by_cookie_until_it_is_ended(
    browser: httpx2.AsyncClient, candidate: Candidate, service: Service
) -> None:
    assert expect(200, await browser.get("/browser"))["email"] == candidate.email
    old = dict(browser.cookies)
    token = {"X-CSRF-Token": old["csrf_token"]}
    expect(200, await browser.post("/logout", headers=token))
    assert dict(browser.cookies) == {}
    reply = await browser.get("/browser", headers={"Cookie": f"session={old['session']}"})
    assert code(reply) == "session_ended"
    expect(200, await candidate.http.get("/profile/me"))


FORGED = {
    "from another site": {"Sec-Fetch-Site": "cross-site"},
    "from a neighbour of the site": {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.door.test"},
    "from another origin": {"Origin": "https://evil.test"},
    "from another port": {"Origin": "https://door.test:444"},
    "from nowhere": {"Origin": "null"},
    "from a broken origin": {"Origin": "https://["},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("with_token", [False, True])
async def test_a_forged_request_is_refused(
    browser: httpx2.AsyncClient, headers: Mapping[str, str], with_token: bool
) -> None:
    token = {"X-CSRF-Token": browser.cookies["csrf_token"]} if with_token else {}
    for method in ("POST", "DELETE"):
        problem_code = code(await browser.request(method, "/browser", headers={**headers, **token}))
        assert problem_code == "cross_site_request"
    expect(200, await browser.get("/browser", headers=headers))


async def test_a_change_needs_a_page_of_ours_or_the_sessions_token(
    browser: httpx2.AsyncClient, candidate: Candidate, service: Service
) -> None:
    assert code(await browser.post("/browser")) == "csrf_token_missing"
    tokens = await service.core.accounts.log_in(candidate.email, PASSWORD)
    other = await service.core.cookie_sessions.open(await service.core.accounts.authenticate(tokens.access_token))
    foreign = service.core.cookie_sessions.csrf_token(other)
    for wrong in (foreign, "", ".", "x.y", browser.cookies["csrf_token"][:-1], browser.cookies["csrf_token"] + "0"):
        reply = await browser.post("/browser", headers={"X-CSRF-Token": wrong, "Sec-Fetch-Site": "same-origin"})
        assert code(reply) == "csrf_token_invalid"
    for right in (
        {"X-CSRF-Token": browser.cookies["csrf_token"]},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://door.test"},
        {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": browser.cookies["csrf_token"]},
    ):
        expect(200, await browser.post("/browser", headers=right))


async def test_an_access_token_needs_no_guard_and_comes_before_the_cookie(
    browser: httpx2.AsyncClient, candidate: Candidate
) -> None:
    headers = {"Authorization": candidate.http.headers["Authorization"], "Sec-Fetch-Site": "cross-site"}
    expect(200, await browser.post("/browser", headers=headers))
    assert code(await browser.post("/browser", headers={**headers, "Authorization": "Bearer x"})) == "token_invalid"


async def test_a_cookie_follows_its_account(
    browser: httpx2.AsyncClient, candidate: Candidate, service: Service
) -> None:
    stored = [name async for name in service.core.redis.scan_iter("cookie:*")]
    assert not any(browser.cookies["session"].encode() in name for name in stored)
    await service.core.accounts.delete((await service.core.accounts.authenticate(_token(candidate))).user_id)
    assert code(await browser.get("/browser")) == "session_ended"


async def test_a_door_takes_no_credential_that_it_has_not_chosen(
    browser: httpx2.AsyncClient, candidate: Candidate
) -> None:
    key = expect(201, await candidate.http.post("/auth/api-keys", json={"name": "one"}))["key"]
    ticket = expect(200, await candidate.http.post("/auth/websocket-ticket"))["ticket"]
    by_key, by_token = {"Authorization": f"Bearer {key}"}, {"Authorization": candidate.http.headers["Authorization"]}
    expect(200, await browser.get("/program", headers=by_key))
    assert code(await browser.get("/program", headers=by_token)) == "token_invalid"
    assert code(await browser.get("/program")) == "token_missing"
    browser.cookies.clear()
    assert code(await browser.get("/browser", headers=by_key)) == "token_invalid"
    expect(200, await browser.get("/socket", params={"ticket": ticket}))
    assert code(await browser.get("/socket", params={"ticket": ticket})) == "ticket_invalid"
    expect(200, await browser.get("/socket", params={"token": key}))
    assert code(await browser.get("/socket", params={"token": _token(candidate)})) == "api_key_invalid"
    assert code(await browser.get("/socket", headers=by_token)) == "token_invalid"


def test_every_scheme_that_a_door_takes_is_documented() -> None:
    door = make_door(title="Cookies", version="1", description="", errors=Problem(), routers=(router,))
    document: dict[str, Any] = door.openapi()
    assert document["paths"]["/browser"]["post"]["security"] == [{"access_token": []}, {"session": []}]
    assert document["paths"]["/socket"]["get"]["security"] == [{"ticket": []}, {"api_key_in_query": []}]
    assert set(document["components"]["securitySchemes"]) == {
        *("access_token", "session", "api_key", "ticket", "api_key_in_query")
    }
    assert document["paths"]["/browser"]["post"].get("parameters") is None


def _token(candidate: Candidate) -> str:
    return str(candidate.http.headers["Authorization"]).removeprefix("Bearer ")
