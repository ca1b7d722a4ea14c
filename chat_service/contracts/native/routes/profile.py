"""The candidate's profile."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import ProfileDetails
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.wire import ProfileInput, ProfileOut, profile_out, reply

router = APIRouter(prefix="/profile", tags=["profile"])
Who = Annotated[Identity, Depends(authenticated())]


@router.get("/me", response_model=ProfileOut)
async def read_profile(request: Request, who: Who) -> Response:
    """The profile of whoever asks."""
    return reply(profile_out(await core_of(request).profiles.get(who.user_id)))


@router.put("/me", response_model=ProfileOut)
async def replace_profile(request: Request, who: Who, body: ProfileInput) -> Response:
    """Sets the whole profile. Interviews created afterwards take their defaults from it."""
    details = ProfileDetails(body.years_experience, tuple(body.tech_stacks), body.target_role, body.target_company)
    return reply(profile_out(await core_of(request).profiles.replace(who.user_id, details)))
