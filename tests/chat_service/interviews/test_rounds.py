"""Rounds: suggested by job, held in order, each with its score."""

import asyncio
import json
from typing import Any

import grpc
import jsonschema
import pytest

from chat_service.interviews.round_plans import PLANS, Seniority, suggest_rounds
from chat_service.interviews.round_types import RoundType
from protos.interview_engine.v1 import question_pb2 as questions
from tests.chat_service.conftest import Candidate, Service, expect, problem
from tests.waiting import are, until

ANSWER = "A hash table stores each key in a bucket, so that lookups are O(1) on average, said for {}."
ROUNDS = [
    {"name": "Technical Round", "type": "technical", "duration_minutes": 45, "question_count": 2},
    {"name": "System Design", "type": "system_design", "question_count": 1, "focus_areas": ["Scaling"]},
]


async def in_rounds(candidate: Candidate) -> tuple[str, list[str]]:
    """An interview in two rounds: its id and theirs."""
    interview = (await candidate.create(rounds=ROUNDS))["id"]
    listed = expect(200, await candidate.http.get(f"/interviews/{interview}/rounds"))["rounds"]
    assert [(one["number"], one["name"], one["state"]) for one in listed] == [
        (1, "Technical Round", "pending"),
        (2, "System Design", "pending"),
    ]
    return interview, [one["id"] for one in listed]


async def start(candidate: Candidate, interview: str, one: str) -> dict[str, Any]:
    return dict(expect(200, await candidate.http.post(f"/interviews/{interview}/rounds/{one}/start")))


async def complete(candidate: Candidate, interview: str, one: str) -> dict[str, Any]:
    return dict(expect(200, await candidate.http.post(f"/interviews/{interview}/rounds/{one}/complete")))


async def test_an_interview_is_held_round_by_round_and_its_report_covers_all(
    candidate: Candidate, service: Service
) -> None:
    interview, (first, second) = await in_rounds(candidate)
    started = await start(candidate, interview, first)
    assert started["round"]["state"] == "in_progress"
    ids = [one["question"]["id"] for one in started["questions"]]
    assert {one["question"]["round_id"] for one in started["questions"]} == {first}
    await candidate.answered(interview, ANSWER.format("two"), question_id=ids[1])
    service.script.score = 50
    await candidate.answered(interview, ANSWER.format("one"), question_id=ids[0])
    done = await complete(candidate, interview, first)
    assert (done["round"]["score"], done["round"]["state"]) == (61.2, "completed")
    assert done["next_round"]["id"] == second
    assert await complete(candidate, interview, first) == done
    problem(409, "round_not_started", await candidate.say(interview, ANSWER))
    asked = len(service.script.asked)
    [design] = (await start(candidate, interview, second))["questions"]
    assert service.script.asked[asked].context.domain == questions.DOMAIN_HLD
    assert list(service.script.asked[asked].context.focus_areas) == ["Scaling"]
    await candidate.answered(interview, ANSWER.format("design"), question_id=design["question"]["id"])
    last = await complete(candidate, interview, second)
    assert (last["round"]["score"], last["next_round"]) == (50, None)
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert read["state"] == "in_progress"
    assert (await candidate.end(interview))["report"]["assessed_answers"] == 3


async def test_a_round_that_is_completed_while_its_interview_ends_gives_its_score(
    candidate: Candidate, service: Service
) -> None:
    interview, (first, _) = await in_rounds(candidate)
    await start(candidate, interview, first)
    await candidate.answered(interview, ANSWER.format("one"))
    service.script.delay = 1.0
    ending = asyncio.ensure_future(candidate.end(interview))
    await until(lambda: are(service.script.reported))
    assert (await complete(candidate, interview, first))["round"]["score"] is not None
    await ending


async def test_rounds_are_started_in_order_and_once(candidate: Candidate) -> None:
    interview, (first, second) = await in_rounds(candidate)
    out = await candidate.http.post(f"/interviews/{interview}/rounds/{second}/start")
    assert problem(409, "round_out_of_order", out)["round_id"] == first
    problem(409, "round_not_started", await candidate.http.post(f"/interviews/{interview}/rounds/{first}/complete"))
    problem(409, "interview_has_rounds", await candidate.http.post(f"/interviews/{interview}/start"))
    replies = await asyncio.gather(*(start(candidate, interview, first) for _ in range(3)))
    assert replies[0]["questions"] == replies[1]["questions"] == replies[2]["questions"]
    problem(
        409,
        "interview_has_rounds",
        await candidate.http.post(f"/interviews/{interview}/questions", json={"count": 1}),
    )
    await complete(candidate, interview, first)
    problem(409, "round_completed", await candidate.http.post(f"/interviews/{interview}/rounds/{first}/start"))
    problem(404, "round_not_found", await candidate.http.post(f"/interviews/{interview}/rounds/{interview}/start"))


async def test_completing_a_round_grades_its_pending_answer_and_closes_the_rest(
    candidate: Candidate, service: Service
) -> None:
    interview, (first, second) = await in_rounds(candidate)
    ids = [one["question"]["id"] for one in (await start(candidate, interview, first))["questions"]]
    service.script.fault = grpc.StatusCode.INTERNAL
    problem(503, "engine_unavailable", await candidate.say(interview, ANSWER, question_id=ids[1]))
    url = f"/interviews/{interview}/rounds/{first}/complete"
    problem(503, "engine_unavailable", await candidate.http.post(url))
    service.script.fault = None
    assert (await complete(candidate, interview, first))["round"]["score"] == 72.5
    problem(409, "question_closed", await candidate.say(interview, ANSWER.format("late"), question_id=ids[0]))
    listed = expect(200, await candidate.http.get(f"/interviews/{interview}/questions"))["questions"]
    assert [one["status"] for one in listed] == ["closed", "answered"]
    design = (await start(candidate, interview, second))["questions"][0]["question"]["id"]
    said = await candidate.answered(interview, ANSWER.format("design"), question_id=design)
    assert (said["progress"]["open_questions"], said["progress"]["questions_asked"]) == (0, 3)
    assert (await candidate.answered(interview, ANSWER.format("design"), question_id=design)) == said


async def test_ending_completes_the_round_under_way_and_skips_the_others(candidate: Candidate) -> None:
    interview, (first, _) = await in_rounds(candidate)
    await start(candidate, interview, first)
    await candidate.answered(interview, ANSWER.format("one"))
    await candidate.end(interview)
    listed = expect(200, await candidate.http.get(f"/interviews/{interview}/rounds"))["rounds"]
    assert [(one["state"], one["score"]) for one in listed] == [("completed", 72.5), ("skipped", None)]


async def test_follow_ups_leave_room_for_the_rounds_to_come(candidate: Candidate, service: Service) -> None:
    service.script.follows_up = True
    rounds = [{**ROUNDS[0], "question_count": count} for count in (20, 20, 9)]
    interview = (await candidate.create(rounds=rounds))["id"]
    listed = expect(200, await candidate.http.get(f"/interviews/{interview}/rounds"))["rounds"]
    await start(candidate, interview, listed[0]["id"])
    first = await candidate.answered(interview, ANSWER.format("one"))
    assert (first["follow_up"]["number"], first["progress"]["question_limit"]) == (21, 50)
    assert (await candidate.answered(interview, ANSWER.format("two")))["follow_up"] is None
    for one in listed:
        await start(candidate, interview, one["id"])
        await complete(candidate, interview, one["id"])
    read = expect(200, await candidate.http.get(f"/interviews/{interview}"))
    assert read["questions_asked"] == 50


async def test_a_round_without_an_answer_has_no_score(candidate: Candidate) -> None:
    interview, (first, _) = await in_rounds(candidate)
    await start(candidate, interview, first)
    assert (await complete(candidate, interview, first))["round"]["score"] is None


@pytest.mark.parametrize("rounds", [[{**ROUNDS[0], "question_count": 20}] * 3, [{**ROUNDS[0], "type": "chess"}]])
async def test_rounds_that_no_interview_can_have_are_refused(candidate: Candidate, rounds: list[Any]) -> None:
    body = {"domain": "role", "difficulty": "medium", "rounds": rounds}
    problem(422, "validation_failed", await candidate.http.post("/interviews", json=body))


async def test_rounds_are_suggested_for_a_job(candidate: Candidate) -> None:
    job = {"job_role": "Senior Software Engineer", "job_description": "Lead backend development team"}
    body = expect(200, await candidate.http.post("/interviews/rounds/suggestions", json=job))
    assert (body["family"], body["seniority"]) == ("software_engineering", "senior")
    assert body["rounds"][0] == {
        "name": "HR Screening",
        "type": "hr",
        "question_count": 5,
        "duration_minutes": 20,
        "description": "Initial screening to assess background and cultural fit",
        "focus_areas": ["Background", "Motivation", "Culture fit", "Expectations"],
    }
    created = await candidate.create(domain="role", rounds=body["rounds"])
    assert created["question_limit"] == sum(one["question_count"] for one in body["rounds"])
    assert created["duration_minutes"] == sum(one["duration_minutes"] for one in body["rounds"])


@pytest.mark.parametrize(
    ("role", "description", "level", "family", "seniority"),
    [
        ("Junior Frontend Developer", None, None, "frontend", "junior"),
        ("Data Scientist", "Six people, 7+ years of experience", None, "data_science", "senior"),
        ("Site Reliability Engineer", None, "3 years", "devops_sre", "mid"),
        ("Staff Engineer", None, None, "software_engineering", "lead"),
        ("Engineering Manager", None, "senior", "engineering_management", "senior"),
        ("Pâtissier", "", "", "software_engineering", "mid"),
    ],
)
def test_the_family_and_the_seniority_are_read_from_what_is_said(
    role: str, description: str | None, level: str | None, family: str, seniority: str
) -> None:
    suggested = suggest_rounds(role, job_description=description, experience_level=level)
    assert (suggested.family, suggested.seniority) == (family, Seniority(seniority))
    assert suggested.rounds[0].type is RoundType.HR


def test_the_plans_fit_their_schema_and_name_only_rounds_that_there_are() -> None:
    data = json.loads(PLANS.read_text("utf-8"))
    jsonschema.validate(data, json.loads(PLANS.with_suffix(".schema.json").read_text("utf-8")))
    named = {name for family in data["families"] for names in family["rounds"].values() for name in names}
    assert named == set(data["rounds"])
    assert {one["type"] for one in data["rounds"].values()} == set(RoundType)
    for family in data["families"]:
        for names in family["rounds"].values():
            assert sum(data["rounds"][name]["question_count"] for name in names) <= 50
