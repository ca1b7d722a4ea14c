"""What each chart shows of a user's results."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from chat_service.analytics.charts.chart import Axis, Chart, ChartKind, ChartName, Point
from chat_service.analytics.dashboard import categories, improvement, skills
from chat_service.analytics.results import BUCKETS, Results
from chat_service.interviews.round_types import QuestionCategory

CALENDAR_WEEKS = 52
TREND_INTERVIEWS = 60

_SCORE = Axis("Score", "points", 0, 100)
_PERCENT = Axis("Mean of your answers", "%", 0, 100)
_NO_SCORES = "No interview has a score yet. Complete one, and its score shows here."
_NO_ANSWERS = "No answer has a score yet. Answer a question, and its figures show here."
_NO_PRACTICE = "No practice in the last 52 weeks. Start an interview, and its day shows here."

_CATEGORIES = {
    QuestionCategory.BEHAVIORAL: "Behavioral",
    QuestionCategory.TECHNICAL: "Technical",
    QuestionCategory.SITUATIONAL: "Situational",
    QuestionCategory.HR: "HR",
    QuestionCategory.CODING: "Coding",
    QuestionCategory.SYSTEM_DESIGN: "System design",
    QuestionCategory.MANAGERIAL: "Managerial",
    QuestionCategory.DSA: "DSA",
    QuestionCategory.CS_FUNDAMENTALS: "CS fundamentals",
    QuestionCategory.LLD: "Low-level design",
    QuestionCategory.HLD: "High-level design",
    QuestionCategory.ROLE: "Role",
}


def drawn(name: ChartName, results: Results, time_zone: str) -> Chart:
    """The chart of the name."""
    return _CHARTS[name](results, time_zone)


def _score_trend(results: Results, time_zone: str) -> Chart:
    shown = results.scored[-TREND_INTERVIEWS:]
    points = []
    for one in shown:
        local = one.completed_at.astimezone(ZoneInfo(time_zone))
        label = f"{local:%d %b %Y}: {one.title or one.domain.value.replace('_', ' ')}"
        points.append(Point(one.completed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"), one.score, label))
    change = improvement([one.score for one in shown])
    told = "The score of your only interview."
    if len(shown) > 1:
        told = f"The scores of your last {len(shown)} interviews, oldest first."
    if change is not None:
        step = f"{abs(change):g} points {'above' if change > 0 else 'below'}" if change else "level with"
        told += f" The last third is {step} the first third."
    return Chart(
        name=ChartName.SCORE_TREND,
        kind=ChartKind.LINE,
        title="Score by interview",
        description=told if shown else _NO_SCORES,
        x=Axis("Completed on", ""),
        y=_SCORE,
        points=tuple(points),
        empty=None if shown else _NO_SCORES,
        time_zone=time_zone,
    )


def _skills_radar(results: Results, time_zone: str) -> Chart:
    found = skills(results.answers)
    points = (
        Point("relevance", found.relevance, "Relevance"),
        Point("grammar", found.grammar, "Grammar"),
        Point("fluency", found.fluency, "Fluency"),
        Point("keywords", found.keywords, "Keywords"),
    )
    told = "; ".join(f"{one.label} {_percent(one.y)}" for one in points)
    empty = None if any(one.y is not None for one in points) else _NO_ANSWERS
    shown = len(results.answers)
    shown_of = "Your only scored answer" if shown == 1 else f"Means of your latest {shown} scored answers"
    return Chart(
        name=ChartName.SKILLS_RADAR,
        kind=ChartKind.RADAR,
        title="How you answer",
        description=empty or f"{shown_of}: {told}.",
        x=Axis("Skill", ""),
        y=_PERCENT,
        points=points,
        empty=empty,
        time_zone=time_zone,
    )


def _category_scores(results: Results, time_zone: str) -> Chart:
    points = tuple(
        Point(one.category.value, one.score, _CATEGORIES[one.category]) for one in categories(results.answers)
    )
    told = "; ".join(f"{one.label} {one.y:g}" for one in points)
    return Chart(
        name=ChartName.CATEGORY_SCORES,
        kind=ChartKind.BARS,
        title="Score by kind of question",
        description=f"Mean score of your answers: {told}." if points else _NO_ANSWERS,
        x=Axis("Category", ""),
        y=_SCORE,
        points=points,
        empty=None if points else _NO_ANSWERS,
        time_zone=time_zone,
    )


def _activity_calendar(results: Results, time_zone: str) -> Chart:
    today = datetime.now(ZoneInfo(time_zone)).date()
    first = today - timedelta(days=today.weekday(), weeks=CALENDAR_WEEKS - 1)
    practised = dict(results.days)
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    points = tuple(
        Point(day.isoformat(), count, f"{day:%d %b %Y}: {_count(count, 'interview')}")
        for day in days
        for count in [practised.get(day, 0)]
    )
    active = sum(1 for one in points if one.y)
    told = f"You practised on {_count(active, 'day')} of the last {CALENDAR_WEEKS} weeks."
    return Chart(
        name=ChartName.ACTIVITY_CALENDAR,
        kind=ChartKind.CALENDAR,
        title="Days with practice",
        description=told if active else _NO_PRACTICE,
        x=Axis("Day", ""),
        y=Axis("Interviews practised", "interviews", 0),
        points=points,
        empty=None if active else _NO_PRACTICE,
        time_zone=time_zone,
    )


def _score_distribution(results: Results, time_zone: str) -> Chart:
    names = [f"{low}-{low + 10}" for low in range(0, 100, 10)]
    points = tuple(
        Point(name, results.buckets[number], name) for number, name in zip(range(BUCKETS), names, strict=True)
    )
    scored = sum(results.buckets)
    return Chart(
        name=ChartName.SCORE_DISTRIBUTION,
        kind=ChartKind.COLUMNS,
        title="How often you reach a score",
        description=f"{_count(scored, 'interview')} by tens of the score; 70 is in 70-80." if scored else _NO_SCORES,
        x=Axis("Score", "points"),
        y=Axis("Interviews", "interviews", 0),
        points=points,
        empty=None if scored else _NO_SCORES,
        time_zone=time_zone,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _percent(value: float | None) -> str:
    return "not measured" if value is None else f"{value:g} %"


_CHARTS: Mapping[ChartName, Callable[[Results, str], Chart]] = {
    ChartName.SCORE_TREND: _score_trend,
    ChartName.SKILLS_RADAR: _skills_radar,
    ChartName.CATEGORY_SCORES: _category_scores,
    ChartName.ACTIVITY_CALENDAR: _activity_calendar,
    ChartName.SCORE_DISTRIBUTION: _score_distribution,
}
