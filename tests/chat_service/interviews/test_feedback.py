"""Completing an interview at once, with its report made by a durable job."""

import contextlib
import signal
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import httpx2
import pytest

from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem, settings_with
from tests.chat_service.interviews.test_crashes import process
from tests.fakes import engine as fakes
from tests.waiting import are, until

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


async def complete(candidate: Candidate, interview_id: str) -> dict[str, Any]:
    return dict(expect(202, await candidate.http.post(f"/interviews/{interview_id}/end?wait=false")))


async def feedback(candidate: Candidate, interview_id: str, wanted: str = "ready") -> dict[str, Any]:
    """The feedback once its status is the wanted one."""
    url = f"/interviews/{interview_id}/feedback"

    async def there() -> bool:
        return bool(expect(200, await candidate.http.get(url))["status"] == wanted)

    await until(there, 30)
    return dict(expect(200, await candidate.http.get(url)))


async def test_an_interview_is_completed_at_once_and_its_report_follows(service: Service, candidate: Candidate) -> None:
    interview = await candidate.started()
    await candidate.answered(interview["id"], ANSWER)
    url = f"/interviews/{interview['id']}"
    problem(409, "interview_not_completed", await candidate.http.get(f"{url}/feedback"))
    service.script.delay = 0.5
    reply = await candidate.http.post(f"{url}/end", headers={"Prefer": "wait=10, respond-async"})
    asked = expect(202, reply)
    assert (asked["status"], asked["report"], asked["generated_at"]) == ("generating", None, None)
    assert reply.headers["location"] == f"/api/v1{url}/feedback"
    assert reply.headers["preference-applied"] == "respond-async"
    assert reply.headers["retry-after"] == "1"
    read = expect(200, await candidate.http.get(url))
    assert (read["state"], read["current_question"], read["overall_score"]) == ("completed", None, None)
    pending = await candidate.http.get(f"{url}/result")
    assert problem(409, "report_generating", pending) and pending.headers["retry-after"] == "2"
    problem(409, "interview_not_in_progress", await candidate.say(interview["id"], "Another answer."))
    assert (await complete(candidate, interview["id"]))["id"] == asked["id"]
    ready = await feedback(candidate, interview["id"])
    assert ready["id"] == asked["id"]
    assert ready["generated_at"] > ready["requested_at"]
    report = ready["report"]
    assert (report["overall_score"], report["letter_grade"], report["readiness_score"]) == (72.5, "B", 72.5)
    assert {"immediate", "short_term", "long_term"} == set(report["roadmap"])
    assert report["resources"][0]["priority"] == "medium"
    assert [one["score"] for one in report["question_reviews"]] == [72.5]
    assert expect(200, await candidate.http.get(f"{url}/result"))["report"] == report
    assert (await candidate.end(interview["id"]))["overall_score"] == 72.5
    assert len(service.script.reported) == 1


async def test_the_feedback_of_an_interview_ended_with_waiting_is_ready(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    ended = await candidate.end(interview["id"])
    read = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/feedback"))
    assert (read["status"], read["report"]) == ("ready", ended["report"])
    assert (await complete(candidate, interview["id"])) == read


async def test_an_outage_of_the_engine_only_delays_the_feedback(service: Service, candidate: Candidate) -> None:
    interview = await candidate.started()
    await candidate.answered(interview["id"], ANSWER)
    service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "Evaluate"
    assert (await candidate.say(interview["id"], "An answer that waits for its grade.")).status_code == 503
    service.script.failing = ""
    await complete(candidate, interview["id"])
    await until(lambda: are(service.script.evaluated[2:]))
    service.script.fault = None
    ready = await feedback(candidate, interview["id"])
    assert ready["report"]["assessed_answers"] == 2


async def test_feedback_that_was_given_up_says_so_and_is_made_when_asked_for_again(
    service: Service, candidate: Candidate
) -> None:
    interview = await candidate.started()
    await candidate.answered(interview["id"], ANSWER)
    service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "Finalize"
    asked = await complete(candidate, interview["id"])
    payload = {"user_id": str(uuid4()), "interview_id": interview["id"]}
    await service.core.reporting.give_up(payload, "engine_unavailable")
    failed = await feedback(candidate, interview["id"], "failed")
    assert (failed["id"], failed["failure"]) == (asked["id"], "engine_unavailable")
    problem(409, "report_failed", await candidate.http.get(f"/interviews/{interview['id']}/result"))
    service.script.fault = None
    assert (await complete(candidate, interview["id"]))["status"] in {"generating", "ready"}
    assert (await feedback(candidate, interview["id"]))["failure"] is None


async def test_a_stranger_sees_no_feedback_and_an_unstarted_interview_has_none(
    candidate: Candidate, join: Any, service: Service
) -> None:
    interview = await candidate.create()
    stranger: Candidate = await join()
    for one, status, code in ((stranger, 404, "interview_not_found"), (candidate, 409, "interview_not_completed")):
        problem(status, code, await one.http.get(f"/interviews/{interview['id']}/feedback"))
    for one, status, code in ((stranger, 404, "interview_not_found"), (candidate, 409, "illegal_transition")):
        problem(status, code, await one.http.post(f"/interviews/{interview['id']}/end?wait=false"))


@pytest.fixture
async def slow_engine() -> AsyncIterator[tuple[fakes.Script, str]]:
    script = fakes.Script()
    engine, port = await fakes.serve(script, "127.0.0.1:0")
    yield script, f"127.0.0.1:{port}"
    await engine.stop(None)


async def test_feedback_under_way_or_waiting_when_its_process_is_killed_is_made_by_another_once(
    fresh_database_url: str, redis_url: str, slow_engine: tuple[fakes.Script, str]
) -> None:
    script, address = slow_engine
    settings = {**settings_with(fresh_database_url, redis_url), "JOBS_AT_ONCE": "2"}
    async with contextlib.AsyncExitStack() as stack:
        doomed, url = await stack.enter_async_context(process(settings, address))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=f"{url}/api/v1", timeout=20))
        person = Candidate(client, *(await _joined(client)))
        interviews = [(await person.started(domain=one))["id"] for one in ("dsa", "lld", "hld")]
        for one in interviews:
            await person.answered(one, ANSWER)
        script.delay = 3600
        asked = [(await complete(person, one))["id"] for one in interviews]
        await until(lambda: are(len(script.reported) == 2))
        doomed.send_signal(signal.SIGKILL)
        await doomed.wait()
        assert len(script.reported) == 2
        script.delay = 0
        _, url = await stack.enter_async_context(process(settings, address))
        client.base_url = httpx2.URL(f"{url}/api/v1")
        done = [await feedback(person, one) for one in interviews]
    assert [one["id"] for one in done] == asked
    assert [one["report"]["overall_score"] for one in done] == [72.5] * 3
    assert len(script.reported) == 2 + 3


async def _joined(client: httpx2.AsyncClient) -> tuple[str, str]:
    email = f"{uuid4().hex}@example.com"
    expect(201, await client.post("/auth/signup", json={"email": email, "password": PASSWORD}))
    tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": PASSWORD}))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return email, tokens["refresh_token"]
