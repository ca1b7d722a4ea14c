"""Pages of another origin may call the service where the operator says so, and nowhere else."""

import httpx2
import pytest

from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect
from tests.chat_service.live import address, refused, ticket

PAGE = "https://practice.example.com"


async def preflight(client: httpx2.AsyncClient, url: str, origin: str) -> httpx2.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    return await client.options(url, headers={"Origin": origin, **asked})


@pytest.fixture
def environment(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.setenv("ALLOWED_ORIGINS", f"{PAGE}, http://localhost:5173")
    return environment


async def test_pages_of_allowed_origins_may_call_and_read_and_others_may_not(
    environment: pytest.MonkeyPatch, candidate: Candidate
) -> None:
    allowed = await preflight(candidate.http, "/interviews", PAGE)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert (await preflight(candidate.http, "/interviews", "https://evil.example")).status_code == 400
    for origin, told in ((PAGE, PAGE), ("http://localhost:5173", "http://localhost:5173"), ("https://evil.test", None)):
        reply = await candidate.http.get("/profile/me", headers={"Origin": origin})
        assert reply.headers.get("access-control-allow-origin") == told
    lost = await candidate.http.get("/interviews/none", headers={"Origin": PAGE})
    assert (lost.status_code, lost.headers["access-control-allow-origin"]) == (422, PAGE)
    assert "Retry-After" in lost.headers["access-control-expose-headers"]


async def test_allowed_pages_may_use_cookies_and_open_sockets(
    environment: pytest.MonkeyPatch, candidate: Candidate, service: Service
) -> None:
    door = f"{service.url}/contracts/interviewer-platform/api"
    async with httpx2.AsyncClient(headers={"Origin": PAGE, "Sec-Fetch-Site": "cross-site"}) as page:
        expect(200, await page.post(f"{door}/auth/login", json={"email": candidate.email, "password": PASSWORD}))
        body = {"role": "Software Engineer", "interview_type": "technical", "duration_minutes": 30}
        expect(201, await page.post(f"{door}/interviews/create", json=body))
        forged = await page.post(f"{door}/interviews/create", json=body, headers={"Origin": "https://evil.test"})
        expect(403, forged)
    interview = await candidate.create()
    target = address(service.url, interview["id"], ticket=await ticket(candidate))
    assert (await refused(target, origin="https://evil.test")).status_code == 403
