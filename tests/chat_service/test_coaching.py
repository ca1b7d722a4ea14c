"""The native endpoints of coaching, over HTTP and gRPC."""

from collections.abc import Awaitable, Callable

import grpc
import pytest

from chat_service.coaching.coaching import LEVELS
from chat_service.engine.models import Difficulty
from protos.interview_engine.v1 import coaching_pb2 as coaching
from protos.interview_engine.v1 import question_pb2 as questions
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem

QUESTION = "Tell me about a time you faced a difficult technical challenge."
ANSWER = "I once had to optimize a database query. I created indexes. This reduced the time to under a second."
WISH = {"job_role": "Data Scientist", "skill": "Machine Learning", "difficulty": "intermediate"}


async def test_an_answer_is_read_element_by_element(candidate: Candidate, service: Service) -> None:
    body = {"question": QUESTION, "answer": ANSWER, "framework": "star"}
    reply = expect(200, await candidate.http.post("/coaching/feedback", json=body))
    assert (reply["framework"], reply["framework_chosen"], reply["framework_reason"]) == ("star", False, None)
    assert reply["not_assessable_reason"] is None
    assert {one["id"]: one["status"] for one in reply["elements"]} == {
        "situation": "partially",
        "task": "missing",
        "action": "well",
        "result": "partially",
    }
    quote = reply["elements"][0]["quotes"][0]
    assert ANSWER[quote["start"] : quote["end"]] == quote["quote"]
    assert reply["delivery"]["word_count"] == len(ANSWER.split())
    assert service.script.coach.answers[0].framework == coaching.FRAMEWORK_STAR


async def test_without_a_framework_the_engine_chooses_and_an_empty_answer_has_no_verdicts(candidate: Candidate) -> None:
    body = {"question": QUESTION, "answer": ""}
    reply = expect(200, await candidate.http.post("/coaching/feedback", json=body))
    assert reply["framework_chosen"]
    assert reply["framework_reason"]
    assert reply["not_assessable_reason"] == "empty"
    assert {one["status"] for one in reply["elements"]} == {None}


@pytest.mark.parametrize(
    "change",
    [{"question": " "}, {"answer": None}, {"answer": "a" * 20_001}, {"framework": "smart"}, {"question": "q" * 2_001}],
)
async def test_a_wrong_field_is_named(candidate: Candidate, change: dict[str, str | None]) -> None:
    body = {"question": QUESTION, "answer": ANSWER, **change}
    refused = problem(422, "validation_failed", await candidate.http.post("/coaching/feedback", json=body))
    assert refused["fields"][0]["field"] in change


async def test_a_practice_question_comes_with_guidance_and_a_reference_only_on_request(
    candidate: Candidate, service: Service
) -> None:
    reply = expect(200, await candidate.http.post("/coaching/practice-questions", json=WISH))
    assert reply["question"]["id"] == "practice-1"
    assert reply["question"]["difficulty"] == "medium"
    assert reply["guidance"]["key_points"] == ["Resampling balances the classes."]
    assert reply["guidance"]["structure"]
    assert (reply["match"], reply["reference_answer"]) == ("skill", None)
    asked = {**WISH, "include_reference": True}
    assert expect(200, await candidate.http.post("/coaching/practice-questions", json=asked))["reference_answer"]
    assert service.script.coach.wishes[0].difficulty == questions.DIFFICULTY_MEDIUM


async def test_what_one_user_was_given_is_told_to_the_engine_and_nobody_elses(
    join: Callable[[], Awaitable[Candidate]], service: Service
) -> None:
    one, other = await join(), await join()
    service.script.coach.source = questions.QUESTION_SOURCE_MODEL
    for _ in range(2):
        expect(200, await one.http.post("/coaching/practice-questions", json=WISH))
    expect(200, await other.http.post("/coaching/practice-questions", json=WISH))
    told = service.script.coach.wishes
    assert [list(wish.seen_keys) for wish in told] == [[], ["practice-1"], []]
    assert [len(wish.seen_texts) for wish in told] == [0, 1, 0]


async def test_what_a_user_was_given_is_forgotten_with_the_account(candidate: Candidate, service: Service) -> None:
    expect(200, await candidate.http.post("/coaching/practice-questions", json=WISH))
    user = expect(200, await candidate.http.get("/profile/me"))["id"]
    assert await service.core.redis.ttl(f"practice:{user}") > 0
    gone = await candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD})
    assert gone.status_code == 204, gone.text
    assert await service.core.redis.exists(f"practice:{user}") == 0


async def test_a_wish_for_nothing_is_refused(candidate: Candidate) -> None:
    for body in ({}, {"skill": " "}, {"skill": "SQL", "difficulty": "impossible"}):
        problem(422, "validation_failed", await candidate.http.post("/coaching/practice-questions", json=body))


@pytest.mark.parametrize("path", ["feedback", "practice-questions"])
async def test_an_engine_that_fails_is_told_with_the_time_to_wait(
    candidate: Candidate, service: Service, path: str
) -> None:
    service.script.fault = grpc.StatusCode.RESOURCE_EXHAUSTED
    service.script.retry_after_seconds = "7"
    body = {"question": QUESTION, "answer": ANSWER, **WISH}
    response = await candidate.http.post(f"/coaching/{path}", json=body)
    refused = problem(503, "engine_unavailable", response)
    assert response.headers["Retry-After"] == "7"
    assert "is kept; send it again" in refused["detail"]


async def test_an_answer_that_costs_too_much_is_refused_for_good(candidate: Candidate, service: Service) -> None:
    service.script.fault, service.script.reason = grpc.StatusCode.RESOURCE_EXHAUSTED, "MODEL_BUDGET_SPENT"
    body = {"question": QUESTION, "answer": ANSWER}
    problem(409, "coaching_budget_spent", await candidate.http.post("/coaching/feedback", json=body))


@pytest.fixture
def limits(environment: pytest.MonkeyPatch) -> None:
    """Two answers a minute."""
    for name, value in {"S": "on", "_ANSWERS": "2", "_AUTHENTICATION": "100"}.items():
        environment.setenv(f"RATE_LIMIT{name}", value)


@pytest.mark.usefixtures("limits")
async def test_coaching_is_limited_as_answers_are(join: Callable[[], Awaitable[Candidate]]) -> None:
    candidate = await join()
    for _ in range(5):  # more than twice the limit, since a minute may end in between
        response = await candidate.http.post("/coaching/feedback", json={"question": QUESTION, "answer": ANSWER})
    response = await candidate.http.post("/coaching/practice-questions", json=WISH)
    problem(429, "rate_limited", response)
    assert response.headers["Retry-After"]


async def test_coaching_needs_a_user(service: Service, candidate: Candidate) -> None:
    del candidate.http.headers["Authorization"]
    problem(401, "token_missing", await candidate.http.post("/coaching/practice-questions", json=WISH))


def test_a_learners_words_name_the_difficulties() -> None:
    assert {LEVELS[name] for name in ("beginner", "intermediate", "advanced", "expert")} == set(Difficulty)
