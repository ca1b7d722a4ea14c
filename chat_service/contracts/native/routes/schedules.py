"""Planned interviews."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.media import CALENDAR, preferred
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import InterviewOut, RescheduleInput, SchedulesOut, interview_out, reply

router = APIRouter(prefix="/schedules", tags=["schedules"])
Who = Annotated[Identity, Depends(authenticated())]


_CALENDAR = {CALENDAR: {"schema": {"type": "string"}, "example": "BEGIN:VCALENDAR ... END:VCALENDAR"}}


@router.get("/upcoming", response_model=SchedulesOut, responses={200: {"content": _CALENDAR}})
async def list_upcoming(request: Request, who: Who) -> Response:
    """Your scheduled interviews, earliest first. One whose time has passed is `overdue` and can still be started.

    With `Accept: text/calendar` they come as `/schedules/upcoming.ics` has them.
    """
    if preferred(request, "application/json", CALENDAR) == CALENDAR:
        return await _feed(request, who)
    upcoming = await core_of(request).schedules.upcoming(who.user_id)
    return reply(SchedulesOut(tuple(interview_out(one) for one in upcoming)))


@router.get("/upcoming.ics", response_class=Response, responses={200: {"content": _CALENDAR}})
async def subscribe_to_upcoming(request: Request, who: Who) -> Response:
    """Your scheduled interviews as an iCalendar feed (RFC 5545).

    An event keeps its UID, and its SEQUENCE grows when it is planned anew; what was called off stays in the feed as
    cancelled until its time has passed.
    """
    return await _feed(request, who)


@router.put(
    "/{interview_id}/reschedule",
    response_model=InterviewOut,
    responses=problems(conflict=("illegal_transition", "interview_busy")),
)
async def reschedule(request: Request, who: Who, interview_id: UUID, body: RescheduleInput) -> Response:
    """Sets the time of a scheduled interview, or of a draft, which becomes scheduled."""
    return reply(
        interview_out(await core_of(request).schedules.reschedule(who.user_id, interview_id, body.scheduled_at))
    )


@router.post(
    "/{interview_id}/cancel",
    response_model=InterviewOut,
    responses=problems(conflict=("illegal_transition", "interview_busy")),
)
async def cancel(request: Request, who: Who, interview_id: UUID) -> Response:
    """Calls off a draft or scheduled interview. That cannot be undone."""
    return reply(interview_out(await core_of(request).schedules.cancel(who.user_id, interview_id)))


async def _feed(request: Request, who: Identity) -> Response:
    return Response(await core_of(request).schedules.feed(who.user_id), media_type=CALENDAR)
