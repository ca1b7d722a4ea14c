"""A candidate's figures are right to the number and about himself alone."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat_service.analytics.ability import Attempt, ability
from chat_service.analytics.analytics import Analytics
from chat_service.analytics.practice import PracticeWeek
from chat_service.analytics.scores import ScoreSummary
from chat_service.engine.models import Difficulty, Domain, QuestionKind
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.states import InterviewState
from tests.chat_service.analytics import recount
from tests.chat_service.analytics.rows import (
    Connection,
    InterviewRow,
    add_answer,
    add_interview,
    add_interviews,
    add_user,
)


def _random_interviews(user_id: object, chance: random.Random) -> list[InterviewRow]:
    rows = []
    for _ in range(120):
        state = chance.choice(list(InterviewState)).value
        started = None
        if state in ("in_progress", "completed"):
            started = datetime.now(UTC) - timedelta(days=chance.randrange(90), seconds=chance.randrange(7200, 86_400))
        row = InterviewRow(
            user_id,  # type: ignore[arg-type]
            state=state,
            domain=chance.choice(list(Domain)[:5]).value,
            difficulty=chance.choice(list(Difficulty)).value,
            score=chance.randrange(201) / 2 if state == "completed" and chance.random() < 0.8 else None,
            rubric_major=chance.choice((1, 2)),
            started_at=started,
        )
        if row.completed_at is not None:
            row.completed_at += timedelta(minutes=chance.randrange(60))
        rows.append(row)
    return rows


def _longest_and_current(days: Sequence[date], today: date) -> tuple[int, int]:
    practised = set(days)
    ends = {day: next(n for n in range(1, 400) if day - timedelta(days=n) not in practised) for day in practised}
    return max(ends.values()), ends.get(today, ends.get(today - timedelta(days=1), 0))


@pytest.mark.parametrize(("seed", "zone"), [(1, "UTC"), (2, "Asia/Kolkata"), (3, "America/Los_Angeles")])
async def test_a_candidates_figures_equal_a_recount_of_his_own_rows(
    seed: int, zone: str, analytics: Analytics, connection: Connection
) -> None:
    chance = random.Random(seed)
    user_id, other = await add_user(connection), await add_user(connection)
    await add_interviews(connection, *_random_interviews(user_id, chance), *_random_interviews(other, chance))
    rows = await connection.fetch("SELECT * FROM interviews WHERE user_id = $1", user_id)

    mine = await analytics.mine(user_id, zone)

    assert mine.interviews == len(rows)
    assert mine.by_state == {state: sum(one["state"] == state for one in rows) for state in InterviewState}
    assert mine.scores == ScoreSummary(*recount.averages_of_newest(rows)[None])
    by_domain = recount.averages_of_newest(rows, lambda one: one["domain"])
    for domain in mine.by_domain:
        own = [one for one in rows if one["domain"] == domain.domain]
        assert (domain.interviews, domain.completed) == (len(own), sum(one["state"] == "completed" for one in own))
        assert domain.scores == ScoreSummary(*by_domain[domain.domain])
    assert {one.domain for one in mine.by_domain} == {one["domain"] for one in rows}
    by_difficulty = recount.averages_of_newest(rows, lambda one: one["difficulty"])
    assert {one.difficulty: one.scores for one in mine.by_difficulty} == {
        Difficulty(name): ScoreSummary(*figures) for name, figures in by_difficulty.items()
    }

    completed = [one for one in rows if one["state"] == "completed"]
    weeks: dict[date, list[float | None]] = {}
    for one in completed:
        day = one["completed_at"].astimezone(ZoneInfo(zone)).date()
        counts = recount.is_scored(one) and one["rubric_major"] == mine.scores.rubric_major
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(one["overall_score"] if counts else None)
    assert mine.trend.rubric_major == mine.scores.rubric_major
    assert mine.trend.weeks == tuple(
        PracticeWeek(
            week, len(scores), len(scored := [one for one in scores if one is not None]),
            round(sum(scored) / len(scored), 2) if scored else None,
        )
        for week, scores in sorted(weeks.items())
    )  # fmt: skip

    seconds = sum((one["completed_at"] - one["started_at"]).total_seconds() for one in completed)
    assert mine.practice_minutes == round(seconds / 60, 1)
    moments = [one[name] for one in rows for name in ("started_at", "completed_at") if one[name] is not None]
    days = sorted({one.astimezone(ZoneInfo(zone)).date() for one in moments})
    longest, current = _longest_and_current(days, datetime.now(ZoneInfo(zone)).date())
    assert (mine.streaks.longest_days, mine.streaks.current_days) == (longest, current)
    assert mine.streaks.last_practice_on == days[-1]


async def test_a_new_candidate_has_figures_without_numbers(analytics: Analytics, connection: Connection) -> None:
    mine = await analytics.mine(await add_user(connection))
    assert mine.interviews == 0
    assert mine.scores == ScoreSummary(None, 0, None, None)
    assert (mine.by_domain, mine.trend.weeks, mine.topics, mine.practice_minutes) == ((), (), (), 0)


async def test_scores_of_an_older_major_version_count_only_where_there_is_no_newer_one(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    for domain, score, major in (("dsa", 95.0, 1), ("dsa", 40.0, 2), ("dsa", 50.0, 2), ("hld", 80.0, 1)):
        await add_interview(connection, user_id, state="completed", domain=domain, score=score, rubric_major=major)
    mine = await analytics.mine(user_id)
    assert mine.scores == ScoreSummary(2, 2, 45.0, 50.0)
    assert {one.domain: one.scores for one in mine.by_domain} == {
        Domain.DSA: ScoreSummary(2, 2, 45.0, 50.0),
        Domain.HLD: ScoreSummary(1, 1, 80.0, 80.0),
    }
    assert [(one.completed, one.scored, one.average) for one in mine.trend.weeks] == [(4, 2, 45.0)]


async def test_an_interview_without_a_score_stays_out_of_averages_but_is_counted(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    await add_interview(connection, user_id, state="completed", score=60.0)
    await add_interview(connection, user_id, state="completed")
    mine = await analytics.mine(user_id)
    assert mine.by_state[InterviewState.COMPLETED] == 2
    assert mine.scores == ScoreSummary(1, 1, 60.0, 60.0)
    assert [(one.completed, one.scored, one.average) for one in mine.trend.weeks] == [(2, 1, 60.0)]


async def test_practice_ends_with_the_last_answer_of_an_interview_that_was_left_and_has_a_limit(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    start = datetime.now(UTC) - timedelta(days=1)
    left = await add_interview(
        connection, user_id, state="completed", started_at=start, completed_at=start + timedelta(minutes=151)
    )
    await add_answer(connection, left, score=50.0, at=start + timedelta(minutes=10))
    assert (await analytics.mine(user_id)).practice_minutes == 10
    ended = await add_interview(
        connection, user_id, state="completed", started_at=start, completed_at=start + timedelta(minutes=25)
    )
    await add_answer(connection, ended, score=50.0, at=start + timedelta(minutes=5))
    assert (await analytics.mine(user_id)).practice_minutes == 35
    long = await add_interview(
        connection, user_id, state="completed", started_at=start, completed_at=start + timedelta(minutes=300)
    )
    await add_answer(connection, long, score=50.0, at=start + timedelta(minutes=299))
    mine = await analytics.mine(user_id)
    assert (mine.practice_minutes, mine.practice_minutes_limit) == (155, 120)


async def test_an_evening_of_practice_belongs_to_the_day_of_the_time_zone_asked_for(
    analytics: Analytics, connection: Connection
) -> None:
    user_id = await add_user(connection)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    evening = datetime.combine(yesterday, time(23, 30), UTC)
    for started_at in (evening - timedelta(hours=24), evening):
        await add_interview(connection, user_id, state="in_progress", started_at=started_at)
    assert (await analytics.mine(user_id)).streaks.last_practice_on == yesterday
    tokyo = (await analytics.mine(user_id, "Asia/Tokyo")).streaks
    assert tokyo.last_practice_on == yesterday + timedelta(days=1)
    assert tokyo.longest_days == 2


@pytest.mark.parametrize("zone", ["", "Nowhere", "Europe", "+02:00", "../UTC", "UTC\0", "Ünder/Wegs", "x" * 64])
async def test_an_unknown_time_zone_is_refused(zone: str, analytics: Analytics, connection: Connection) -> None:
    with pytest.raises(AppError) as refused:
        await analytics.mine(await add_user(connection), zone)
    assert refused.value.kind is ErrorKind.INVALID
    assert refused.value.details["fields"][0]["field"] == "time_zone"


async def test_topics_average_scored_answers_with_the_weakest_first(
    analytics: Analytics, connection: Connection
) -> None:
    user_id, other = await add_user(connection), await add_user(connection)
    finished = await add_interview(connection, user_id, state="completed", score=60.0, rubric_major=1)
    for score in (80.0, 90.0, None):
        await add_answer(connection, finished, score=score, topic="trees", title="Trees")
    await add_answer(connection, finished, score=30.0, topic="graphs", title="Graphs")
    going_on = await add_interview(connection, user_id, state="in_progress")
    await add_answer(connection, going_on, score=50.0, topic="graphs", title="Graphs", rubric_version="1.4")
    await add_answer(connection, await add_interview(connection, other, state="in_progress"), score=1.0, topic="trees")
    topics = (await analytics.mine(user_id)).topics
    assert [(one.topic, one.title, one.scores) for one in topics] == [
        ("graphs", "Graphs", ScoreSummary(1, 2, 40.0, 50.0)),
        ("trees", "Trees", ScoreSummary(1, 2, 85.0, 90.0)),
    ]
    await add_answer(connection, going_on, score=10.0, topic="trees", title="Trees anew", rubric_version="2.0")
    weakest = (await analytics.mine(user_id)).topics[0]
    assert (weakest.title, weakest.scores) == ("Trees anew", ScoreSummary(2, 1, 10.0, 10.0))
    assert weakest.ability.answers == 1
    assert weakest.ability == ability([Attempt(Difficulty.MEDIUM, QuestionKind.MAIN, 10.0)])
