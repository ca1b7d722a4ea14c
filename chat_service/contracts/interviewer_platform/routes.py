"""The endpoints of contract 002, with its published base path."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.accounts import Tokens
from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import ProfileChanges
from chat_service.contracts.credentials import (
    ACCESS_TOKEN,
    BEARER,
    SESSION_COOKIE,
    clear_session_cookies,
    set_session_cookies,
)
from chat_service.contracts.door import RateClass, authenticated, core_of, limited
from chat_service.contracts.interviewer_platform.wire import (
    CompletedOut,
    CreatedOut,
    FeedbackOut,
    HistoryOut,
    InterviewInput,
    LoggedInOut,
    LogInInput,
    MessageOut,
    ProfileInput,
    ProfileOut,
    SignUpInput,
    TokenOut,
    TranscriptOut,
    feedback_out,
    profile_out,
    session_out,
    summary_out,
    transcript_out,
    user_out,
    wanted,
)
from chat_service.contracts.live_socket import interview_named
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.archive import MAX_OFFSET, MAX_PAGE, InterviewFilter
from chat_service.interviews.feedback import FeedbackStatus

BASE = "/api"

router = APIRouter(prefix=BASE)
_limited = Depends(limited(RateClass.AUTHENTICATION))
_EITHER = (BEARER, SESSION_COOKIE)
Who = Annotated[Identity, Depends(authenticated(by=_EITHER))]


@router.post("/auth/signup", tags=["auth"], dependencies=[_limited])
async def sign_up(request: Request, response: Response, body: SignUpInput) -> LoggedInOut:
    """Opens an account and a session."""
    core = core_of(request)
    details = ProfileChanges(
        full_name=body.full_name, target_role=body.target_role, experience_level=body.experience_level
    )
    await core.accounts.sign_up(body.email, body.password, details=details)
    return await _logged_in(request, response, await core.accounts.log_in(body.email, body.password))


@router.post("/auth/login", tags=["auth"], dependencies=[_limited])
async def log_in(request: Request, response: Response, body: LogInInput) -> LoggedInOut:
    """Opens a session."""
    return await _logged_in(request, response, await core_of(request).accounts.log_in(body.email, body.password))


@router.post("/auth/logout", tags=["auth"])
async def log_out(
    request: Request,
    response: Response,
    who: Annotated[Identity, Depends(authenticated(by=(ACCESS_TOKEN, SESSION_COOKIE)))],
) -> MessageOut:
    """Ends the session, for its cookie and its token."""
    await core_of(request).accounts.log_out(who)
    clear_session_cookies(request, response)
    return MessageOut("Logged out successfully")


@router.get("/user/profile", tags=["user"])
async def read_profile(request: Request, who: Who) -> ProfileOut:
    """The profile of whoever asks."""
    return profile_out(await core_of(request).profiles.get(who.user_id))


@router.patch("/user/profile", tags=["user"])
async def change_profile(request: Request, who: Who, body: ProfileInput) -> ProfileOut:
    """Changes the fields that are sent."""
    return profile_out(await core_of(request).profiles.change(who.user_id, body.changes()))


@router.post("/interviews/create", status_code=201, tags=["interviews"])
async def create_interview(
    request: Request,
    who: Annotated[Identity, Depends(authenticated(RateClass.START, _EITHER))],
    body: InterviewInput,
) -> CreatedOut:
    """Creates an interview and starts it, which takes one of the interviews that remain."""
    core = core_of(request)
    created = await core.lifecycle.create(who.user_id, wanted(body, await core.profiles.get(who.user_id)))
    try:
        started = await core.lifecycle.start(who.user_id, created.id)
    except AppError:
        # Nobody gets its id, so nobody could go on with it.
        await core.editing.delete(who.user_id, created.id)
        raise
    return CreatedOut(session_out(started.interview), (await core.profiles.get(who.user_id)).credits)


@router.get("/interviews/history", tags=["interviews"])
async def list_history(
    request: Request,
    who: Who,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Number of results")] = 10,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="How many to skip")] = 0,
) -> HistoryOut:
    """All interviews, newest first."""
    page = await core_of(request).archive.page(who.user_id, InterviewFilter(), limit=limit, offset=offset)
    return HistoryOut(tuple(summary_out(one) for one in page.interviews), page.total, limit, offset)


@router.get("/interviews/{id}", tags=["interviews"])
async def read_interview(request: Request, who: Who, id: str) -> TranscriptOut:  # noqa: A002 - the contract's name
    """An interview and what was said in it."""
    return transcript_out(await core_of(request).archive.transcript(who.user_id, interview_named(id)))


@router.post("/interviews/{id}/complete", tags=["interviews"])
async def complete_interview(request: Request, who: Who, id: str) -> CompletedOut:  # noqa: A002
    """Completes an interview and has its feedback made. Sent again, it says how far that has come."""
    feedback = await core_of(request).reporting.complete(who.user_id, interview_named(id))
    return CompletedOut("Interview completed", feedback.id, feedback.status)


@router.get(
    "/feedback/{session_id}",
    tags=["feedback"],
    responses={202: {"model": FeedbackOut, "description": "Still generating; ask again after Retry-After"}},
)
async def read_feedback(request: Request, response: Response, who: Who, session_id: str) -> FeedbackOut:
    """The feedback on a completed interview; 202 while it is generating, 503 when it could not be made."""
    core = core_of(request)
    interview_id = interview_named(session_id)
    try:
        feedback = await core.reporting.feedback(who.user_id, interview_id)
    except AppError as error:
        if error.kind is not ErrorKind.CONFLICT:
            raise
        raise AppError(ErrorKind.NOT_FOUND, error.reason, error.message, details=error.details) from None
    if feedback.status is FeedbackStatus.FAILED:
        raise AppError(
            ErrorKind.UNAVAILABLE, "report_failed", "The feedback could not be made. Complete the interview again."
        )
    if feedback.status is FeedbackStatus.GENERATING:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    turns = (await core.archive.transcript(who.user_id, interview_id)).turns
    return feedback_out(feedback, turns)


async def _logged_in(request: Request, response: Response, tokens: Tokens) -> LoggedInOut:
    core = core_of(request)
    identity = await core.accounts.authenticate(tokens.access_token)
    await set_session_cookies(request, response, core, tokens)
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=tokens.expires_in)
    profile = await core.profiles.get(identity.user_id)
    return LoggedInOut(user_out(profile), TokenOut(tokens.access_token, expires_at))
