"""The charts: as data, and as pictures that a person can read."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_service.analytics.charts.chart import Axis, Chart, ChartKind, ChartName, Point
from chat_service.analytics.charts.drawing import drawn
from chat_service.analytics.charts.plotting import svg
from chat_service.analytics.charts.svg import text_width
from chat_service.analytics.results import GradedAnswer, Results, ScoredInterview
from chat_service.engine.models import Domain
from chat_service.interviews.round_types import QuestionCategory
from tests.chat_service.conftest import Candidate, expect, problem
from tests.contracts.playing import ANSWER

SVG = "{http://www.w3.org/2000/svg}"
NOTHING = Results(0, 0, (), (0,) * 10, (), ())
HOSTILE = "</text><script>alert(1)</script>&\"'\x01\ud800]]>"


def results(number: int, *, seed: int = 1) -> Results:
    """So many interviews, answers and days with practice."""
    chance = random.Random(seed)
    now = datetime.now(UTC)
    scored = tuple(
        ScoredInterview(uuid4(), Domain.DSA, HOSTILE, now - timedelta(days=number - one), chance.uniform(0, 100))
        for one in range(number)
    )
    return Results(
        interviews=number,
        questions=number,
        scored=scored,
        buckets=tuple(chance.randrange(number) for _ in range(10)),
        days=tuple((now.date() - timedelta(days=ago), chance.randint(1, 9)) for ago in reversed(range(number))),
        answers=tuple(
            GradedAnswer(one, chance.uniform(0, 100), "dsa", 1, *(chance.uniform(0, 100) for _ in range(4)))
            for one in itertools.islice(itertools.cycle(QuestionCategory), number)
        ),
    )


def parsed(picture: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(picture)


def text_boxes(picture: ElementTree.Element) -> Iterator[tuple[str, float, float, float, float]]:
    """Every written line with the box that it takes: left, top, right, bottom."""
    for one in picture.iter(f"{SVG}text"):
        size, x, y = int(one.attrib["font-size"]), float(one.attrib["x"]), float(one.attrib["y"])
        text = one.text or ""
        width = text_width(text, size)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[one.attrib["text-anchor"]]
        yield text, left, y - size * 0.8, left + width, y + size * 0.2


def geometry(picture: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """Every corner of every mark."""
    for one in picture.iter():
        at = one.attrib
        match one.tag.removeprefix(SVG):
            case "rect":
                x, y = float(at["x"]), float(at["y"])
                yield from ((x, y), (x + float(at["width"]), y + float(at["height"])))
            case "circle":
                yield from (
                    (float(at["cx"]) - 3.5, float(at["cy"]) - 3.5),
                    (float(at["cx"]) + 3.5, float(at["cy"]) + 3.5),
                )
            case "line":
                yield from ((float(at["x1"]), float(at["y1"])), (float(at["x2"]), float(at["y2"])))
            case "polyline" | "polygon":
                yield from (tuple(map(float, place.split(","))) for place in at["points"].split())  # type: ignore[misc]


@pytest.mark.parametrize(
    ("number", "scores", "answers"),
    [
        (1, "The score of your only interview.", "Your only scored answer: "),
        (3, "The scores of your last 3 interviews, oldest first.", "Means of your latest 3 scored answers: "),
    ],
)
def test_a_chart_is_told_in_numbers_that_agree_with_their_nouns(number: int, scores: str, answers: str) -> None:
    some = results(number)
    assert drawn(ChartName.SCORE_TREND, some, "UTC").description.startswith(scores)
    assert drawn(ChartName.SKILLS_RADAR, some, "UTC").description.startswith(answers)


def test_a_trend_without_change_is_level() -> None:
    some = results(6)
    level = replace(some, scored=tuple(replace(one, score=50.0) for one in some.scored))
    assert "is level with the first third" in drawn(ChartName.SCORE_TREND, level, "UTC").description


@pytest.mark.parametrize("name", ChartName)
@pytest.mark.parametrize("number", [1, 2, 3, 12, 60, 364])
def test_a_picture_has_everything_on_the_sheet_and_no_text_on_another(name: ChartName, number: int) -> None:
    picture = parsed(svg(drawn(name, results(number), "America/St_Johns")))
    width, height = map(int, picture.attrib["viewBox"].split()[2:])
    boxes = list(text_boxes(picture))
    for text, left, top, right, bottom in boxes:
        assert 0 <= left < right <= width, text
        assert 0 <= top < bottom <= height, text
    for one, other in itertools.combinations(boxes, 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one, other)
    for x, y in geometry(picture):
        assert 0 <= x <= width
        assert 0 <= y <= height


@pytest.mark.parametrize("name", ChartName)
@pytest.mark.parametrize("some", [results(12), NOTHING], ids=["some", "none"])
def test_a_picture_says_what_it_is_to_those_who_hear_it(name: ChartName, some: Results) -> None:
    chart = drawn(name, some, "UTC")
    picture = parsed(svg(chart))
    title, description = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert (title.text, description.text) == (chart.title, chart.description)
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    style = picture.find(f"{SVG}style")
    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")
    assert chart.title in [text for text, *_ in text_boxes(picture)]


@pytest.mark.parametrize("name", ChartName)
def test_axes_are_named_with_their_units(name: ChartName) -> None:
    chart = drawn(name, results(12), "UTC")
    written = " | ".join(text for text, *_ in text_boxes(parsed(svg(chart))))
    assert chart.y.label in written
    if chart.y.unit in {"points", "%"}:
        assert f"({chart.y.unit})" in written
    if chart.kind in {ChartKind.LINE, ChartKind.COLUMNS}:
        assert chart.x.label in written


@pytest.mark.parametrize("name", ChartName)
def test_an_empty_chart_says_so_in_words_and_what_to_do(name: ChartName) -> None:
    chart = drawn(name, NOTHING, "UTC")
    assert chart.empty
    words = " ".join(text for text, *_ in text_boxes(parsed(svg(chart))))
    assert chart.empty in words


def test_a_hostile_title_is_text_and_nothing_else() -> None:
    picture = svg(drawn(ChartName.SCORE_TREND, results(3), "UTC"))
    assert b"<script" not in picture
    hints = [one.text or "" for one in parsed(picture).iter(f"{SVG}title")]
    assert any("</text><script>alert(1)</script>&\"'\ufffd\ufffd]]>" in one for one in hints)


@given(st.text(), st.text(), st.floats(0, 100))
def test_any_text_makes_well_formed_xml(title: str, label: str, score: float) -> None:
    points = (Point(label, score, label),)
    axis = Axis(label, "%", 0, 100)
    chart = Chart(ChartName.CATEGORY_SCORES, ChartKind.BARS, title, label, axis, axis, points, None, "UTC")
    assert parsed(svg(chart)).attrib["role"] == "img"


def test_a_skill_that_was_never_measured_is_named_and_not_drawn_as_nought() -> None:
    some = Results(
        1, 1, (), (0,) * 10, (), (GradedAnswer(QuestionCategory.DSA, 50.0, "dsa", 1, 60.0, None, 70.0, 80.0),)
    )
    chart = drawn(ChartName.SKILLS_RADAR, some, "UTC")
    assert {one.x: one.y for one in chart.points} == {
        "relevance": 60.0, "grammar": None, "fluency": 70.0, "keywords": 80.0,
    }  # fmt: skip
    picture = parsed(svg(chart))
    assert "Grammar: not measured" in [text for text, *_ in text_boxes(picture)]
    assert len(list(picture.iter(f"{SVG}circle"))) == 3


def test_the_calendar_has_every_day_of_52_weeks_from_a_monday_to_today() -> None:
    today = datetime.now(UTC).date()
    some = Results(1, 1, (), (0,) * 10, ((today - timedelta(days=400), 1), (today, 2)), ())
    days = drawn(ChartName.ACTIVITY_CALENDAR, some, "UTC").points
    assert datetime.fromisoformat(days[0].x).weekday() == 0
    assert (days[-1].x, days[-1].y) == (today.isoformat(), 2)
    assert 51 * 7 < len(days) <= 52 * 7
    assert sum(one.y or 0 for one in days) == 2


@pytest.mark.parametrize("name", ChartName)
async def test_a_chart_is_data_by_default_and_a_picture_by_suffix_or_accept(
    candidate: Candidate, name: ChartName
) -> None:
    interview = await candidate.started(title="<b>")
    await candidate.answered(interview["id"], ANSWER)
    await candidate.end(interview["id"])
    path = f"/analytics/me/charts/{name.value}"
    data: dict[str, Any] = expect(200, await candidate.http.get(path, params={"time_zone": "Asia/Kolkata"}))
    assert (data["name"], data["time_zone"], data["empty"]) == (name.value, "Asia/Kolkata", None)
    assert any(one["y"] for one in data["points"])
    by_suffix = await candidate.http.get(f"{path}.svg")
    by_accept = await candidate.http.get(path, headers={"Accept": "image/avif,image/*,*/*;q=0.8"})
    for picture in (by_suffix, by_accept):
        assert picture.status_code == 200
        assert picture.headers["content-type"] == "image/svg+xml"
        assert parsed(picture.content).tag == f"{SVG}svg"
    assert by_accept.content == by_suffix.content
    assert by_accept.headers["Vary"] == "Accept"


async def test_a_chart_that_there_is_not_is_refused(candidate: Candidate) -> None:
    for path in ("/analytics/me/charts/pie", "/analytics/me/charts/pie.svg", "/analytics/me/charts/.svg"):
        assert problem(422, "validation_failed", await candidate.http.get(path))["fields"][0]["field"] == "name"
    refused = await candidate.http.get("/analytics/me/charts/score-trend.svg", params={"time_zone": "Mars"})
    assert problem(422, "validation_failed", refused)["fields"][0]["field"] == "time_zone"
