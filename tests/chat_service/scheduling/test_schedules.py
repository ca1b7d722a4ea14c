"""Planning interviews, planning them anew and calling them off."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.chat_service.conftest import Candidate, Service, expect, problem


def _ahead(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def _reschedule(candidate: Candidate, interview_id: str, scheduled_at: object) -> httpx2.Response:
    return await candidate.http.put(f"/schedules/{interview_id}/reschedule", json={"scheduled_at": scheduled_at})


async def _cancel(candidate: Candidate, interview_id: str) -> httpx2.Response:
    return await candidate.http.post(f"/schedules/{interview_id}/cancel")


async def _state(candidate: Candidate, interview_id: str) -> str:
    return str(expect(200, await candidate.http.get(f"/interviews/{interview_id}"))["state"])


async def _pass_the_time_of(service: Service, interview_id: str) -> None:
    await service.core.database.fetch(
        "UPDATE interviews SET scheduled_at = now() - interval '1 hour' WHERE id = $1", UUID(interview_id)
    )


async def test_upcoming_lists_what_is_scheduled_by_time_with_what_is_overdue(
    service: Service, candidate: Candidate
) -> None:
    late, soon, missed = [await candidate.create(scheduled_at=_ahead(days=days)) for days in (9, 2, 5)]
    called_off = await candidate.create(scheduled_at=_ahead(days=1))
    expect(200, await _cancel(candidate, called_off["id"]))
    await candidate.create()
    await _pass_the_time_of(service, missed["id"])
    listed = expect(200, await candidate.http.get("/schedules/upcoming"))["interviews"]
    assert [(one["id"], one["state"], one["overdue"]) for one in listed] == [
        (missed["id"], "scheduled", True),
        (soon["id"], "scheduled", False),
        (late["id"], "scheduled", False),
    ]


async def test_upcoming_shows_nobody_elses_interviews(candidate: Candidate, join: Callable[[], Any]) -> None:
    await (await join()).create(scheduled_at=_ahead(days=1))
    assert expect(200, await candidate.http.get("/schedules/upcoming")) == {"interviews": []}


async def test_an_overdue_interview_can_be_started_and_leaves_the_list(service: Service, candidate: Candidate) -> None:
    interview = await candidate.create(scheduled_at=_ahead(days=1))
    await _pass_the_time_of(service, interview["id"])
    started = await candidate.start(interview["id"])
    assert (started["state"], started["overdue"]) == ("in_progress", False)
    assert expect(200, await candidate.http.get("/schedules/upcoming"))["interviews"] == []


@pytest.mark.parametrize("scheduled_at", [None, _ahead(days=3)], ids=["draft", "scheduled"])
async def test_a_draft_or_scheduled_interview_gets_a_new_time(candidate: Candidate, scheduled_at: str | None) -> None:
    interview = await candidate.create(scheduled_at=scheduled_at)
    wanted = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)
    elsewhere = f"{wanted + timedelta(hours=5, minutes=30):%Y-%m-%dT%H:%M:%S}+05:30"
    changed = expect(200, await _reschedule(candidate, interview["id"], elsewhere))
    assert (changed["state"], changed["overdue"]) == ("scheduled", False)
    assert changed["scheduled_at"].endswith("Z")
    assert _moment(changed["scheduled_at"]) == wanted
    assert (
        expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))["scheduled_at"]
        == changed["scheduled_at"]
    )


async def test_an_overdue_interview_that_gets_a_new_time_is_overdue_no_more(
    service: Service, candidate: Candidate
) -> None:
    interview = await candidate.create(scheduled_at=_ahead(days=1))
    await _pass_the_time_of(service, interview["id"])
    assert expect(200, await _reschedule(candidate, interview["id"], _ahead(days=2)))["overdue"] is False


@pytest.mark.parametrize(
    "scheduled_at",
    [
        "2030-01-31T09:00:00",
        "2030-01-31",
        "2020-01-31T09:00:00Z",
        "tomorrow",
        "",
        None,
        True,
        [],
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+14:00",
        1e300,
    ],
)
async def test_a_time_that_is_unclear_or_not_ahead_is_refused_and_changes_nothing(
    candidate: Candidate, scheduled_at: object
) -> None:
    interview = await candidate.create(scheduled_at=_ahead(days=3))
    refused = problem(422, "validation_failed", await _reschedule(candidate, interview["id"], scheduled_at))
    assert refused["fields"][0]["field"] == "scheduled_at"
    unchanged = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert unchanged["scheduled_at"] == interview["scheduled_at"]


async def test_a_body_without_a_time_is_refused(candidate: Candidate) -> None:
    interview = await candidate.create()
    for body, status in ((b"{}", 422), (b"[]", 422), (b"null", 422), (b"{", 400), (b"\xff", 400)):
        response = await candidate.http.put(
            f"/schedules/{interview['id']}/reschedule", content=body, headers={"Content-Type": "application/json"}
        )
        expect(status, response)
    assert await _state(candidate, interview["id"]) == "draft"


@pytest.mark.parametrize("scheduled_at", [None, _ahead(days=3)], ids=["draft", "scheduled"])
async def test_a_draft_or_scheduled_interview_can_be_called_off_once(
    candidate: Candidate, scheduled_at: str | None
) -> None:
    interview = await candidate.create(scheduled_at=scheduled_at)
    cancelled = expect(200, await _cancel(candidate, interview["id"]))
    assert (cancelled["state"], cancelled["overdue"]) == ("cancelled", False)
    assert cancelled["cancelled_at"] is not None
    again = problem(409, "illegal_transition", await _cancel(candidate, interview["id"]))
    assert (again["from"], again["to"]) == ("cancelled", "cancelled")
    unchanged = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert unchanged["cancelled_at"] == cancelled["cancelled_at"]


@pytest.mark.parametrize("state", ["in_progress", "completed", "cancelled"])
async def test_an_interview_that_was_started_or_called_off_is_not_planned_any_more(
    candidate: Candidate, state: str
) -> None:
    interview = await candidate.create()
    if state == "cancelled":
        expect(200, await _cancel(candidate, interview["id"]))
    else:
        await candidate.start(interview["id"])
        if state == "completed":
            await candidate.end(interview["id"])
    refused = problem(409, "illegal_transition", await _reschedule(candidate, interview["id"], _ahead(days=1)))
    assert (refused["from"], refused["to"]) == (state, "scheduled")
    refused = problem(409, "illegal_transition", await _cancel(candidate, interview["id"]))
    assert (refused["from"], refused["to"]) == (state, "cancelled")
    assert await _state(candidate, interview["id"]) == state


async def test_a_foreign_interview_looks_like_none(candidate: Candidate, join: Callable[[], Any]) -> None:
    other: Candidate = await join()
    foreign = (await other.create(scheduled_at=_ahead(days=1)))["id"]
    refusals = [
        problem(404, "interview_not_found", response)["detail"]
        for interview_id in (foreign, str(uuid4()))
        for response in (
            await _reschedule(candidate, interview_id, _ahead(days=2)),
            await _cancel(candidate, interview_id),
        )
    ]
    assert len(set(refusals)) == 1
    assert await _state(other, foreign) == "scheduled"


async def test_schedules_are_for_users_with_a_token(anybody: httpx2.AsyncClient) -> None:
    problem(401, "token_missing", await anybody.get("/schedules/upcoming"))
    problem(401, "token_missing", await anybody.post(f"/schedules/{uuid4()}/cancel"))
    problem(
        401,
        "token_missing",
        await anybody.put(f"/schedules/{uuid4()}/reschedule", json={"scheduled_at": _ahead(days=1)}),
    )


async def test_an_interview_that_is_being_started_is_neither_moved_nor_called_off(
    service: Service, candidate: Candidate
) -> None:
    interview = await candidate.create(scheduled_at=_ahead(days=1))
    service.script.delay = 1.0
    starting = asyncio.create_task(candidate.start(interview["id"]))
    while not service.script.asked:  # noqa: ASYNC110 - the engine runs in this loop and tells nobody
        await asyncio.sleep(0.005)
    for response in (
        await _cancel(candidate, interview["id"]),
        await _reschedule(candidate, interview["id"], _ahead(days=2)),
    ):
        problem(409, "interview_busy", response)
        assert int(response.headers["retry-after"]) >= 1
    assert (await starting)["state"] == "in_progress"
    problem(409, "illegal_transition", await _cancel(candidate, interview["id"]))


async def test_of_a_start_and_a_cancellation_at_once_exactly_one_happens(candidate: Candidate) -> None:
    for _ in range(12):
        interview_id = (await candidate.create())["id"]
        start, cancel = await asyncio.gather(
            candidate.http.post(f"/interviews/{interview_id}/start"), _cancel(candidate, interview_id)
        )
        assert sorted((start.status_code, cancel.status_code)) == [200, 409], (start.text, cancel.text)
        assert await _state(candidate, interview_id) == ("in_progress" if start.status_code == 200 else "cancelled")


async def test_of_many_cancellations_at_once_exactly_one_happens(candidate: Candidate) -> None:
    interview_id = (await candidate.create())["id"]
    responses = await asyncio.gather(*(_cancel(candidate, interview_id) for _ in range(8)))
    assert sorted(one.status_code for one in responses) == [200] + [409] * 7


async def test_a_start_that_died_does_not_hold_up_a_cancellation_and_does_not_come_back(
    service: Service, candidate: Candidate
) -> None:
    interview_id = (await candidate.create())["id"]
    await service.core.database.fetch(
        "UPDATE interviews SET lease_token = $2, lease_until = now() - interval '1 second' WHERE id = $1",
        UUID(interview_id),
        uuid4(),
    )
    expect(200, await _cancel(candidate, interview_id))
    row = await service.core.database.fetch_row("SELECT lease_token FROM interviews WHERE id = $1", UUID(interview_id))
    assert row is not None
    assert row["lease_token"] is None
