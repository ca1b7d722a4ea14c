"""Figures: a candidate's own practice, and the platform's for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.analytics.platform import PlatformAnalytics
from chat_service.analytics.practice import PracticeAnalytics
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import reply

router = APIRouter(tags=["analytics"])
Who = Annotated[Identity, Depends(authenticated())]


@router.get("/analytics/me", response_model=PracticeAnalytics)
async def read_own_analytics(
    request: Request,
    who: Who,
    time_zone: Annotated[
        str,
        Query(max_length=64, description="IANA time zone whose days and weeks count", examples=["Europe/Berlin"]),
    ] = "UTC",
) -> Response:
    """Your interviews by state, domain and difficulty, scores, trend by week, practice time, streaks and topics."""
    return reply(await core_of(request).analytics.mine(who.user_id, time_zone))


@router.get(
    "/admin/analytics",
    response_model=PlatformAnalytics,
    responses=problems(forbidden="admin_required"),
)
async def read_platform_analytics(request: Request, who: Who) -> Response:
    """The platform's accounts, interviews, completion, scores and active users. For administrators only."""
    who.require_admin()
    return reply(await core_of(request).analytics.platform())
