"""The candidate's profile, and his account as a whole."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import ProfileChanges
from chat_service.contracts.credentials import ACCESS_TOKEN
from chat_service.contracts.door import RateClass, authenticated, core_of
from chat_service.contracts.native.account import DeletionInput, ProfilePatch
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import ProfileInput, ProfileOut, profile_out, reply

router = APIRouter(prefix="/profile", tags=["profile"])
Who = Annotated[Identity, Depends(authenticated())]
# Its password may be guessed at no faster than at the login.
Guessing = Annotated[Identity, Depends(authenticated(RateClass.AUTHENTICATION, by=ACCESS_TOKEN))]


@router.get("/me", response_model=ProfileOut)
async def read_profile(request: Request, who: Who) -> Response:
    """The profile of whoever asks."""
    return reply(profile_out(await core_of(request).profiles.get(who.user_id)))


@router.put("/me", response_model=ProfileOut)
async def replace_profile(request: Request, who: Who, body: ProfileInput) -> Response:
    """Sets what interviews are fitted to. Interviews created afterwards take their defaults from it."""
    changes = ProfileChanges(
        years_experience=body.years_experience,
        tech_stacks=list(body.tech_stacks),
        target_role=body.target_role,
        target_company=body.target_company,
    )
    return reply(profile_out(await core_of(request).profiles.change(who.user_id, changes)))


@router.patch("/me", response_model=ProfileOut)
async def change_profile(request: Request, who: Who, body: ProfilePatch) -> Response:
    """Changes what is sent and leaves the rest."""
    return reply(profile_out(await core_of(request).profiles.change(who.user_id, body.changes())))


@router.delete("/me", status_code=204, response_class=Response, responses=problems(forbidden="password_wrong"))
async def delete_account(request: Request, who: Guessing, body: DeletionInput) -> Response:
    """Deletes your account with everything in it, at once. Tokens and keys are dead within five seconds."""
    core = core_of(request)
    await core.accounts.require_password(who.user_id, body.password)
    await core.accounts.delete(who.user_id)
    await core.coaching.forget(who.user_id)
    return Response(status_code=204)


@router.get(
    "/me/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def export_account(request: Request, who: Who) -> Response:
    """Everything that is kept about you: account, profile, credits, API keys, interviews and all other records."""
    pieces = core_of(request).export.of(who.user_id)
    first = await anext(pieces)

    async def document() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(
        document(),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="mock-interview.json"'},
    )
