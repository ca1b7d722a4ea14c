"""Pages of interviews: complete, in order, and without duplicates while new ones come."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.chat_service.conftest import Candidate, Service, expect, problem


async def walk(candidate: Candidate, limit: int, **filters: str) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": str(limit), **filters, **({"cursor": cursor} if cursor else {})}
        page = expect(200, await candidate.http.get("/interviews", params=params))
        assert 0 < len(page["interviews"]) <= limit
        seen += [one["id"] for one in page["interviews"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_hold_every_interview_once_newest_first(candidate: Candidate, limit: int) -> None:
    created = [(await candidate.create())["id"] for _ in range(7)]
    assert await walk(candidate, limit) == created[::-1]


async def test_pages_stay_whole_while_interviews_are_created(candidate: Candidate) -> None:
    before = [(await candidate.create())["id"] for _ in range(12)]
    walks = [asyncio.create_task(walk(candidate, limit)) for limit in (1, 2, 5)]
    await asyncio.gather(*(candidate.create() for _ in range(20)))
    for seen in await asyncio.gather(*walks):
        assert len(seen) == len(set(seen))
        assert [one for one in seen if one in set(before)] == before[::-1]
    assert len(await walk(candidate, 4)) == 32


async def test_interviews_of_the_same_moment_are_told_apart(candidate: Candidate, service: Service) -> None:
    created = {(await candidate.create())["id"] for _ in range(6)}
    moment = datetime.now(UTC) - timedelta(days=1)
    await service.core.database.fetch(
        "UPDATE interviews SET created_at = $2 WHERE id = ANY($1::uuid[])", list(created), moment
    )
    seen = await walk(candidate, 2)
    assert len(seen) == 6
    assert set(seen) == created


async def test_filters_choose_and_page_alike(candidate: Candidate) -> None:
    for domain in ("dsa", "hld", "behavioral"):
        for difficulty in ("easy", "hard"):
            await candidate.create(domain=domain, difficulty=difficulty)
    scheduled = await candidate.create(scheduled_at="2035-06-01T09:00:00Z")
    assert await walk(candidate, 1, state="scheduled") == [scheduled["id"]]
    assert len(await walk(candidate, 2, domain="hld")) == 2
    assert len(await walk(candidate, 2, difficulty="hard", state="draft")) == 3
    assert len(await walk(candidate, 2, domain="hld", difficulty="easy")) == 1
    empty = expect(200, await candidate.http.get("/interviews", params={"state": "completed"}))
    assert empty == {"interviews": [], "next_cursor": None, "total": 0}


async def test_pages_by_offset_hold_what_pages_by_cursor_hold_and_tell_how_many_there_are(
    candidate: Candidate,
) -> None:
    created = [(await candidate.create(domain=domain))["id"] for domain in ("dsa", "hld") * 4]
    seen = []
    for offset in range(0, 10, 3):
        params = {"limit": "3", "offset": str(offset)}
        page = expect(200, await candidate.http.get("/interviews", params=params))
        assert page["total"] == 8
        seen += [one["id"] for one in page["interviews"]]
    assert seen == created[::-1]
    page = expect(200, await candidate.http.get("/interviews", params={"domain": "hld", "limit": "1"}))
    assert (page["total"], len(page["interviews"])) == (4, 1)
    both = {"offset": "1", "cursor": page["next_cursor"]}
    assert problem(422, "validation_failed", await candidate.http.get("/interviews", params=both))["fields"] == [
        {"field": "offset", "message": "cannot be combined with a cursor"}
    ]


async def test_interviews_are_found_by_words_time_and_score(candidate: Candidate, service: Service) -> None:
    first = await candidate.create(title="Graphs: 100% done")
    second = await candidate.create(job_role="Staff GRAPH_ENGINEER")
    third = await candidate.create(title="Trees")
    for one, score in ((first, 50.0), (second, 80.0)):
        await service.core.database.fetch(
            "UPDATE interviews SET state = 'completed', overall_score = $2, rubric_major = 1, started_at = now(), "
            "completed_at = now() WHERE id = $1::uuid",
            one["id"],
            score,
        )
    assert await walk(candidate, 1, text=" graph ") == [second["id"], first["id"]]
    assert await walk(candidate, 1, text="100%") == [first["id"]]
    assert await walk(candidate, 1, text="h_e") == [second["id"]]
    assert await walk(candidate, 5, min_score="50") == [second["id"], first["id"]]
    assert await walk(candidate, 5, min_score="50.5", state="completed") == [second["id"]]
    assert await walk(candidate, 5, since=second["created_at"]) == [third["id"], second["id"]]
    assert await walk(candidate, 5, until=second["created_at"]) == [first["id"]]


@pytest.mark.parametrize(
    ("field", "params"),
    [
        ("text", {"text": " "}),
        ("text", {"text": "x" * 101}),
        ("text", {"text": "nul \0"}),
        ("since", {"since": "2030-01-01T00:00:00"}),
        ("until", {"until": "1700000000"}),
        ("until", {"since": "2030-01-02T00:00:00Z", "until": "2030-01-01T00:00:00Z"}),
        ("min_score", {"min_score": "-1"}),
        ("min_score", {"min_score": "nan"}),
        ("min_score", {"min_score": "101"}),
        ("offset", {"offset": "-1"}),
        ("offset", {"offset": "99999999999999999999"}),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(candidate: Candidate, field: str, params: dict[str, str]) -> None:
    refused = problem(422, "validation_failed", await candidate.http.get("/interviews", params=params))
    assert [one["field"] for one in refused["fields"]] == [field]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "ten", "", "1e1", "NaN", "٣x"])
async def test_a_limit_outside_1_to_100_is_refused(candidate: Candidate, limit: str) -> None:
    refused = problem(422, "validation_failed", await candidate.http.get("/interviews", params={"limit": limit}))
    assert [one["field"] for one in refused["fields"]] == ["limit"]


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


UUID = str(uuid4())


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "not ours",
        "\0",
        "é",
        "x" * 201,
        encoded("a|b"),
        encoded("a|b|c"),
        encoded(f"2026-01-01T00:00:00|{UUID}"),
        encoded("2026-01-01T00:00:00+00:00|1"),
        encoded(f"2026-01-01T00:00:00+00:00|{UUID}|x"),
        base64.urlsafe_b64encode(b"\xff\xfe|\xff").decode(),
    ],
    ids=range(13),
)
async def test_a_cursor_that_is_not_ours_is_refused(candidate: Candidate, cursor: str) -> None:
    refused = problem(422, "validation_failed", await candidate.http.get("/interviews", params={"cursor": cursor}))
    assert [one["field"] for one in refused["fields"]] == ["cursor"]


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
async def test_a_cursor_from_outside_the_calendar_is_refused(candidate: Candidate, moment: str) -> None:
    cursor = {"cursor": encoded(f"{moment}|{UUID}")}
    problem(422, "validation_failed", await candidate.http.get("/interviews", params=cursor))
