"""The feedback on a completed interview."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import reply
from chat_service.interviews.feedback import FeedbackDetails, FeedbackStatus

router = APIRouter(prefix="/interviews", tags=["interviews"])
Who = Annotated[Identity, Depends(authenticated())]


@router.get(
    "/{interview_id}/feedback", response_model=FeedbackDetails, responses=problems(conflict="interview_not_completed")
)
async def read_feedback(request: Request, who: Who, interview_id: UUID) -> Response:
    """How far the report of a completed interview has come, and the report when it is `ready`.

    One that `failed` is made anew after POST /interviews/{interview_id}/end.
    """
    return feedback_reply(await core_of(request).reporting.feedback(who.user_id, interview_id))


def feedback_reply(feedback: FeedbackDetails, status: int = 200) -> Response:
    """The feedback; while it is being made, with the time to ask again after."""
    response = reply(feedback, status)
    if feedback.status is FeedbackStatus.GENERATING:
        response.headers["Retry-After"] = "1"
    return response
