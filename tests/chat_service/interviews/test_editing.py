"""Changing and deleting interviews."""

from typing import Any
from uuid import UUID

import pytest

from tests.chat_service.conftest import Candidate, Service, expect, problem
from tests.contracts.playing import ANSWER


async def patch(candidate: Candidate, interview_id: str, **changes: Any) -> Any:
    return await candidate.http.patch(f"/interviews/{interview_id}", json=changes)


async def rows_of(service: Service, interview_id: str) -> int:
    """How many rows of any table name the interview, whatever their columns are called."""
    tables = await service.core.database.fetch(
        "SELECT table_name AS name FROM information_schema.tables "
        "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'alembic%'"
    )
    found = 0
    for table in tables:
        kept = await service.core.database.fetch_row(
            f'SELECT count(*) AS rows FROM "{table["name"]}" AS kept '
            "WHERE position($1 IN kept::text) > 0 OR position(encode(convert_to($1, 'UTF8'), 'hex') IN kept::text) > 0",
            interview_id,
        )
        assert kept is not None
        # The ledger of credits keeps what an interview cost.
        found += kept["rows"] if table["name"] != "credit_entries" else 0
    return found


async def test_what_is_sent_changes_and_the_rest_stays(candidate: Candidate) -> None:
    draft = await candidate.create(title="First", target_company="Acme", skills=["python"])
    changed = expect(
        200, await patch(candidate, draft["id"], title="Second", target_company=None, difficulty="hard", job_role="SRE")
    )
    assert changed == {**draft, "title": "Second", "target_company": None, "difficulty": "hard", "job_role": "SRE"}
    assert expect(200, await patch(candidate, draft["id"])) == changed
    started = await candidate.start(draft["id"])
    assert (started["title"], started["difficulty"]) == ("Second", "hard")


async def test_only_the_title_changes_once_an_interview_has_begun(candidate: Candidate) -> None:
    interview = await candidate.started()
    assert expect(200, await patch(candidate, interview["id"], title="Named later"))["title"] == "Named later"
    refused = problem(
        409,
        "interview_started",
        await patch(candidate, interview["id"], title="Not this", difficulty="easy", skills=[]),
    )
    assert [one["field"] for one in refused["fields"]] == ["difficulty", "skills"]
    assert expect(200, await candidate.http.get(f"/interviews/{interview['id']}"))["title"] == "Named later"
    await candidate.end(interview["id"])
    assert expect(200, await patch(candidate, interview["id"], title=None))["title"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain", None),
        ("difficulty", None),
        ("skills", None),
        ("question_limit", None),
        ("question_limit", 51),
        ("title", ""),
        ("title", "x" * 201),
        ("difficulty", "Hard"),
        ("duration_minutes", 4),
        ("focus_areas", ["x"] * 21),
    ],
)
async def test_a_change_to_what_cannot_be_is_refused_by_name(candidate: Candidate, field: str, value: object) -> None:
    draft = await candidate.create()
    refused = problem(422, "validation_failed", await patch(candidate, draft["id"], **{field: value}))
    assert [one["field"].split(".")[0] for one in refused["fields"]] == [field]


async def test_a_deleted_interview_leaves_nothing_behind(candidate: Candidate, service: Service) -> None:
    interview = await candidate.create(title="To be forgotten")
    for action, body in (("start", None), ("messages", {"content": ANSWER}), ("end", None)):
        headers = {"Idempotency-Key": f"{action}-{interview['id']}"}
        expect(200, await candidate.http.post(f"/interviews/{interview['id']}/{action}", json=body, headers=headers))
    assert await rows_of(service, interview["id"]) > 4
    reply = await candidate.http.delete(f"/interviews/{interview['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert await rows_of(service, interview["id"]) == 0
    problem(404, "interview_not_found", await candidate.http.get(f"/interviews/{interview['id']}"))
    problem(404, "interview_not_found", await candidate.http.delete(f"/interviews/{interview['id']}"))


async def test_a_deleted_plan_takes_its_reminders_along(candidate: Candidate, service: Service) -> None:
    planned = await candidate.create(scheduled_at="2190-06-01T09:00:00Z")
    assert await rows_of(service, planned["id"]) > 1
    assert (await candidate.http.delete(f"/interviews/{planned['id']}")).status_code == 204
    assert await rows_of(service, planned["id"]) == 0


async def test_figures_after_a_deletion_are_those_of_what_is_left(candidate: Candidate, service: Service) -> None:
    kept = await candidate.started(domain="lld")
    await candidate.answered(kept["id"], ANSWER)
    await candidate.end(kept["id"])
    mine = expect(200, await candidate.http.get("/analytics/me"))
    platform = await service.core.analytics.platform()
    deleted = await candidate.started(domain="hld")
    await candidate.answered(deleted["id"], ANSWER)
    await candidate.end(deleted["id"])
    await service.core.analytics.fold()
    assert await service.core.analytics.platform() != platform
    expect_gone = await candidate.http.delete(f"/interviews/{deleted['id']}")
    assert expect_gone.status_code == 204
    after = expect(200, await candidate.http.get("/analytics/me"))
    assert after == mine
    assert await service.core.analytics.platform() == platform


async def test_an_interview_with_work_under_way_is_not_deleted(candidate: Candidate, service: Service) -> None:
    interview = await candidate.started()
    await service.core.database.fetch(
        "UPDATE interviews SET lease_token = id, lease_until = now() + interval '6 s' WHERE id = $1",
        UUID(interview["id"]),
    )
    refused = await candidate.http.delete(f"/interviews/{interview['id']}")
    problem(409, "interview_busy", refused)
    assert refused.headers["Retry-After"] == "1"
    await service.core.database.fetch(
        "UPDATE interviews SET lease_until = now() - interval '1 s' WHERE id = $1", UUID(interview["id"])
    )
    assert (await candidate.http.delete(f"/interviews/{interview['id']}")).status_code == 204


async def test_a_question_can_be_asked_again_after_the_interview_that_had_it_first_is_deleted(
    candidate: Candidate, service: Service
) -> None:
    # The last one is chosen twice: the first try takes a place in the count that is taken.
    choices = iter([1, 2, 1, 2, 1, 2, 2])
    service.script.choose = lambda seen: next(choices)

    async def take() -> tuple[str, str, str]:
        interview = await candidate.started()
        following = (await candidate.answered(interview["id"], ANSWER))["next_question"]
        return interview["id"], interview["current_question"]["text"], following["text"]

    first, *asked = await take()
    assert (await take())[1:] == tuple(asked)
    assert (await candidate.http.delete(f"/interviews/{first}")).status_code == 204
    assert (await take())[1:] == tuple(asked)
    assert next(choices, None) is None
