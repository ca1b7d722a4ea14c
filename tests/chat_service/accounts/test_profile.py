"""The profile in full, and the end of an account."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from chat_service.accounts.identity import Role
from chat_service.accounts.resumes import ProfileResume
from chat_service.errors import AppError
from chat_service.interviews.export import other_tables
from chat_service.storage.database import Base
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem
from tests.waiting import are, until

FULL = {
    "full_name": "Ada Lovelace",
    "years_experience": 2.5,
    "experience_level": "mid",
    "skills": ["Python", "PostgreSQL"],
    "tech_stacks": ["angular"],
    "target_role": "SDE-2",
    "target_company": "Any",
    "time_zone": "Europe/Berlin",
}


async def test_a_patch_changes_only_what_is_sent(candidate: Candidate) -> None:
    before = expect(200, await candidate.http.patch("/profile/me", json=FULL))
    assert {name: before[name] for name in FULL} == FULL
    changes: list[dict[str, Any]] = [
        *({"full_name": "A. L."}, {"skills": []}, {"time_zone": None}, {"tech_stacks": None}, {}),
    ]
    for change in changes:
        after = expect(200, await candidate.http.patch("/profile/me", json=change))
        expected = {**before, **change, "updated_at": after["updated_at"]}
        assert after == expected | ({"tech_stacks": []} if "tech_stacks" in change else {})
        before = after
    assert expect(200, await candidate.http.get("/profile/me")) == before


async def test_a_put_of_contract_000_leaves_what_that_contract_does_not_know(candidate: Candidate) -> None:
    expect(200, await candidate.http.patch("/profile/me", json=FULL))
    after = expect(200, await candidate.http.put("/profile/me", json={"years_experience": 3}))
    kept = {name: FULL[name] for name in ("full_name", "experience_level", "skills", "time_zone")}
    cleared = {"years_experience": 3, "tech_stacks": [], "target_role": None, "target_company": None}
    assert {name: after[name] for name in FULL} == {**kept, **cleared}


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "posixrules\x01"])
async def test_a_time_zone_has_to_exist(candidate: Candidate, name: str) -> None:
    body = problem(422, "validation_failed", await candidate.http.patch("/profile/me", json={"time_zone": name}))
    assert body["fields"][0]["field"] == "time_zone"


async def test_a_sign_up_may_bring_a_name_and_aims(anybody: httpx2.AsyncClient, service: Service) -> None:
    email = f"{uuid4().hex}@example.com"
    told = {"full_name": "Ada", "target_role": "Engineer", "experience_level": "mid"}
    made = expect(201, await anybody.post("/auth/signup", json={"email": email, "password": PASSWORD, **told}))
    profile = await service.core.profiles.get(UUID(made["id"]))
    assert {name: getattr(profile.details, name) for name in told} == told
    assert profile.credits == service.core.settings.signup_credits == 1000


async def test_an_interview_takes_skills_and_level_from_the_profile(candidate: Candidate) -> None:
    expect(200, await candidate.http.patch("/profile/me", json=FULL))
    interview = await candidate.create()
    assert (interview["skills"], interview["experience_level"]) == (FULL["skills"], "mid")


async def filled(candidate: Candidate, service: Service) -> UUID:
    """Has something of everything that an account can hold."""
    user_id = UUID(expect(200, await candidate.http.patch("/profile/me", json=FULL))["id"])
    expect(201, await candidate.http.post("/auth/api-keys", json={"name": "script"}))
    expect(200, await candidate.http.post("/auth/websocket-ticket"))
    interview = await candidate.started()
    await candidate.answered(
        interview["id"],
        "A hash map gives O(1) lookups.",
    )
    await candidate.end(interview["id"])
    open_one = await candidate.started()
    await candidate.answered(open_one["id"], "Another answer about trees.")
    await candidate.create(scheduled_at="2035-01-31T09:00:00Z")
    await candidate.http.post(
        "/interviews", json={"domain": "dsa", "difficulty": "easy"}, headers={"Idempotency-Key": "k"}
    )
    admin = await service.core.accounts.change_role(candidate.email, Role.ADMIN)
    assert admin.id == user_id
    return user_id


async def is_waited_for(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether another transaction waits for what this connection's has locked."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
    return bool(await connection.fetchval(waiting))


async def rows_of(service: Service, user_id: UUID) -> dict[str, int]:
    """How many rows lead to the user, by table, whoever defined it."""
    columns = await service.core.database.fetch(
        "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, "
        "table_name) WHERE c.table_schema = 'public' AND c.column_name = 'user_id' AND t.table_type = 'BASE TABLE'"
    )
    counts = {"users": "SELECT count(*) FROM users WHERE id = $1"} | {
        row["table_name"]: f'SELECT count(*) FROM "{row["table_name"]}" WHERE user_id = $1' for row in columns
    }
    return {table: (await service.core.database.fetch(query, user_id))[0]["count"] for table, query in counts.items()}


async def test_a_deleted_account_leaves_no_row_and_no_way_in(
    candidate: Candidate, anybody: httpx2.AsyncClient, service: Service
) -> None:
    user_id = await filled(candidate, service)
    before = await rows_of(service, user_id)
    for table in ("users", "interviews", "questions", "answers", "reports", "api_keys", "credit_entries"):
        assert before[table] > 0, table
    wrong = await candidate.http.request("DELETE", "/profile/me", json={"password": "not the password"})
    problem(403, "password_wrong", wrong)
    problem(422, "validation_failed", await candidate.http.request("DELETE", "/profile/me", json={}))
    assert await rows_of(service, user_id) == before
    gone = await candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD})
    assert (gone.status_code, gone.content) == (204, b"")
    assert set((await rows_of(service, user_id)).values()) == {0}
    problem(401, "session_ended", await candidate.http.get("/profile/me"))
    refresh = await anybody.post("/auth/refresh", json={"refresh_token": candidate.refresh_token})
    problem(401, "refresh_token_invalid", refresh)
    login = await anybody.post("/auth/login", json={"email": candidate.email, "password": PASSWORD})
    problem(401, "credentials_invalid", login)
    expect(201, await anybody.post("/auth/signup", json={"email": candidate.email, "password": PASSWORD}))


async def test_an_account_that_is_deleted_while_interviews_start_goes_entirely(
    candidate: Candidate, service: Service
) -> None:
    user_id = UUID(expect(200, await candidate.http.get("/profile/me"))["id"])
    drafts = [(await candidate.create(job_role=f"Role {number}"))["id"] for number in range(4)]
    starts = [candidate.http.post(f"/interviews/{one}/start") for one in drafts]
    deletion = candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD})
    replies = await asyncio.gather(*starts, deletion)
    assert all(reply.status_code in {200, 204, 401, 403, 404, 503} for reply in replies), replies
    if replies[-1].status_code != 204:
        await service.core.accounts.delete(user_id)
    assert set((await rows_of(service, user_id)).values()) == {0}


async def test_an_answer_whose_account_is_deleted_while_it_is_graded_is_told_that_nothing_is_left(
    candidate: Candidate, service: Service
) -> None:
    interview = (await candidate.started())["id"]
    service.script.delay = 1.0
    said = asyncio.ensure_future(candidate.say(interview, "A hash table finds a key in constant time on average."))
    await until(lambda: are(service.script.evaluated))
    gone = await candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD})
    assert gone.status_code == 204
    problem(404, "interview_not_found", await said)


async def test_a_deletion_that_another_transaction_stands_against_is_tried_again(
    candidate: Candidate, service: Service, database_url: str
) -> None:
    user_id = UUID(expect(200, await candidate.http.get("/profile/me"))["id"])
    interview = UUID((await candidate.started())["id"])
    other = await asyncpg.connect(database_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT FROM interviews WHERE id = $1 FOR UPDATE", interview)
        gone = asyncio.ensure_future(candidate.http.request("DELETE", "/profile/me", json={"password": PASSWORD}))
        await until(lambda: is_waited_for(other))
        # The deletion holds the user and waits for the interview. The server ends whichever waited first.
        with suppress(asyncpg.DeadlockDetectedError):
            await other.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", user_id)
        await transaction.rollback()
    finally:
        await other.close()
    assert (await gone).status_code == 204
    assert set((await rows_of(service, user_id)).values()) == {0}


async def test_an_interview_of_an_account_that_goes_at_that_moment_is_refused_as_its_token_is(
    candidate: Candidate, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = service.core.resumes.find

    async def find_then_delete(user_id: UUID) -> ProfileResume | None:
        found = await find(user_id)
        await service.core.accounts.delete(user_id)
        return found

    monkeypatch.setattr(service.core.resumes, "find", find_then_delete)
    problem(401, "account_gone", await candidate.http.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}))


async def test_an_unknown_account_cannot_be_deleted(service: Service) -> None:
    with pytest.raises(AppError, match="no such user"):
        await service.core.accounts.delete(uuid4())


async def test_an_unknown_account_gets_no_number(service: Service) -> None:
    with pytest.raises(AppError) as refusal:
        await service.core.numbers.of_user(uuid4())
    assert refusal.value.reason == "account_gone"


async def test_the_export_holds_all_that_is_kept_and_no_secret(candidate: Candidate, service: Service) -> None:
    user_id = await filled(candidate, service)
    reply = await candidate.http.get("/profile/me/export")
    assert reply.headers["content-disposition"] == 'attachment; filename="mock-interview.json"'
    kept: dict[str, Any] = expect(200, reply)
    rows = await rows_of(service, user_id)
    assert kept["account"]["email"] == candidate.email
    assert {name: kept["profile"][name] for name in FULL} == FULL
    assert sum(one["amount"] for one in kept["credits"]["entries"]) == kept["credits"]["balance"] == 998
    assert [one["name"] for one in kept["api_keys"]] == ["script"]
    assert len(kept["interviews"]) == rows["interviews"]
    turns = [turn for one in kept["interviews"] for turn in one["transcript"]]
    assert len(turns) == rows["questions"]
    assert sum(turn["answer"] is not None for turn in turns) == rows["answers"]
    assert sum(one["report"] is not None for one in kept["interviews"]) == rows["reports"]
    assert {name: len(found) for name, found in kept["records"].items()} == {
        table.name: rows[table.name] for table in other_tables()
    }
    (stored,) = await service.core.database.fetch(
        "SELECT password_hash, encode(digest, 'hex') AS digest FROM users u JOIN api_keys k ON k.user_id = u.id "
        "WHERE u.id = $1",
        user_id,
    )
    assert not any(secret in reply.text for secret in stored.values())
    assert "mik_" in kept["api_keys"][0]["prefix"]


async def test_an_export_is_written_interview_by_interview(candidate: Candidate, service: Service) -> None:
    user_id = UUID(expect(200, await candidate.http.get("/profile/me"))["id"])
    for number in range(23):
        await candidate.create(title=f"Number {number}")
    pieces = [piece async for piece in service.core.export.of(user_id)]
    assert max(map(len, pieces)) < 3000
    whole = json.loads(b"".join(pieces))
    assert [one["interview"]["title"] for one in whole["interviews"]] == [f"Number {n}" for n in reversed(range(23))]


def test_every_table_of_users_is_shown_in_the_export_or_said_to_be_elsewhere() -> None:
    of_users = {table.name for table in Base.metadata.sorted_tables if "user_id" in table.c}
    named = {table.name for table in other_tables()}
    assert of_users - named == {
        "api_keys",
        "credit_entries",
        "interviews",
        "questions",
        "answers",
        "reports",
        "idempotency_keys",
    }
