"""Live interviews: everybody who is in one learns everything that happens, once and in order, on any worker."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from uuid import UUID

import grpc
import pytest

from tests.chat_service.conftest import Candidate, Service, expect, serving
from tests.chat_service.interviews.test_crashes import process
from tests.chat_service.live import live
from tests.fakes import engine as fakes

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


@pytest.fixture(scope="module")
async def other_worker(shared_service: Service, settings: Mapping[str, str]) -> AsyncIterator[Service]:
    """A second worker beside the same PostgreSQL and Redis."""
    async with serving(settings) as service:
        yield service


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [one["type"] for one in events]


async def test_a_whole_interview_is_held_over_one_socket(candidate: Candidate) -> None:
    interview = await candidate.create(question_limit=2)
    async with live(candidate, interview["id"]) as socket:
        greeting = await socket.hear()
        assert (greeting["type"], greeting["sequence"], greeting["data"]["state"]) == ("interview_state", None, "draft")
        question = await socket.asked("start", "question")
        assert question["data"]["number"] == 1
        feedback = await socket.asked("answer", "feedback", content=ANSWER, client_message_id="first")
        assert feedback["data"]["score"] == 72.5
        assert feedback["data"]["question"] == question["data"]
        assert feedback["client_message_id"] == "first"
        second = await socket.until("question")
        assert feedback["data"]["next_question"] == second["data"]
        await socket.asked("answer", "feedback", content=ANSWER + " Again.", question_id=second["data"]["id"])
        ended = await socket.asked("end", "interview_ended")
    assert kinds(socket.kept) == [
        *("interview_state", "question", "answer_accepted", "feedback"),
        *("question", "answer_accepted", "feedback", "interview_state", "interview_ended"),
    ]
    assert [one["sequence"] for one in socket.kept] == list(range(1, 10))
    result = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/result"))
    assert ended["data"] == result
    thoughts = [one["data"]["is_thinking"] for one in socket.heard if one["type"] == "thinking"]
    assert thoughts == [True, False] * 4


async def test_what_is_done_over_rest_is_told_on_the_socket(candidate: Candidate) -> None:
    interview = await candidate.started(question_limit=2)
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        reply = await candidate.answered(interview["id"], ANSWER)
        assert (await socket.until("feedback"))["data"] == reply
        report = (await candidate.end(interview["id"]))["report"]
        assert (await socket.until("interview_ended"))["data"]["report"] == report


async def test_a_client_that_comes_back_to_another_worker_is_told_exactly_what_it_missed(
    candidate: Candidate, other_worker: Service
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as first:
        await first.until("question")
        await first.send("answer", content=ANSWER)
        await first.until("answer_accepted")
        seen = list(first.kept)
    async with live(candidate, interview["id"], url=other_worker.url, last_sequence=first.newest) as second:
        await second.until("question")
    async with live(candidate, interview["id"]) as whole:
        await whole.until("question", lambda one: one["data"]["number"] == 2)
    assert [one["sequence"] for one in second.kept] == [4, 5]
    assert seen + second.kept == whole.kept


async def test_two_tabs_on_two_workers_both_hear_everything(candidate: Candidate, other_worker: Service) -> None:
    interview = await candidate.create()
    async with live(candidate, interview["id"]) as one, live(candidate, interview["id"], url=other_worker.url) as two:
        await one.until("interview_state")
        await two.until("interview_state")
        await one.asked("start", "question")
        await two.until("question")
        await two.send("answer", content=ANSWER)
        for socket in (one, two):
            await socket.until("thinking", lambda event: event["data"]["is_thinking"])
            await socket.until("question", lambda event: event["data"]["number"] == 2)
        await one.asked("end", "interview_ended")
        await two.until("interview_ended")
    assert one.kept == two.kept


async def test_many_at_once_on_two_workers_are_each_told_everything_once_and_in_order(
    join: Callable[[], Any], service: Service, other_worker: Service
) -> None:
    async def hold(place: int) -> None:
        candidate: Candidate = await join()
        interview = await candidate.create(question_limit=2)
        urls = [service.url, other_worker.url][:: 1 if place % 2 else -1]
        async with live(candidate, interview["id"], url=urls[0]) as watching:
            told: list[dict[str, Any]] = []
            for step, url in enumerate((*urls, urls[0])):
                newest = told[-1]["sequence"] if told else 0
                async with live(candidate, interview["id"], url=url, last_sequence=newest) as socket:
                    if step == 0:
                        await socket.asked("start", "question")
                    elif step == 1:
                        for content in (ANSWER, ANSWER + " Again."):
                            await socket.asked("answer", "feedback", content=content, client_message_id=content[-6:])
                    else:
                        await socket.asked("end", "interview_ended")
                told += socket.kept
            await watching.until("interview_ended")
            assert told == watching.kept
            assert [one["sequence"] for one in told] == list(range(1, 10))

    await asyncio.gather(*(hold(place) for place in range(8)))


async def test_the_second_of_two_answers_at_once_learns_the_current_question(
    candidate: Candidate, service: Service, other_worker: Service
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as one, live(candidate, interview["id"], url=other_worker.url) as two:
        question = await one.until("question")
        await two.until("question")
        service.script.delay = 1
        await one.asked("answer", "answer_accepted", content=ANSWER)
        error = await two.asked("answer", "error", content="Something else altogether.", client_message_id="late")
        assert (error["in_reply_to"], error["client_message_id"]) == ("answer", "late")
        assert (error["data"]["status"], error["data"]["code"]) == (409, "answer_in_flight")
        assert error["data"]["current_question"]["id"] == question["data"]["id"]
        assert (await two.until("feedback")) == (await one.until("feedback"))


async def test_events_are_sent_again_from_where_a_client_wishes(candidate: Candidate) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        await socket.asked("answer", "feedback", content=ANSWER)
        await socket.until("question")
        once = list(socket.kept)
        await socket.send("resume", last_sequence=2)
        await socket.until("question")
        assert socket.kept == once + once[2:]
        error = await socket.asked("resume", "error", last_sequence=99)
        assert (error["data"]["status"], error["data"]["code"]) == (422, "validation_failed")


async def test_an_answer_sent_twice_is_graded_once_and_gets_the_same_feedback(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        first = await socket.asked("answer", "feedback", content="I pass.", client_message_id="a")
        await socket.until("question")
        assert await socket.asked("answer", "feedback", content="I pass.", client_message_id="a") == first
        error = await socket.asked("answer", "error", content="Another.", client_message_id="a")
        assert error["data"]["code"] == "idempotency_key_reused"
    assert len(service.script.evaluated) == 1


async def test_an_answer_that_cannot_be_graded_yet_is_kept_and_graded_later(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        service.script.fault = grpc.StatusCode.UNAVAILABLE
        error = await socket.asked("answer", "error", content=ANSWER, client_message_id="a")
        assert (error["data"]["status"], error["data"]["code"]) == (503, "engine_unavailable")
        assert error["data"]["retry_after"] > 0
        service.script.fault = None
        feedback = await socket.until("feedback")
        assert (feedback["data"]["score"], feedback["client_message_id"]) == (72.5, "a")


async def test_an_answer_outlives_its_killed_worker_and_its_feedback_comes_from_another(
    candidate: Candidate, settings: Mapping[str, str]
) -> None:
    interview = await candidate.started()
    stuck, port = await fakes.serve(fakes.Script(delay=3600), "127.0.0.1:0")
    try:
        async with (
            process(settings, f"127.0.0.1:{port}") as (worker, url),
            live(candidate, interview["id"], url=url) as doomed,
        ):
            await doomed.until("question")
            await doomed.send("answer", content="I pass.", client_message_id="a")
            accepted = await doomed.until("answer_accepted")
            worker.send_signal(signal.SIGKILL)
            assert (await doomed.closed())[0] == 1006
        async with live(candidate, interview["id"], last_sequence=doomed.newest) as socket:
            feedback = await socket.until("feedback")
            assert feedback["data"]["answer_id"] == accepted["data"]["answer_id"]
            await socket.until("question")
            again = await socket.asked("answer", "feedback", content="I pass.", client_message_id="a")
            assert again == feedback
        assert [one["sequence"] for one in socket.kept[:2]] == [4, 5]
    finally:
        await stuck.stop(None)


async def test_a_server_that_stops_says_so_and_loses_nothing(candidate: Candidate, settings: Mapping[str, str]) -> None:
    interview = await candidate.started()
    async with contextlib.AsyncExitStack() as left_open:
        async with serving(settings) as stopping:
            stopping.script.delay = 1
            socket = await left_open.enter_async_context(live(candidate, interview["id"], url=stopping.url))
            await socket.until("question")
            await socket.asked("answer", "answer_accepted", content=ANSWER)
        assert (await socket.closed())[0] in {1001, 1012}
    async with live(candidate, interview["id"], last_sequence=socket.newest) as resumed:
        assert (await resumed.until("feedback"))["data"]["score"] == 72.5


async def test_a_missing_question_is_asked_for(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        question = await socket.until("question")
        assert await socket.asked("request_next", "question") == question
        service.script.asks_next = False
        service.script.fault, service.script.failing = grpc.StatusCode.UNAVAILABLE, "GenerateNextQuestion"
        feedback = await socket.asked("answer", "feedback", content=ANSWER)
        assert feedback["data"]["next_question"] is None
        service.script.fault = None
        assert (await socket.asked("request_next", "question"))["data"]["number"] == 2


async def test_a_finished_interview_is_told_to_whoever_comes_later(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started(question_limit=1)
    await candidate.answered(interview["id"], ANSWER)
    await candidate.end(interview["id"])
    async with live(candidate, interview["id"]) as first:
        await first.until("interview_ended")
        error = await first.asked("answer", "error", content=ANSWER + " Once more.")
        assert error["data"]["code"] == "interview_not_in_progress"
        again = await first.asked("end", "interview_ended")
        assert again in first.kept[:-1]
    await service.core.live.prune()
    assert await _events(service, interview["id"]) == len(first.kept) - 1
    await service.core.database.fetch(
        "UPDATE interviews SET completed_at = now() - interval '25 hours' WHERE id = $1", interview["id"]
    )
    await service.core.database.fetch(
        "UPDATE live_events SET created_at = now() - interval '25 hours' WHERE interview_id = $1", interview["id"]
    )
    await service.core.live.prune()
    assert await _events(service, interview["id"]) == 0
    async with live(candidate, interview["id"], last_sequence=first.newest - 1) as later:
        assert (await later.until("interview_ended"))["data"]["report"] == again["data"]["report"]


async def test_a_report_that_is_made_later_is_told_when_it_is_there(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    await candidate.answered(interview["id"], ANSWER)
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question", lambda one: one["data"]["number"] == 2)
        await service.core.reporting.complete(
            UUID(expect(200, await candidate.http.get("/profile/me"))["id"]), UUID(interview["id"])
        )
        assert (await socket.until("interview_state"))["data"]["state"] == "completed"
        assert (await socket.until("interview_ended"))["data"]["report"]["overall_score"] == 72.5


async def test_a_cancelled_interview_says_so(candidate: Candidate) -> None:
    interview = await candidate.create(scheduled_at="2035-06-01T09:00:00Z")
    async with live(candidate, interview["id"]) as socket:
        assert (await socket.hear())["data"]["state"] == "scheduled"
        expect(200, await candidate.http.post(f"/schedules/{interview['id']}/cancel"))
        assert (await socket.until("interview_state"))["data"]["state"] == "cancelled"


async def test_typing_keeps_an_interview_from_being_taken_for_an_idle_one(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        await service.core.database.fetch(
            "UPDATE interviews SET last_activity_at = now() - interval '3 hours' WHERE id = $1", interview["id"]
        )
        await socket.send("typing", is_typing=True)
        await socket.quiet()
        await service.core.sweeping.sweep()
        assert "interview_ended" not in kinds(await socket.quiet())


async def test_events_go_with_their_interview(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    async with live(candidate, interview["id"]) as socket:
        await socket.until("question")
        await service.core.database.fetch("DELETE FROM interviews WHERE id = $1", interview["id"])
        assert (await socket.closed())[0] == 4404
    assert await _events(service, interview["id"]) == 0


async def _events(service: Service, interview_id: str) -> int:
    row = await service.core.database.fetch_row(
        "SELECT count(*) AS events FROM live_events WHERE interview_id = $1", interview_id
    )
    return 0 if row is None else int(row["events"])
