"""A chart as data: what a client draws itself, and what the SVG is drawn from."""

from dataclasses import dataclass
from enum import StrEnum


class ChartName(StrEnum):
    """The charts that there are."""

    SCORE_TREND = "score-trend"
    SKILLS_RADAR = "skills-radar"
    CATEGORY_SCORES = "category-scores"
    ACTIVITY_CALENDAR = "activity-calendar"
    SCORE_DISTRIBUTION = "score-distribution"


class ChartKind(StrEnum):
    """How the points are meant to be drawn."""

    LINE = "line"
    RADAR = "radar"
    BARS = "bars"
    COLUMNS = "columns"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows, and what bounds it, if anything does. `unit` is empty for names and dates."""

    label: str
    unit: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One value, None where there is none. `x` is an ISO date, an ISO time or a name, and `label` says it to people."""

    x: str
    y: float | None
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its points in order.

    `description` says in words what it shows. `empty` says in words why there is nothing to draw, and is None when
    there is something. Days are those of `time_zone`.
    """

    name: ChartName
    kind: ChartKind
    title: str
    description: str
    x: Axis
    y: Axis
    points: tuple[Point, ...]
    empty: str | None
    time_zone: str
