"""What else is done with interviews: changing, deleting and scoring them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.interview_changes import InterviewPatch
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.scores import ScoresOut, scores_out
from chat_service.contracts.native.wire import InterviewOut, interview_out, reply

router = APIRouter(prefix="/interviews", tags=["interviews"])
Who = Annotated[Identity, Depends(authenticated())]


@router.patch(
    "/{interview_id}",
    response_model=InterviewOut,
    responses=problems(conflict=("interview_started", "questions_chosen", "interview_busy")),
)
async def change_interview(request: Request, who: Who, interview_id: UUID, body: InterviewPatch) -> Response:
    """Changes what is sent and leaves the rest: the title at any time, all else until the interview is started."""
    return reply(interview_out(await core_of(request).editing.change(who.user_id, interview_id, body.changes())))


@router.delete(
    "/{interview_id}", status_code=204, response_class=Response, responses=problems(conflict="interview_busy")
)
async def delete_interview(request: Request, who: Who, interview_id: UUID) -> Response:
    """Deletes an interview with its questions, answers and report. That cannot be undone; figures count without it."""
    await core_of(request).editing.delete(who.user_id, interview_id)
    return Response(status_code=204)


@router.get("/{interview_id}/scores", response_model=ScoresOut)
async def read_scores(request: Request, who: Who, interview_id: UUID) -> Response:
    """How the answers were said so far, as one weighted score with its parts and a letter."""
    return reply(scores_out(await core_of(request).scoring.scores(who.user_id, interview_id)))
