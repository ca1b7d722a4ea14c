"""A candidate's figures at a glance."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chat_service.analytics.analytics import Analytics
from chat_service.analytics.dashboard import Dashboard, SkillsBreakdown, improvement
from chat_service.analytics.results import MAX_ANSWERS
from tests.chat_service.analytics.rows import Connection, InterviewRow, add_answer, add_interview, add_user
from tests.chat_service.conftest import Candidate, expect
from tests.contracts.playing import ANSWER


async def graded(connection: Connection, interview: InterviewRow, score: float | None, **fields: Any) -> None:
    """An answer with a delivery; `rubric`, `version` and the percentages are given by name."""
    delivery = {"relevance": 50.0, "grammar": 60.0, "fluency": 70.0, "keyword_coverage": 80.0}
    delivery.update({name: value for name, value in fields.items() if name in delivery})
    provenance = {"rubric": fields.get("rubric", "dsa"), "rubric_version": fields.get("version", "1.0")}
    await add_answer(connection, interview, score=score, at=fields.get("at"))
    await connection.execute(
        "UPDATE answers SET evaluation = $2 WHERE id = (SELECT id FROM answers WHERE interview_id = $1 "
        "ORDER BY id DESC LIMIT 1)",
        interview.id,
        json.dumps({"provenance": provenance, "delivery": delivery}),
    )


def by_category(dashboard: Dashboard) -> dict[str, tuple[float, int]]:
    return {one.category.value: (one.score, one.answers) for one in dashboard.categories}


@pytest.mark.parametrize(
    ("scores", "points"),
    [
        ([], None),
        ([50.0], None),
        ([50.0, 60.0], 10.0),
        ([60.0, 90.0, 50.0], -10.0),
        ([40.0, 50.0, 99.0, 1.0, 60.0, 70.0], 20.0),
        ([50.0] * 9, 0.0),
    ],
)
def test_improvement_is_the_last_third_less_the_first_third(scores: list[float], points: float | None) -> None:
    assert improvement(scores) == points


async def test_somebody_new_has_a_dashboard_without_numbers(analytics: Analytics, connection: Connection) -> None:
    one = await analytics.dashboard(await add_user(connection))
    assert (one.total_interviews, one.total_questions, one.practice_minutes) == (0, 0, 0)
    assert (one.average_score, one.best_score, one.recent_score, one.improvement_rate) == (None,) * 4
    assert (one.current_streak_days, one.longest_streak_days) == (0, 0)
    assert (one.skills, one.categories) == (SkillsBreakdown(None, None, None, None), ())


async def test_scores_follow_the_order_of_completion_and_leave_older_rubrics_out(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    now = datetime.now(UTC)
    for days_ago, score, major in ((1, 70.0, 2), (3, 50.0, 2), (2, 90.0, 2), (0, 10.0, 1), (4, None, None)):
        ended = now - timedelta(days=days_ago)
        await add_interview(
            connection,
            user_id,
            state="completed",
            score=score,
            rubric_major=major,
            started_at=ended - timedelta(minutes=20),
            completed_at=ended,
        )
    await add_interview(connection, user_id, state="in_progress")
    await add_interview(connection, user_id)
    one = await analytics.dashboard(user_id)
    assert one.total_interviews == 6
    assert (one.average_score, one.best_score, one.recent_score) == (70.0, 90.0, 70.0)
    assert one.improvement_rate == 20.0
    assert one.practice_minutes == 100


async def test_skills_and_categories_average_scored_answers_of_each_rubrics_newest_version(
    analytics: Analytics, connection: Connection
) -> None:
    user_id, other = await add_user(connection), await add_user(connection)
    dsa = await add_interview(connection, user_id, state="in_progress", domain="dsa")
    lld = await add_interview(connection, user_id, state="in_progress", domain="lld")
    behavioral = await add_interview(connection, user_id, state="in_progress", domain="behavioral")
    await graded(connection, dsa, 60.0, version="2.1", grammar=80.0)
    await graded(connection, dsa, 0.0, version="1.9", grammar=0.0, relevance=0.0)
    await graded(connection, dsa, None, version="2.1", grammar=0.0)
    await graded(connection, lld, 80.0, rubric="lld", fluency=None)
    await graded(connection, behavioral, 90.0, rubric="behavioral", keyword_coverage=20.0)
    await graded(connection, await add_interview(connection, other, state="in_progress"), 1.0, relevance=0.0)
    one = await analytics.dashboard(user_id)
    assert one.skills == SkillsBreakdown(relevance=50.0, grammar=66.7, fluency=70.0, keywords=60.0)
    assert by_category(one) == {"behavioral": (90.0, 1), "technical": (70.0, 2)}
    await connection.execute("UPDATE questions SET category = 'coding' WHERE interview_id = $1", lld.id)
    one = await analytics.dashboard(user_id)
    assert by_category(one) == {"behavioral": (90.0, 1), "technical": (60.0, 1), "coding": (80.0, 1)}


async def test_the_averages_of_answers_are_over_the_latest_ones(analytics: Analytics, connection: Connection) -> None:
    user_id = await add_user(connection)
    interview = await add_interview(connection, user_id, state="in_progress")
    old = datetime.now(UTC) - timedelta(days=9)
    await graded(connection, interview, 0.0, at=old)
    for name in ("questions", "answers"):
        await connection.execute(f"CREATE TEMP TABLE copied_{name} AS SELECT * FROM {name} WHERE user_id = $1", user_id)
    await connection.execute(
        """
        WITH copies AS (SELECT gen_random_uuid() AS question, n FROM generate_series(1, $1::int) AS n), asked AS (
          INSERT INTO questions SELECT copied.* FROM copies, LATERAL jsonb_populate_record(NULL::questions,
            (SELECT to_jsonb(c) FROM copied_questions c) || jsonb_build_object('id', question, 'number', n + 30000 - $1,
                                                                              'key', 'copy' || n)) AS copied
        )
        INSERT INTO answers SELECT copied.* FROM copies, LATERAL jsonb_populate_record(NULL::answers,
          (SELECT to_jsonb(c) FROM copied_answers c) || jsonb_build_object('id', gen_random_uuid(), 'score', 100,
            'question_id', question, 'submitted_at', now())) AS copied
        """,
        MAX_ANSWERS,
    )
    assert by_category(await analytics.dashboard(user_id)) == {"technical": (100.0, MAX_ANSWERS)}


async def test_the_zone_of_the_profile_counts_unless_another_is_asked_for(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    assert (await analytics.dashboard(user_id)).time_zone == "UTC"
    await connection.execute("UPDATE users SET time_zone = 'Asia/Tokyo' WHERE id = $1", user_id)
    evening = datetime.now(UTC).replace(hour=20, minute=0) - timedelta(days=3)
    await add_interview(connection, user_id, state="in_progress", started_at=evening)
    tomorrow_there = (evening + timedelta(days=1)).date()
    assert (await analytics.mine(user_id)).streaks.last_practice_on == tomorrow_there
    assert (await analytics.mine(user_id, "UTC")).streaks.last_practice_on == evening.date()
    assert (await analytics.dashboard(user_id)).time_zone == "Asia/Tokyo"


async def test_a_played_interview_shows_on_the_dashboard(candidate: Candidate) -> None:
    interview = await candidate.started(domain="behavioral")
    await candidate.answered(interview["id"], ANSWER)
    await candidate.end(interview["id"])
    one = expect(200, await candidate.http.get("/analytics/me/dashboard", params={"time_zone": "Europe/Berlin"}))
    assert (one["total_interviews"], one["total_questions"], one["recent_score"]) == (1, 1, 72.5)
    assert one["categories"] == [{"category": "behavioral", "score": 72.5, "answers": 1}]
    assert all(0 <= value <= 100 for value in one["skills"].values() if value is not None)
    assert (one["current_streak_days"], one["longest_streak_days"]) == (1, 1)
