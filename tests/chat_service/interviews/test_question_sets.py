"""Question sets: chosen up front, answered in any order, each question exactly once."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from chat_service.engine.models import Domain
from chat_service.interviews.round_types import QuestionCategory, category_of, domain_of
from protos.interview_engine.v1 import question_pb2 as questions
from tests.chat_service.conftest import Candidate, Service, expect, problem

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average, said for {}."


async def prepared(candidate: Candidate, count: int = 3, **wanted: Any) -> tuple[str, list[str]]:
    """An interview with a set of questions: its id and theirs."""
    interview = (await candidate.create())["id"]
    reply = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": count, **wanted})
    return interview, [one["question"]["id"] for one in expect(201, reply)["questions"]]


async def statuses(candidate: Candidate, interview: str) -> list[str]:
    listed = expect(200, await candidate.http.get(f"/interviews/{interview}/questions"))
    return [one["status"] for one in listed["questions"]]


async def test_a_set_starts_the_interview_and_hides_what_a_full_answer_says(candidate: Candidate) -> None:
    interview = (await candidate.create(job_role="Backend Engineer"))["id"]
    wanted = {"count": 4, "categories": ["behavioral", "technical"], "difficulty": "hard", "skills": ["python"]}
    body = expect(201, await candidate.http.post(f"/interviews/{interview}/questions", json=wanted))
    assert (body["interview"]["state"], body["interview"]["prepared"]) == ("in_progress", True)
    assert (body["interview"]["questions_asked"], body["interview"]["question_limit"]) == (4, 4)
    shown = [one["question"] for one in body["questions"]]
    assert [one["number"] for one in shown] == [1, 2, 3, 4]
    assert [one["category"] for one in shown] == ["behavioral", "technical"] * 2
    assert [one["domain"] for one in shown] == ["behavioral", "dsa"] * 2
    assert {one["difficulty"] for one in shown} == {"hard"}
    assert len({one["text"] for one in shown}) == 4
    assert {(one["expected_points"], one["reference_answer"], one["status"]) for one in body["questions"]} == {
        (None, None, "open")
    }


async def test_each_question_of_a_set_is_chosen_with_those_before_it_in_view(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    await candidate.answered(interview, ANSWER.format("one"), question_id=ids[0])
    expect(201, await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 1}))
    asked = service.script.asked
    assert [len(one.turns) for one in asked] == [0, 1, 2, 3]
    assert [one.turns[-1].question.text for one in asked[1:]] == [
        f"Question {number}: how does a hash table work, and what does it cost?" for number in (1, 2, 3)
    ]
    assert list(asked[-1].seen_keys) == ["scripted-1", "scripted-2", "scripted-3"]
    # The grade counts for the difficulty, and no follow-up takes the place of a new subject.
    assert [one.HasField("evaluation") for one in asked[-1].turns] == [True, False, False]


async def test_the_questions_of_a_set_are_answered_in_any_order(candidate: Candidate, service: Service) -> None:
    interview, ids = await prepared(candidate)
    last = await candidate.answered(interview, ANSWER.format("three"), question_id=ids[2])
    assert (last["question"]["id"], last["next_question"]["id"]) == (ids[2], ids[0])
    assert last["progress"]["open_questions"] == 2
    first = await candidate.answered(interview, ANSWER.format("one"))
    assert (first["question"]["id"], first["next_question"]["id"]) == (ids[0], ids[1])
    assert await statuses(candidate, interview) == ["answered", "open", "answered"]
    read = expect(200, await candidate.http.get(f"/interviews/{interview}/questions/{ids[0]}"))
    assert read["expected_points"]
    assert read["answer"]["evaluation"]["score"] == 72.5
    second = await candidate.answered(interview, ANSWER.format("two"))
    assert second["next_question"] is None
    problem(409, "questions_finished", await candidate.say(interview, ANSWER.format("four")))
    assert (await candidate.end(interview))["report"]["assessed_answers"] == 3
    assert not any(one.HasField("next_question") for one in service.script.evaluated)


async def test_answers_to_two_open_questions_at_once_are_both_graded_once(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    service.script.delay = 0.2
    replies = await asyncio.gather(
        *(candidate.say(interview, ANSWER.format(one), question_id=one) for one in reversed(ids))
    )
    assert {expect(200, one)["question"]["id"] for one in replies} == set(ids)
    assert await statuses(candidate, interview) == ["answered"] * 3
    assert len(service.script.evaluated) == 3
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert (read["answers_recorded"], read["current_question"]) == (3, None)


async def test_of_many_answers_to_one_question_of_a_set_exactly_one_is_taken(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    service.script.delay = 0.2
    replies = await asyncio.gather(
        *(candidate.say(interview, ANSWER.format(tab), question_id=ids[1]) for tab in range(6))
    )
    assert [one.status_code for one in replies].count(200) == 1
    assert {one.json()["code"] for one in replies if one.status_code != 200} <= {
        "answer_in_flight",
        "question_answered",
    }
    assert len(service.script.evaluated) == 1
    assert await statuses(candidate, interview) == ["open", "answered", "open"]


async def test_an_answer_of_a_set_that_cannot_be_graded_stays_pending_while_others_go_on(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    service.script.fault = grpc.StatusCode.INTERNAL
    problem(503, "engine_unavailable", await candidate.say(interview, ANSWER.format("two"), question_id=ids[1]))
    service.script.fault = None
    assert await statuses(candidate, interview) == ["open", "pending", "open"]
    problem(409, "answer_pending", await candidate.say(interview, "Something else altogether.", question_id=ids[1]))
    await candidate.answered(interview, ANSWER.format("three"), question_id=ids[2])
    resumed = await candidate.answered(interview, ANSWER.format("two"), question_id=ids[1])
    assert (resumed["question"]["id"], resumed["next_question"]["id"]) == (ids[1], ids[0])
    assert resumed["seconds_taken"] is not None


async def test_ending_grades_every_pending_answer_of_a_set(candidate: Candidate, service: Service) -> None:
    interview, ids = await prepared(candidate)
    service.script.fault, service.script.failing = grpc.StatusCode.INTERNAL, "EvaluateAnswer"
    for one in ids[:2]:
        problem(503, "engine_unavailable", await candidate.say(interview, ANSWER.format(one), question_id=one))
    service.script.fault = None
    ended = await candidate.end(interview)
    assert ended["report"]["assessed_answers"] == 2
    assert await statuses(candidate, interview) == ["answered", "answered", "open"]


async def test_an_answer_sent_again_gets_the_same_grade_and_a_changed_one_is_refused(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    first = await candidate.answered(interview, ANSWER.format("two"), question_id=ids[1])
    assert (await candidate.answered(interview, ANSWER.format("two"), question_id=ids[1])) == first
    assert (await candidate.answered(interview, ANSWER.format("two")))["answer_id"] == first["answer_id"]
    problem(409, "question_answered", await candidate.say(interview, "Another text by now.", question_id=ids[1]))
    assert len(service.script.evaluated) == 1
    url, headers = f"/interviews/{interview}/messages", {"Idempotency-Key": "k"}
    body = {"content": ANSWER.format("three"), "question_id": ids[2]}
    replies = [await candidate.http.post(url, json=body, headers=headers) for _ in range(2)]
    assert expect(200, replies[0]) == expect(200, replies[1])
    assert len(service.script.evaluated) == 2


async def test_a_missed_point_adds_at_most_two_follow_ups_to_a_main_question(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate, 2, follow_ups=True)
    service.script.follows_up = True
    answered = await candidate.answered(interview, ANSWER.format("one"), question_id=ids[0])
    probe = answered["follow_up"]
    assert (probe["kind"], probe["follow_up_to"], probe["number"]) == ("follow_up", ids[0], 3)
    assert answered["next_question"]["id"] == ids[1]
    assert answered["progress"]["question_limit"] == answered["progress"]["questions_asked"] == 3
    assert answered["progress"]["open_questions"] == 2
    again = await candidate.answered(interview, ANSWER.format("one"), question_id=ids[0])
    assert again["follow_up"] == probe
    second = await candidate.answered(interview, ANSWER.format("probe"), question_id=probe["id"])
    assert second["follow_up"]["number"] == 4
    third = await candidate.answered(interview, ANSWER.format("probe two"), question_id=second["follow_up"]["id"])
    assert third["follow_up"] is None
    assert [one.HasField("next_question") for one in service.script.evaluated] == [True, True, False]
    assert all(one.next_question.follow_up_only for one in service.script.evaluated[:2])


async def test_a_question_of_another_domain_is_graded_in_its_own(candidate: Candidate, service: Service) -> None:
    interview, ids = await prepared(candidate, 1, categories=["system_design"])
    await candidate.answered(interview, ANSWER.format("one"), question_id=ids[0])
    assert service.script.evaluated[0].question.domain == questions.DOMAIN_HLD
    assert service.script.evaluated[0].context.domain == questions.DOMAIN_HLD


async def test_a_set_is_added_to_an_interview_that_asks_by_itself(candidate: Candidate) -> None:
    interview = await candidate.started()
    body = expect(201, await candidate.http.post(f"/interviews/{interview['id']}/questions", json={"count": 2}))
    assert [one["question"]["number"] for one in body["questions"]] == [2, 3]
    first = await candidate.answered(interview["id"], ANSWER.format("one"))
    assert first["question"]["id"] == interview["current_question"]["id"]
    assert first["next_question"]["id"] == body["questions"][0]["question"]["id"]


async def test_two_sets_at_once_never_ask_the_same_question_as_new(join: Callable[[], Any], service: Service) -> None:
    candidate: Candidate = await join()
    interviews = [(await candidate.create())["id"] for _ in range(3)]
    service.script.delay = 0.02
    sets = await asyncio.gather(
        *(candidate.http.post(f"/interviews/{one}/questions", json={"count": 3}) for one in interviews)
    )
    texts = [one["question"]["text"] for reply in sets for one in expect(201, reply)["questions"]]
    assert len(texts) == len(set(texts)) == 9


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": 21}, {"count": "3"}, {"count": 2.5}, {"follow_ups": "yes"}, {"follow_ups": 1}]
)
async def test_a_set_with_a_wrong_count_or_flag_is_refused(candidate: Candidate, wrong: dict[str, Any]) -> None:
    interview = (await candidate.create())["id"]
    refused = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 2, **wrong})
    assert [one["field"] for one in problem(422, "validation_failed", refused)["fields"]] == [*wrong]


async def test_an_interview_takes_fifty_questions_at_most(candidate: Candidate) -> None:
    interview, _ = await prepared(candidate, 20)
    expect(201, await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 20}))
    refused = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 11})
    assert problem(422, "validation_failed", refused)["fields"][0]["field"] == "count"


async def test_a_set_that_cannot_be_chosen_leaves_the_interview_a_draft(candidate: Candidate, service: Service) -> None:
    interview = (await candidate.create())["id"]
    service.script.fault = grpc.StatusCode.INTERNAL
    failed = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 2})
    problem(503, "engine_unavailable", failed)
    assert expect(200, await candidate.http.get(f"/interviews/{interview}"))["state"] == "draft"
    assert await statuses(candidate, interview) == []


async def test_an_interview_that_is_over_takes_no_questions(candidate: Candidate) -> None:
    interview, ids = await prepared(candidate)
    await candidate.end(interview)
    refused = await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 1})
    problem(409, "interview_not_in_progress", refused)
    problem(409, "interview_not_in_progress", await candidate.say(interview, ANSWER, question_id=ids[0]))


async def test_the_time_is_the_servers_and_a_late_answer_is_marked_and_graded(
    candidate: Candidate, service: Service
) -> None:
    interview, ids = await prepared(candidate)
    moved = "UPDATE interviews SET turn_began_at = now() - interval '200 seconds' WHERE id = $1 RETURNING id"
    await service.core.database.fetch(moved, interview)
    late = await candidate.answered(interview, ANSWER.format("one"), time_spent_seconds=45)
    assert (late["late"], late["time_spent_seconds"], late["score"]) == (True, 45, 72.5)
    assert 200 <= late["seconds_taken"] < 260
    timely = await candidate.answered(interview, ANSWER.format("three"), question_id=ids[2])
    assert not timely["late"]
    assert timely["seconds_taken"] < 60
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert [turn["answer"]["late"] for turn in read["transcript"] if turn["answer"]] == [True, False]
    reviews = (await candidate.end(interview))["report"]["question_reviews"]
    assert [(one["late"], one["seconds_taken"]) for one in reviews] == [
        (True, late["seconds_taken"]),
        (False, timely["seconds_taken"]),
    ]


def test_every_category_has_a_domain_and_every_domain_a_category() -> None:
    for domain in Domain:
        assert {domain_of(one, domain) for one in QuestionCategory} == set(Domain)
        assert category_of(domain).value in {"behavioral", "situational", "hr", "technical"}
