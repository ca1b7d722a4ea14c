"""Answering: one answer a question, nothing lost, nothing graded twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from protos.interview_engine.v1 import evaluation_pb2 as grades
from tests.chat_service.conftest import Candidate, Service, expect, problem

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average."


async def test_an_interview_runs_from_its_creation_to_its_report(candidate: Candidate) -> None:
    interview = await candidate.started(question_limit=2)
    first = await candidate.answered(interview["id"], ANSWER)
    assert first["question"]["id"] == interview["current_question"]["id"]
    assert first["score"] == 72.5
    assert first["evaluation"]["criteria"][0]["evidence"][0]["quote"] == ANSWER[:60]
    assert first["progress"] == {
        "state": "in_progress",
        "questions_asked": 2,
        "answers_recorded": 1,
        "question_limit": 2,
        "remaining": 0,
        "open_questions": 1,
    }
    second = await candidate.answered(interview["id"], "Collisions are kept in a list behind each bucket.")
    assert second["next_question"] is None
    problem(409, "questions_finished", await candidate.say(interview["id"], "And another thing: it can be resized."))
    ended = await candidate.end(interview["id"])
    assert ended["state"] == "completed"
    assert ended["report"]["overall_score"] == 72.5
    result = expect(200, await candidate.http.get(f"/interviews/{interview['id']}/result"))
    assert result == ended


async def test_an_answer_that_the_engine_cannot_grade_stays_pending_and_the_same_text_resumes_it(
    candidate: Candidate, service: Service
) -> None:
    interview = await candidate.started()
    service.script.fault = grpc.StatusCode.INTERNAL
    failed = await candidate.say(interview["id"], ANSWER)
    problem(503, "engine_unavailable", failed)
    assert int(failed.headers["retry-after"]) >= 1
    read = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert read["transcript"][0]["answer"]["content"] == ANSWER
    assert read["transcript"][0]["answer"]["evaluation"] is None
    refused = await candidate.say(interview["id"], "Something else altogether, from another tab.")
    assert problem(409, "answer_pending", refused)["current_question"]["id"] == interview["current_question"]["id"]
    service.script.fault = None
    assert (await candidate.answered(interview["id"], ANSWER))["question"]["number"] == 1


async def test_of_many_answers_at_once_exactly_one_is_taken(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    question = interview["current_question"]["id"]
    service.script.delay = 0.2
    replies = await asyncio.gather(
        *(
            candidate.say(interview["id"], f"{ANSWER} This is the answer of tab {tab}.", question_id=question)
            for tab in range(8)
        )
    )
    taken = [one for one in replies if one.status_code == 200]
    assert len(taken) == 1
    for refused in (one for one in replies if one is not taken[0]):
        code = refused.json()["code"]
        assert code in {"answer_in_flight", "question_answered"}
        assert problem(409, code, refused)["current_question"] is not None
    read = expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))
    assert [turn["answer"] is not None for turn in read["transcript"]] == [True, False]
    assert len(service.script.evaluated) == 1


async def test_the_same_key_gives_the_same_reply_again(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    url, headers = f"/interviews/{interview['id']}/messages", {"Idempotency-Key": "k1"}
    first = await candidate.http.post(url, json={"content": ANSWER}, headers=headers)
    again = await candidate.http.post(url, json={"content": ANSWER}, headers=headers)
    assert expect(200, first) == expect(200, again)
    assert len(service.script.evaluated) == 1
    changed = await candidate.http.post(url, json={"content": "Another text."}, headers=headers)
    problem(422, "idempotency_key_reused", changed)


async def test_an_answer_sent_again_without_a_key_gives_the_same_reply(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    first = await candidate.answered(interview["id"], ANSWER)
    again = await candidate.answered(interview["id"], ANSWER)
    assert again["answer_id"] == first["answer_id"]
    assert again["next_question"] == first["next_question"]
    assert again["progress"] == first["progress"]
    assert len(service.script.evaluated) == 1


async def test_two_interviews_at_once_never_ask_the_same_question_as_new(
    join: Callable[[], Any], service: Service
) -> None:
    candidate: Candidate = await join()
    interviews = [await candidate.create() for _ in range(4)]
    service.script.delay = 0.05
    await asyncio.gather(*(candidate.start(one["id"]) for one in interviews))
    await asyncio.gather(*(candidate.answered(one["id"], ANSWER) for one in interviews))
    asked = []
    for one in interviews:
        read = expect(200, await candidate.http.get(f"/interviews/{one['id']}"))
        asked += [turn["question"]["text"] for turn in read["transcript"]]
    assert len(asked) == 8
    assert len(set(asked)) == 8


@pytest.mark.parametrize(
    ("confidence", "shown"),
    [
        (grades.GRADE_CONFIDENCE_LOW, "low"),
        (grades.GRADE_CONFIDENCE_NORMAL, "normal"),
        (grades.GRADE_CONFIDENCE_UNSPECIFIED, None),
    ],
)
async def test_the_confidence_in_a_grade_is_shown_wherever_the_grade_is(
    candidate: Candidate, service: Service, confidence: grades.GradeConfidence.ValueType, shown: str | None
) -> None:
    service.script.confidence = confidence
    interview = (await candidate.started())["id"]
    reply = await candidate.answered(interview, ANSWER)
    assert (reply["confidence"], reply["evaluation"]["confidence"], reply["evaluation"]["samples"]) == (shown, shown, 3)
    assert reply["evaluation"]["criteria"][0]["level_spread"] == 1
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert read["transcript"][0]["answer"]["evaluation"] == reply["evaluation"]
    assert (await candidate.answered(interview, ANSWER))["confidence"] == shown
    ended = await candidate.end(interview)
    assert ended["report"]["question_reviews"][0]["confidence"] == shown
    assert service.script.reported[0].turns[0].evaluation.confidence == confidence


@pytest.mark.parametrize(
    ("fault", "told", "waits"),
    [
        (grpc.StatusCode.UNAVAILABLE, "120", 120),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "31", 31),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "99999999", 3600),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "soon", 5),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, None, 5),
        (grpc.StatusCode.INTERNAL, None, 2),
    ],
)
async def test_the_wait_that_the_engine_names_is_passed_on(
    candidate: Candidate, service: Service, fault: grpc.StatusCode, told: str | None, waits: int
) -> None:
    interview = (await candidate.started())["id"]
    service.script.fault, service.script.retry_after_seconds = fault, told
    failed = await candidate.say(interview, ANSWER)
    problem(503, "engine_unavailable", failed)
    assert failed.headers["retry-after"] == str(waits)


async def test_an_interview_whose_budget_is_spent_says_so_and_can_be_ended(
    candidate: Candidate, service: Service
) -> None:
    interview = (await candidate.started())["id"]
    await candidate.answered(interview, ANSWER)
    service.script.fault, service.script.reason = grpc.StatusCode.RESOURCE_EXHAUSTED, "MODEL_BUDGET_SPENT"
    refused = await candidate.say(interview, f"{ANSWER} It grows when it is full.")
    problem(409, "interview_budget_spent", refused)
    assert "retry-after" not in refused.headers
    service.script.failing = "EvaluateAnswer"
    ended = await candidate.end(interview)
    assert (ended["state"], ended["report"]["assessed_answers"]) == ("completed", 1)
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert [turn["answer"] and turn["answer"]["evaluation"] is None for turn in read["transcript"]] == [False, True]


async def test_a_budget_that_holds_no_further_question_ends_the_questions(
    candidate: Candidate, service: Service
) -> None:
    interview = (await candidate.started())["id"]
    service.script.asks_next = False
    service.script.fault, service.script.reason = grpc.StatusCode.RESOURCE_EXHAUSTED, "MODEL_BUDGET_SPENT"
    service.script.failing = "GenerateNextQuestion"
    reply = await candidate.answered(interview, ANSWER)
    assert (reply["next_question"], reply["progress"]["remaining"]) == (None, 0)
    problem(409, "questions_finished", await candidate.http.post(f"/interviews/{interview}/questions/next"))
