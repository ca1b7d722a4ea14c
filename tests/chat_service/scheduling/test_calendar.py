"""Planned interviews as a calendar."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from icalendar import Calendar

from tests.chat_service.conftest import Candidate, expect, problem

AT = "2190-06-01T09:00:00Z"


async def feed(candidate: Candidate) -> dict[str, Any]:
    reply = await candidate.http.get("/schedules/upcoming.ics")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(one["UID"]): one for one in Calendar.from_ical(reply.content).walk("VEVENT")}


async def test_a_planned_interview_is_an_event_of_its_length(candidate: Candidate) -> None:
    interview = await candidate.create(
        scheduled_at=AT, title="Graphs; trees, \x01 and\nmore", job_role="SDE-2", duration_minutes=45
    )
    plain = await candidate.create(scheduled_at=AT)
    events = await feed(candidate)
    event = events[interview["id"]]
    assert str(event["SUMMARY"]) == "Graphs; trees,   and\nmore"
    assert event["DTSTART"].dt == datetime(2190, 6, 1, 9, tzinfo=UTC)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=45)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert "Role: SDE-2" in event["DESCRIPTION"]
    assert str(events[plain["id"]]["SUMMARY"]) == "Mock interview: dsa, medium"


async def test_an_interview_for_a_role_is_named_after_it(candidate: Candidate) -> None:
    interview = await candidate.create(domain="role", job_role="Data Engineer", difficulty="easy", scheduled_at=AT)
    assert str((await feed(candidate))[interview["id"]]["SUMMARY"]) == "Mock interview: Data Engineer, easy"


async def test_an_interview_at_the_end_of_all_calendars_ends_there(candidate: Candidate) -> None:
    interview = await candidate.create(scheduled_at="9999-12-31T23:59:00Z")
    event = (await feed(candidate))[interview["id"]]
    assert event["DTEND"].dt == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


async def test_an_event_keeps_its_uid_and_counts_up_as_it_is_planned_anew_and_called_off(candidate: Candidate) -> None:
    interview = await candidate.create(scheduled_at=AT)
    seen = [(await feed(candidate))[interview["id"]]]
    for hour in ("10", "11"):
        body = {"scheduled_at": f"2190-06-01T{hour}:00:00Z"}
        expect(200, await candidate.http.put(f"/schedules/{interview['id']}/reschedule", json=body))
        seen.append((await feed(candidate))[interview["id"]])
    expect(200, await candidate.http.patch(f"/interviews/{interview['id']}", json={"title": "Anew"}))
    seen.append((await feed(candidate))[interview["id"]])
    expect(200, await candidate.http.post(f"/schedules/{interview['id']}/cancel"))
    seen.append((await feed(candidate))[interview["id"]])
    assert [one["STATUS"] for one in seen] == ["CONFIRMED"] * 4 + ["CANCELLED"]
    assert [one["DTSTART"].dt.hour for one in seen] == [9, 10, 11, 11, 11]
    sequences = [one["SEQUENCE"] for one in seen]
    assert sequences == sorted(set(sequences))
    assert [one["DTSTAMP"].dt for one in seen] == sorted({one["DTSTAMP"].dt for one in seen})


async def test_the_same_plans_give_the_same_calendar_and_drafts_are_not_in_it(candidate: Candidate) -> None:
    await candidate.create()
    await candidate.started(scheduled_at=AT)
    await candidate.create(scheduled_at=AT)
    first, second = [await candidate.http.get("/schedules/upcoming.ics") for _ in range(2)]
    assert first.content == second.content
    assert len(await feed(candidate)) == 1


async def test_the_calendar_is_had_by_accept_too_and_json_otherwise(candidate: Candidate) -> None:
    by_suffix = await candidate.http.get("/schedules/upcoming.ics")
    by_accept = await candidate.http.get("/schedules/upcoming", headers={"Accept": "text/calendar, */*;q=0.1"})
    assert by_accept.content == by_suffix.content
    for accept in ("*/*", "application/json", "text/html,*/*;q=0.8", "text/calendar;q=0", "nonsense;q=x"):
        assert expect(200, await candidate.http.get("/schedules/upcoming", headers={"Accept": accept})) == {
            "interviews": []
        }


async def test_nobody_else_can_subscribe(anybody: httpx2.AsyncClient) -> None:
    problem(401, "token_missing", await anybody.get("/schedules/upcoming.ics"))
