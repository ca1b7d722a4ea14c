"""The figures as clients get them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import TypeAdapter

from chat_service.analytics.charts.chart import Chart
from chat_service.analytics.dashboard import Dashboard
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.analytics.practice import PracticeAnalytics
from chat_service.contracts.native.examples import FOLDER
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


async def _make_admin(service: Service, candidate: Candidate) -> None:
    await service.core.database.fetch("UPDATE users SET role = 'admin' WHERE email = $1", candidate.email)
    tokens = expect(
        200, await candidate.http.post("/auth/login", json={"email": candidate.email, "password": PASSWORD})
    )
    candidate.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"


async def _platform(admin: Candidate) -> dict[str, Any]:
    figures: dict[str, Any] = expect(200, await admin.http.get("/admin/analytics"))
    return figures


async def test_a_played_interview_shows_in_the_candidates_figures(candidate: Candidate) -> None:
    interview = await candidate.started(domain="lld", difficulty="hard", question_limit=2)
    await candidate.answered(interview["id"], ANSWER)
    await candidate.create(scheduled_at="2190-01-01T00:00:00Z")
    mine = expect(200, await candidate.http.get("/analytics/me"))
    assert mine["by_state"] == {"draft": 0, "scheduled": 1, "in_progress": 1, "completed": 0, "cancelled": 0}
    assert mine["scores"]["average"] is None
    assert [one["scores"]["average"] for one in mine["topics"]] == [72.5]
    await candidate.end(interview["id"])
    mine = expect(200, await candidate.http.get("/analytics/me", params={"time_zone": "Pacific/Auckland"}))
    assert mine["time_zone"] == "Pacific/Auckland"
    assert mine["scores"] == {"rubric_major": 1, "count": 1, "average": 72.5, "best": 72.5}
    assert [(one["domain"], one["completed"], one["scores"]["average"]) for one in mine["by_domain"]] == [
        ("dsa", 0, None),
        ("lld", 1, 72.5),
    ]
    assert mine["streaks"]["current_days"] == mine["streaks"]["longest_days"] == 1
    assert [(one["completed"], one["average"]) for one in mine["trend"]["weeks"]] == [(1, 72.5)]


async def test_an_interview_that_is_not_assessable_is_completed_without_a_score(candidate: Candidate) -> None:
    interview = await candidate.started()
    await candidate.end(interview["id"])
    mine = expect(200, await candidate.http.get("/analytics/me"))
    assert mine["by_state"]["completed"] == 1
    assert mine["scores"] == {"rubric_major": None, "count": 0, "average": None, "best": None}


@pytest.mark.parametrize("zone", ["Nowhere", "", "UTC\0", "x" * 65, "Europe/Berlin; DROP TABLE users"])
async def test_an_unusable_time_zone_is_a_field_that_is_wrong(candidate: Candidate, zone: str) -> None:
    refused = await candidate.http.get("/analytics/me", params={"time_zone": zone})
    assert problem(422, "validation_failed", refused)["fields"][0]["field"] == "time_zone"


async def test_figures_are_for_users_and_the_platforms_for_administrators(
    candidate: Candidate, anybody: httpx2.AsyncClient
) -> None:
    for path in ("/analytics/me", "/admin/analytics"):
        problem(401, "token_missing", await anybody.get(path))
    problem(403, "admin_required", await candidate.http.get("/admin/analytics"))


async def test_the_platforms_figures_follow_at_once_what_happens_and_what_is_folded(
    service: Service, candidate: Candidate, join: Callable[[], Any]
) -> None:
    admin: Candidate = await join()
    await _make_admin(service, admin)
    before = await _platform(admin)
    interview = await candidate.started(domain="hld")
    await candidate.answered(interview["id"], ANSWER)
    await candidate.end(interview["id"])
    called_off = await candidate.create(domain="hld")
    expect(200, await candidate.http.post(f"/schedules/{called_off['id']}/cancel"))
    after = await _platform(admin)
    await service.core.analytics.fold()
    assert await _platform(admin) == after

    def gained(*path: str) -> int:
        old: Any = before
        new: Any = after
        for name in path:
            old, new = old[name], new[name]
        return int(new - old)

    assert gained("interviews") == 2
    assert (gained("by_state", "completed"), gained("by_state", "cancelled")) == (1, 1)
    assert (gained("completion", "started"), gained("completion", "completed")) == (1, 1)
    assert gained("scores", "scored") == 1
    assert after["scores"]["buckets"][7] == before["scores"]["buckets"][7] + 1
    assert after["weeks"][-1]["active_users"] == before["weeks"][-1]["active_users"] + 1
    assert len(after["weeks"]) == 26
    hld = next(one for one in after["by_domain"] if one["domain"] == "hld")
    assert hld["by_state"]["cancelled"] >= 1
    today = datetime.now(UTC).date()
    assert (today - datetime.fromisoformat(after["weeks"][-1]["week"]).date()).days < 7


@pytest.mark.parametrize(
    ("name", "shape"),
    [("practice", PracticeAnalytics), ("platform", PlatformAnalytics), ("dashboard", Dashboard), ("chart", Chart)],
)
def test_the_documented_reply_has_the_shape_of_a_real_one(name: str, shape: type[Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(shape)
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    figures = adapter.validate_json(text)
    assert adapter.validate_json(adapter.dump_json(figures)) == figures
    assert adapter.dump_python(figures, mode="json") == TypeAdapter(dict[str, Any]).validate_json(text)
