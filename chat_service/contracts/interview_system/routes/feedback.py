"""Scores, feedback, history and figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.analytics.charts.chart import ChartName
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.interview_system.feedback_wire import (
    ChartOut,
    DashboardOut,
    Feedback,
    History,
    Scores,
    chart_out,
    dashboard_out,
    feedback_out,
    past_interview,
    scores_out,
)
from chat_service.contracts.interview_system.wire import SessionId, Success, success
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.archive import MAX_OFFSET, MAX_PAGE, InterviewFilter

router = APIRouter(prefix="/api/v1/feedback", tags=["feedback"])
Who = Annotated[Identity, Depends(authenticated())]
Working = Annotated[Identity, Depends(authenticated(RateClass.FEEDBACK))]
TimeZone = Annotated[
    str | None,
    Query(max_length=64, description="IANA time zone whose days count; that of the profile, else UTC, when left out"),
]


def _chart(chart_type: Annotated[str, Path(description=", ".join(ChartName))]) -> ChartName:
    try:
        return ChartName(chart_type.replace("_", "-"))
    except ValueError:
        raise not_found("chart") from None


@router.post("/sessions/{session_id}/scores", response_model=Success[Scores])
async def calculate_scores(request: Request, who: Working, session_id: SessionId) -> Response:
    """The scores; a session whose questions are all answered is completed by it."""
    return success(scores_out(await core_of(request).scoring.final(who.user_id, session_id)))


@router.get("/sessions/{session_id}/scores", response_model=Success[Scores])
async def read_scores(request: Request, who: Who, session_id: SessionId) -> Response:
    """The scores as they stand."""
    return success(scores_out(await core_of(request).scoring.scores(who.user_id, session_id)))


@router.post("/sessions/{session_id}/feedback", response_model=Success[Feedback])
async def generate_feedback(request: Request, who: Working, session_id: SessionId) -> Response:
    """Completes a session and gives the feedback on it. Sent again, it gives the same feedback."""
    finished = await core_of(request).reporting.end(who.user_id, session_id)
    return success(feedback_out(session_id, finished.report))


@router.get("/sessions/{session_id}/feedback", response_model=Success[Feedback])
async def read_feedback(request: Request, who: Who, session_id: SessionId) -> Response:
    """The feedback on a completed session."""
    try:
        finished = await core_of(request).reporting.result(who.user_id, session_id)
    except AppError as error:
        raise not_found("feedback") if error.kind is ErrorKind.CONFLICT else error from None
    return success(feedback_out(session_id, finished.report))


@router.get("/history", response_model=Success[History])
async def read_history(
    request: Request,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
) -> Response:
    """Your interviews, newest first, whichever way they were held."""
    page = await core_of(request).archive.page(who.user_id, InterviewFilter(), limit=limit, offset=offset)
    shown = [past_interview(one) for one in page.interviews]
    return success(History(interviews=shown, total=page.total, limit=limit, offset=offset))


@router.get("/dashboard", response_model=Success[DashboardOut])
async def read_dashboard(request: Request, who: Who, time_zone: TimeZone = None) -> Response:
    """Your figures at a glance."""
    return success(dashboard_out(await core_of(request).analytics.dashboard(who.user_id, time_zone)))


@router.get("/charts/{chart_type}", response_model=Success[ChartOut])
async def read_chart(
    request: Request, who: Who, chart: Annotated[ChartName, Depends(_chart)], time_zone: TimeZone = None
) -> Response:
    """A chart of your figures."""
    return success(chart_out(await core_of(request).analytics.chart(who.user_id, chart, time_zone)))
