"""Drawing a chart's data as SVG."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chat_service.analytics.charts.chart import Axis, Chart, ChartKind, Point
from chat_service.analytics.charts.svg import NORMAL, SMALL, Sheet, text_width

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 600, 76, 296

_CELL, _CELLS_LEFT, _CELLS_TOP = 11.5, 56, 72
_MONTH_COLUMNS = 4
_LEVELS = ("none", "1", "2", "3 or more")


def svg(chart: Chart) -> bytes:
    """The chart as an SVG document in UTF-8, in light and dark colours as its reader prefers."""
    if chart.empty is not None:
        sheet = _sheet(chart)
        for number, line in enumerate(textwrap.wrap(chart.empty, 60)):
            sheet.text(line, _WIDTH / 2, _HEIGHT / 2 + number * 20, anchor="middle")
        return sheet.document()
    return _PLOTS[chart.kind](chart).document()


def _line(chart: Chart) -> Sheet:
    sheet = _sheet(chart)
    upper = _scale(sheet, chart.y, chart.points)
    step = (_RIGHT - _LEFT - 40) / max(len(chart.points) - 1, 1)
    places = [
        (_LEFT + 20 + number * step if len(chart.points) > 1 else (_LEFT + _RIGHT) / 2, _up(one.y or 0, upper))
        for number, one in enumerate(chart.points)
    ]
    if len(places) > 1:
        sheet.curve(places)
    for (x, y), one in zip(places, chart.points, strict=True):
        sheet.dot(x, y, hint=f"{one.label}, {one.y:g} {chart.y.unit}")
    zone = ZoneInfo(chart.time_zone)
    days = [f"{datetime.fromisoformat(one.x).astimezone(zone):%d %b %y}" for one in chart.points]
    free = -math.inf
    for (x, _), day in zip(places, days, strict=True):
        half = text_width(day, SMALL) / 2
        if x - half > free and x + half < sheet.width:
            sheet.text(day, x, _BOTTOM + 18, anchor="middle", size=SMALL)
            free = x + half + 12
    sheet.text(_named(chart.x), (_LEFT + _RIGHT) / 2, _BOTTOM + 44, anchor="middle")
    return sheet


def _columns(chart: Chart) -> Sheet:
    sheet = _sheet(chart)
    upper = _scale(sheet, chart.y, chart.points)
    step = (_RIGHT - _LEFT) / len(chart.points)
    for number, one in enumerate(chart.points):
        x, top = _LEFT + number * step, _up(one.y or 0, upper)
        middle = x + step / 2
        sheet.rectangle("mark", x + 5, top, step - 10, _BOTTOM - top, hint=f"{one.label}: {one.y:g} {chart.y.unit}")
        if one.y:
            sheet.text(f"{one.y:g}", middle, top - 5, anchor="middle", size=SMALL)
        sheet.text(one.label, middle, _BOTTOM + 18, anchor="middle", size=SMALL)
    sheet.text(_named(chart.x), (_LEFT + _RIGHT) / 2, _BOTTOM + 44, anchor="middle")
    return sheet


def _bars(chart: Chart) -> Sheet:
    row = 30
    left, right, top = 150, 570, 60
    bottom = top + row * len(chart.points)
    sheet = _sheet(chart, height=bottom + 60)
    upper = chart.y.maximum or _ceiling(chart.points)
    for tick in range(6):
        x = left + (right - left) * tick / 5
        sheet.line("grid", x, top, x, bottom)
        sheet.text(f"{upper * tick / 5:g}", x, bottom + 18, anchor="middle", size=SMALL)
    for number, one in enumerate(chart.points):
        y = top + number * row
        length = (right - left) * (one.y or 0) / upper
        sheet.text(one.label, left - 10, y + row / 2 + 5, anchor="end")
        sheet.rectangle("mark", left, y + 5, length, row - 10, hint=f"{one.label}: {one.y:g} {chart.y.unit}")
        sheet.text(f"{one.y:g}", left + length + 6, y + row / 2 + 5, size=SMALL)
    sheet.line("axis", left, top, left, bottom)
    sheet.text(_named(chart.y), (left + right) / 2, bottom + 44, anchor="middle")
    return sheet


def _radar(chart: Chart) -> Sheet:
    sheet = _sheet(chart)
    x, y, radius, upper = _WIDTH / 2, 196, 110, chart.y.maximum or _ceiling(chart.points)

    def place(number: int, value: float) -> tuple[float, float]:
        turn = 2 * math.pi * number / len(chart.points)
        return x + math.sin(turn) * radius * value / upper, y - math.cos(turn) * radius * value / upper

    for ring in range(1, 5):
        sheet.shape("grid", [place(number, upper * ring / 4) for number in range(len(chart.points))])
    for number, one in enumerate(chart.points):
        edge_x, edge_y = place(number, upper)
        sheet.line("grid", x, y, edge_x, edge_y)
        told = f"{one.label}: not measured" if one.y is None else f"{one.label}: {one.y:g} {chart.y.unit}"
        aside = edge_x - x
        anchor = "middle" if abs(aside) < 1 else "start" if aside > 0 else "end"
        down = (edge_y - y) / radius
        sheet.text(
            told, edge_x + math.copysign(12, aside) * (anchor != "middle"), edge_y + 5 + 13 * down, anchor=anchor
        )
    measured = [(number, one) for number, one in enumerate(chart.points) if one.y is not None]
    if len(measured) > 2:
        sheet.shape("area", [place(number, one.y or 0) for number, one in measured])
    for number, one in measured:
        sheet.dot(*place(number, one.y or 0), hint=f"{one.label}: {one.y:g} {chart.y.unit}")
    for ring in (2, 4):
        sheet.text(f"{upper * ring / 4:g}", x + 6, y - radius * ring / 4 + 14, size=SMALL)
    sheet.text(_named(chart.y), x, sheet.height - 12, anchor="middle")
    return sheet


def _calendar(chart: Chart) -> Sheet:
    first = date.fromisoformat(chart.points[0].x)
    columns = math.ceil(len(chart.points) / 7)
    sheet = _sheet(chart, width=math.ceil(_CELLS_LEFT + columns * _CELL) + 24, height=214)
    for row, day in ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun")):
        sheet.text(day, _CELLS_LEFT - 8, _CELLS_TOP + row * _CELL + 9, anchor="end", size=SMALL)
    labelled = -_MONTH_COLUMNS
    for column in range(columns):
        monday = first + timedelta(weeks=column)
        x = _CELLS_LEFT + column * _CELL
        if monday.day <= 7 and column - labelled >= _MONTH_COLUMNS and column <= columns - 2:
            sheet.text(f"{monday:%b}", x, _CELLS_TOP - 8, size=SMALL)
            labelled = column
    for number, one in enumerate(chart.points):
        column, row = divmod(number, 7)
        level = min(int(one.y or 0), len(_LEVELS) - 1)
        x, y = _CELLS_LEFT + column * _CELL, _CELLS_TOP + row * _CELL
        sheet.rectangle(f"level{level}", x, y, _CELL - 2, _CELL - 2, radius=2, hint=one.label if level else "")
    x, y = float(_CELLS_LEFT), _CELLS_TOP + 7 * _CELL + 36
    sheet.text(f"{chart.y.label}:", x, y)
    x += text_width(f"{chart.y.label}:") + 12
    for level, name in enumerate(_LEVELS):
        sheet.rectangle(f"level{level}", x, y - 10, _CELL, _CELL, radius=2)
        sheet.text(name, x + 18, y)
        x += 18 + text_width(name) + 16
    return sheet


def _sheet(chart: Chart, *, width: int = _WIDTH, height: int = _HEIGHT) -> Sheet:
    return Sheet(chart.name.value, chart.title, chart.description, width=width, height=height)


def _scale(sheet: Sheet, axis: Axis, points: Sequence[Point]) -> float:
    """Draws the vertical axis and gives its upper end."""
    upper = axis.maximum or _ceiling(points)
    ticks = 5 if upper % 5 == 0 else int(upper)
    for tick in range(ticks + 1):
        value = upper * tick / ticks
        y = _up(value, upper)
        sheet.line("grid" if tick else "axis", _LEFT, y, _RIGHT, y)
        sheet.text(f"{value:g}", _LEFT - 10, y + 4, anchor="end", size=SMALL)
    sheet.text(_named(axis), 20, _TOP - 18, size=NORMAL)
    return upper


def _ceiling(points: Sequence[Point]) -> float:
    """A round number at or above every value, with whole numbers for ticks."""
    most = max((one.y or 0 for one in points), default=0)
    return max(math.ceil(most), 1) if most <= 4 else 5 * math.ceil(most / 5)


def _up(value: float, upper: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * value / upper


def _named(axis: Axis) -> str:
    return f"{axis.label} ({axis.unit})" if axis.unit and axis.unit != axis.label.lower() else axis.label


_PLOTS: Mapping[ChartKind, Callable[[Chart], Sheet]] = {
    ChartKind.LINE: _line,
    ChartKind.RADAR: _radar,
    ChartKind.BARS: _bars,
    ChartKind.COLUMNS: _columns,
    ChartKind.CALENDAR: _calendar,
}
