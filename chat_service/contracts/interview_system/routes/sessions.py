"""Interview sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.interview_system.wire import (
    Deleted,
    NewSession,
    Session,
    SessionChanges,
    SessionId,
    Sessions,
    SessionWithQuestions,
    Success,
    session_out,
    session_with_questions,
    success,
)
from chat_service.interviews.archive import MAX_OFFSET, MAX_PAGE, InterviewFilter

router = APIRouter(prefix="/api/v1/interviews/sessions", tags=["sessions"])
Who = Annotated[Identity, Depends(authenticated())]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET)]


@router.post("", status_code=201, response_model=Success[Session])
async def create_session(request: Request, who: Who, body: NewSession) -> Response:
    """Creates a session for a role."""
    return success(session_out(await core_of(request).lifecycle.create(who.user_id, body.wanted())), 201)


@router.get("", response_model=Success[Sessions])
async def list_sessions(request: Request, who: Who, limit: Limit = 20, offset: Offset = 0) -> Response:
    """Your sessions, newest first, whichever way they were created."""
    page = await core_of(request).archive.page(who.user_id, InterviewFilter(), limit=limit, offset=offset)
    shown = [session_out(one) for one in page.interviews]
    return success(Sessions(sessions=shown, total=page.total, limit=limit, offset=offset))


@router.get("/{session_id}", response_model=Success[SessionWithQuestions])
async def read_session(request: Request, who: Who, session_id: SessionId) -> Response:
    """A session with its questions."""
    core = core_of(request)
    interview = await core.archive.interview(who.user_id, session_id)
    return success(session_with_questions(interview, await core.question_sets.questions(who.user_id, session_id)))


@router.put("/{session_id}", response_model=Success[Session])
async def change_session(request: Request, who: Who, session_id: SessionId, body: SessionChanges) -> Response:
    """Changes what is sent and leaves the rest."""
    return success(session_out(await core_of(request).editing.change(who.user_id, session_id, body.changes())))


@router.delete("/{session_id}", response_model=Success[Deleted])
async def delete_session(request: Request, who: Who, session_id: SessionId) -> Response:
    """Deletes a session with all that is of it."""
    await core_of(request).editing.delete(who.user_id, session_id)
    return success(Deleted(id=session_id, deleted=True))


@router.post("/{session_id}/complete", response_model=Success[Session])
async def complete_session(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.ANSWERS))],
    session_id: SessionId,
) -> Response:
    """Completes a session that has questions. Sent again, it changes nothing."""
    return success(session_out((await core_of(request).reporting.end(who.user_id, session_id)).interview))
