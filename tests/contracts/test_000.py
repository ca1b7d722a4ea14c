"""Contract 000, "Mock Interview V1", request by request as it is published."""

import time
from typing import Any
from uuid import UUID, uuid4

import httpx2
import jwt
import pytest

from chat_service.accounts.identity import Role
from tests.chat_service.conftest import Candidate, Service, expect, problem

PASSWORD = "correct horse battery"
RUBRIC = {"status", "score", "criteria", "points", "delivery", "strengths", "improvements", "feedback", "provenance"}
REPORT = {"overall_score", "criteria", "topics", "strengths", "gaps", "next_steps", "summary", "provenance"}


async def test_auth(anybody: httpx2.AsyncClient) -> None:
    email = f"{uuid4().hex}@y.com"
    signed_up = await anybody.post("/auth/signup", json={"email": email, "password": PASSWORD, "role": "admin"})
    account = expect(201, signed_up)
    assert account == {"id": str(UUID(account["id"])), "email": email, "role": "user"}
    tokens = expect(200, await anybody.post("/auth/login", json={"email": email, "password": PASSWORD}))
    assert {"access_token", "refresh_token", "token_type"} <= set(tokens)
    assert tokens["token_type"] == "bearer"
    assert str(UUID(tokens["refresh_token"])) == tokens["refresh_token"]
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["email"], claims["role"]) == (account["id"], email, "user")
    assert claims["exp"] > time.time()
    again = expect(200, await anybody.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}))
    assert again["token_type"] == "bearer"
    headers = {"Authorization": f"Bearer {again['access_token']}"}
    assert expect(200, await anybody.get("/profile/me", headers=headers))["id"] == account["id"]


async def test_profile(candidate: Candidate) -> None:
    published = {
        "years_experience": 2,
        "tech_stacks": ["python", "angular"],
        "target_role": "SDE-2",
        "target_company": "Any",
    }
    put = expect(200, await candidate.http.put("/profile/me", json=published))
    got = expect(200, await candidate.http.get("/profile/me"))
    assert put == got
    assert {name: got[name] for name in published} == published


@pytest.mark.parametrize("domain", ["dsa", "cs_fundamentals", "lld", "hld"])
@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard", "expert"])
async def test_creating_an_interview(candidate: Candidate, domain: str, difficulty: str) -> None:
    body: dict[str, Any] = {"domain": domain, "difficulty": difficulty}
    draft = expect(201, await candidate.http.post("/interviews", json=body))
    assert (draft["domain"], draft["difficulty"], draft["state"]) == (domain, difficulty, "draft")
    body["scheduled_at"] = "2035-01-31T09:00:00Z"
    scheduled = expect(201, await candidate.http.post("/interviews", json=body))
    assert (scheduled["state"], scheduled["scheduled_at"]) == ("scheduled", body["scheduled_at"])


async def test_an_interview_from_its_start_to_its_result(candidate: Candidate) -> None:
    created = expect(201, await candidate.http.post("/interviews", json={"domain": "dsa", "difficulty": "medium"}))
    url = f"/interviews/{created['id']}"
    started = expect(200, await candidate.http.post(f"{url}/start"))
    assert started["state"] == "in_progress"
    assert started["current_question"]["text"]
    said = expect(200, await candidate.http.post(f"{url}/messages", json={"content": "candidate answer..."}))
    assert 0 <= said["score"] <= 100
    assert set(said["evaluation"]) >= RUBRIC
    assert all(
        {"name", "weight", "level", "score", "comment", "evidence"} <= set(c) for c in said["evaluation"]["criteria"]
    )
    assert said["next_question"]["number"] == 2
    ended = expect(200, await candidate.http.post(f"{url}/end"))
    assert ended["state"] == "completed"
    assert set(ended["report"]) >= REPORT
    assert expect(200, await candidate.http.get(f"{url}/result")) == ended


async def test_an_interview_that_is_ended_without_an_answer_has_a_report_without_a_score(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    ended = await candidate.end(interview["id"])
    assert (ended["state"], ended["overall_score"], ended["report"]["overall_score"]) == ("completed", None, None)
    assert set(ended["report"]) >= REPORT
    assert service.script.reported == []


async def test_scheduling(candidate: Candidate) -> None:
    interview = await candidate.create()
    url = f"/schedules/{interview['id']}"
    moved = expect(200, await candidate.http.put(f"{url}/reschedule", json={"scheduled_at": "2035-02-01T10:00:00Z"}))
    assert (moved["state"], moved["scheduled_at"]) == ("scheduled", "2035-02-01T10:00:00Z")
    upcoming = expect(200, await candidate.http.get("/schedules/upcoming"))
    assert [one["id"] for one in upcoming["interviews"]] == [interview["id"]]
    assert expect(200, await candidate.http.post(f"{url}/cancel"))["state"] == "cancelled"
    assert expect(200, await candidate.http.get("/schedules/upcoming"))["interviews"] == []


async def test_analytics(candidate: Candidate, service: Service) -> None:
    assert isinstance(expect(200, await candidate.http.get("/analytics/me")), dict)
    problem(403, "admin_required", await candidate.http.get("/admin/analytics"))
    await service.core.accounts.change_role(candidate.email, Role.ADMIN)
    refreshed = await candidate.http.post("/auth/refresh", json={"refresh_token": candidate.refresh_token})
    headers = {"Authorization": f"Bearer {expect(200, refreshed)['access_token']}"}
    assert isinstance(expect(200, await candidate.http.get("/admin/analytics", headers=headers)), dict)
    for path in ("/profile/me", "/interviews", "/schedules/upcoming", "/analytics/me"):
        expect(200, await candidate.http.get(path, headers=headers))
