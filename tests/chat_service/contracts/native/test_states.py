"""The state machine of contract 000: every action in every state, by what the API answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.chat_service.conftest import Candidate, Service, expect, problem

STATES = ("draft", "scheduled", "overdue", "in_progress", "completed", "cancelled")
ACTIONS = ("start", "messages", "next", "end", "reschedule", "cancel", "result")
LATER = "2035-06-01T09:00:00Z"

# What an action leads to: the state it ends in, or the code of its refusal.
ALLOWED = {
    **{(state, "start"): "in_progress" for state in ("draft", "scheduled", "overdue")},
    ("in_progress", "messages"): "in_progress",
    ("in_progress", "next"): "in_progress",
    ("in_progress", "end"): "completed",
    ("completed", "end"): "completed",
    ("completed", "result"): "completed",
    **{(state, "reschedule"): "scheduled" for state in ("draft", "scheduled", "overdue")},
    **{(state, "cancel"): "cancelled" for state in ("draft", "scheduled", "overdue")},
}
REFUSAL = {
    "start": "illegal_transition",
    "messages": "interview_not_in_progress",
    "next": "interview_not_in_progress",
    "end": "illegal_transition",
    "reschedule": "illegal_transition",
    "cancel": "illegal_transition",
    "result": "interview_not_completed",
}
WANTED_STATE = {"start": "in_progress", "end": "completed", "reschedule": "scheduled", "cancel": "cancelled"}


async def interview_in(candidate: Candidate, service: Service, state: str) -> str:
    """The id of an interview in the state; overdue is scheduled, with its time in the past."""
    fields = {"scheduled_at": LATER} if state in {"scheduled", "overdue"} else {}
    identifier = str((await candidate.create(**fields))["id"])
    if state == "overdue":
        past = datetime.now(UTC) - timedelta(hours=1)
        await service.core.database.fetch("UPDATE interviews SET scheduled_at = $2 WHERE id = $1", identifier, past)
    if state == "cancelled":
        expect(200, await candidate.http.post(f"/schedules/{identifier}/cancel"))
    if state in {"in_progress", "completed"}:
        await candidate.start(identifier)
    if state == "completed":
        await candidate.end(identifier)
    return identifier


async def act(client: httpx2.AsyncClient, identifier: str, action: str) -> httpx2.Response:
    match action:
        case "messages":
            return await client.post(f"/interviews/{identifier}/messages", json={"content": "A hash table."})
        case "next":
            return await client.post(f"/interviews/{identifier}/questions/next")
        case "reschedule":
            return await client.put(f"/schedules/{identifier}/reschedule", json={"scheduled_at": LATER})
        case "cancel":
            return await client.post(f"/schedules/{identifier}/cancel")
        case "result":
            return await client.get(f"/interviews/{identifier}/result")
        case _:
            return await client.post(f"/interviews/{identifier}/{action}")


async def read(candidate: Candidate, identifier: str) -> dict[str, Any]:
    interview: dict[str, Any] = expect(200, await candidate.http.get(f"/interviews/{identifier}"))
    return interview


@pytest.mark.parametrize("state", STATES)
async def test_every_action_in_a_state_has_its_published_outcome(
    candidate: Candidate, service: Service, state: str
) -> None:
    for action in ACTIONS:
        identifier = await interview_in(candidate, service, state)
        before = await read(candidate, identifier)
        reply = await act(candidate.http, identifier, action)
        after = await read(candidate, identifier)
        reached = ALLOWED.get((state, action))
        if reached is not None:
            assert reply.status_code == 200, (state, action, reply.text)
            assert after["state"] == reached, (state, action)
            continue
        body = problem(409, REFUSAL[action], reply)
        shown = "scheduled" if state == "overdue" else state
        if action in WANTED_STATE:
            assert (body["from"], body["to"]) == (shown, WANTED_STATE[action])
            assert shown in body["detail"]
            assert WANTED_STATE[action] in body["detail"]
        else:
            assert body["state"] == shown
        assert after == before, (state, action)


async def test_a_scheduled_interview_whose_time_has_passed_reads_overdue_and_can_be_started(
    candidate: Candidate, service: Service
) -> None:
    identifier = await interview_in(candidate, service, "overdue")
    interview = await read(candidate, identifier)
    assert (interview["state"], interview["overdue"]) == ("scheduled", True)
    started = await candidate.start(identifier)
    assert (started["state"], started["overdue"]) == ("in_progress", False)


async def test_a_time_given_with_an_offset_is_told_in_utc(candidate: Candidate) -> None:
    interview = await candidate.create(scheduled_at="2035-06-01T09:00:00+05:30")
    assert interview["state"] == "scheduled"
    assert interview["scheduled_at"] == "2035-06-01T03:30:00Z"
    moved = {"scheduled_at": "2035-06-02T00:00:00-01:00"}
    rescheduled = expect(200, await candidate.http.put(f"/schedules/{interview['id']}/reschedule", json=moved))
    assert rescheduled["scheduled_at"] == "2035-06-02T01:00:00Z"


@pytest.mark.parametrize(
    "moment",
    [
        "2020-01-01T00:00:00Z",
        "2035-01-01T00:00:00",
        "2035-01-01",
        "09:00",
        "tomorrow",
        "",
        "2035-13-01T00:00:00Z",
        "2035-01-01T25:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2051222400",
        2051222400,
        2051222400.5,
        True,
        [],
        {},
        "2035-01-01T00:00:00Z\0",
    ],
)
async def test_an_unusable_time_is_refused_and_changes_nothing(candidate: Candidate, moment: object) -> None:
    wanted = {"domain": "dsa", "difficulty": "easy", "scheduled_at": moment}
    refused = problem(422, "validation_failed", await candidate.http.post("/interviews", json=wanted))
    assert [one["field"] for one in refused["fields"]] == ["scheduled_at"]
    draft = await candidate.create()
    moved = await candidate.http.put(f"/schedules/{draft['id']}/reschedule", json={"scheduled_at": moment})
    assert [one["field"] for one in problem(422, "validation_failed", moved)["fields"]] == ["scheduled_at"]
    listed = expect(200, await candidate.http.get("/interviews"))["interviews"]
    assert listed == [draft]
