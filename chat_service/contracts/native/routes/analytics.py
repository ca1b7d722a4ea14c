"""Figures: a candidate's own practice, and the platform's for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.analytics.charts.chart import Chart, ChartName
from chat_service.analytics.charts.plotting import svg
from chat_service.analytics.dashboard import Dashboard
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.analytics.practice import PracticeAnalytics
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.media import SVG, preferred
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import reply

router = APIRouter(tags=["analytics"])
Who = Annotated[Identity, Depends(authenticated())]


TimeZone = Annotated[
    str | None,
    Query(
        max_length=64,
        description="IANA time zone whose days and weeks count; that of your profile, else UTC, when left out",
        examples=["Europe/Berlin"],
    ),
]
_DRAWING = {
    SVG: {"schema": {"type": "string"}, "example": '<svg xmlns="http://www.w3.org/2000/svg" role="img">...</svg>'}
}


@router.get("/analytics/me", response_model=PracticeAnalytics)
async def read_own_analytics(request: Request, who: Who, time_zone: TimeZone = None) -> Response:
    """Your interviews by state, domain and difficulty, scores, trend by week, practice time, streaks and topics."""
    return reply(await core_of(request).analytics.mine(who.user_id, time_zone))


@router.get("/analytics/me/dashboard", response_model=Dashboard)
async def read_own_dashboard(request: Request, who: Who, time_zone: TimeZone = None) -> Response:
    """Your figures at a glance: scores, practice time, improvement, streaks, and averages by skill and category."""
    return reply(await core_of(request).analytics.dashboard(who.user_id, time_zone))


@router.get("/analytics/me/charts/{name}.svg", response_class=Response, responses={200: {"content": _DRAWING}})
async def draw_own_chart(request: Request, who: Who, name: ChartName, time_zone: TimeZone = None) -> Response:
    """A chart of your figures as an SVG picture, in light and dark colours as its reader prefers."""
    return Response(svg(await core_of(request).analytics.chart(who.user_id, name, time_zone)), media_type=SVG)


@router.get("/analytics/me/charts/{name}", response_model=Chart, responses={200: {"content": _DRAWING}})
async def read_own_chart(request: Request, who: Who, name: ChartName, time_zone: TimeZone = None) -> Response:
    """A chart of your figures as data, or with `Accept: image/svg+xml` as the picture that `{name}.svg` is."""
    chart = await core_of(request).analytics.chart(who.user_id, name, time_zone)
    drawn = preferred(request, "application/json", SVG) == SVG
    response = Response(svg(chart), media_type=SVG) if drawn else reply(chart)
    response.headers["Vary"] = "Accept"
    return response


@router.get(
    "/admin/analytics",
    response_model=PlatformAnalytics,
    responses=problems(forbidden="admin_required"),
)
async def read_platform_analytics(request: Request, who: Who) -> Response:
    """The platform's accounts, interviews, completion, scores and active users. For administrators only."""
    who.require_admin()
    return reply(await core_of(request).analytics.platform())
