"""What belongs to somebody else does not exist, to the letter of the answer."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from chat_service.contracts.native.app import make_app
from chat_service.contracts.native.documentation import operations
from tests.chat_service.conftest import Candidate, expect, problem

BODIES: dict[str, Any] = {
    "POST /interviews/{interview_id}/messages": {"content": "An answer to somebody else's question."},
    "POST /interviews/{interview_id}/questions": {"count": 1},
    "PUT /interviews/{interview_id}/questions/{question_id}/transcript": {"text": "Words that are not mine."},
    "PATCH /interviews/{interview_id}": {"title": "Mine now"},
    "PUT /schedules/{interview_id}/reschedule": {"scheduled_at": "2035-06-01T09:00:00Z"},
}
PART = uuid4()
OF_ONE_INTERVIEW = [name for name, _ in operations(make_app().openapi()) if "{interview_id}" in name]


@pytest.mark.parametrize("operation", OF_ONE_INTERVIEW)
async def test_a_foreign_interview_and_none_at_all_get_the_same_answer(join: Callable[[], Any], operation: str) -> None:
    owner: Candidate = await join()
    stranger: Candidate = await join()
    foreign = (await owner.started())["id"]
    before = expect(200, await owner.http.get(f"/interviews/{foreign}"))
    method, path = operation.split(" ")
    answers = []
    for identifier in (foreign, str(uuid4())):
        url = path.format(interview_id=identifier, question_id=PART, round_id=PART)
        reply = await stranger.http.request(method, url, json=BODIES.get(operation))
        body = problem(404, "interview_not_found", reply)
        assert set(reply.headers) == {"content-type", "content-length", "date", "x-request-id"}
        answers.append({**body, "request_id": "", "instance": body["instance"].replace(identifier, "")})
    assert answers[0] == answers[1]
    assert expect(200, await owner.http.get(f"/interviews/{foreign}")) == before


async def test_lists_hold_ones_own_interviews_only(join: Callable[[], Any]) -> None:
    owner, stranger = await join(), await join()
    await owner.create(scheduled_at="2035-06-01T09:00:00Z")
    for path in ("/interviews", "/schedules/upcoming"):
        assert len(expect(200, await owner.http.get(path))["interviews"]) == 1
        assert expect(200, await stranger.http.get(path))["interviews"] == []


async def test_the_platforms_figures_are_for_administrators(candidate: Candidate) -> None:
    problem(403, "admin_required", await candidate.http.get("/admin/analytics"))
