"""Accounts."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import Profile
from chat_service.contracts.credentials import ACCESS_TOKEN
from chat_service.contracts.door import RateClass, authenticated, core_of, limited
from chat_service.contracts.interview_system.wire import (
    Authenticated,
    Deleted,
    Login,
    Registration,
    SkillsInput,
    Success,
    User,
    UserChanges,
    UserId,
    success,
    user_out,
)
from chat_service.core import Core

router = APIRouter(prefix="/api/v1/users", tags=["users"])
Who = Annotated[Identity, Depends(authenticated())]
InSession = Annotated[Identity, Depends(authenticated(by=ACCESS_TOKEN))]
_GUESSING = [Depends(limited(RateClass.AUTHENTICATION))]


@router.post("/register", status_code=201, response_model=Success[Authenticated], dependencies=_GUESSING)
async def register(request: Request, body: Registration) -> Response:
    """Opens an account and logs in."""
    core = core_of(request)
    await core.accounts.sign_up(body.email, body.password, details={"full_name": body.full_name})
    return success(await _log_in(core, body.email, body.password), 201)


@router.post(
    "/login",
    response_model=Success[Authenticated],
    responses={401: {"description": "The address or the password is wrong"}},
    dependencies=_GUESSING,
)
async def log_in(request: Request, body: Login) -> Response:
    """Gives an access token."""
    return success(await _log_in(core_of(request), body.email, body.password))


@router.get("/me", response_model=Success[User])
async def read_own_profile(request: Request, who: Who) -> Response:
    """The profile of whoever asks."""
    return success(user_out(await core_of(request).profiles.get(who.user_id)))


@router.put("/me", response_model=Success[User])
async def change_own_profile(request: Request, who: Who, body: UserChanges) -> Response:
    """Changes what is sent and leaves the rest."""
    return success(user_out(await core_of(request).profiles.change(who.user_id, body.changes())))


@router.get("/{user_id}", response_model=Success[User])
async def read_user(request: Request, who: Who, user_id: UserId) -> Response:
    """A user's profile, for himself and for administrators."""
    return success(user_out(await _seen_by(core_of(request), who, user_id)))


@router.delete("/{user_id}", response_model=Success[Deleted])
async def delete_user(request: Request, who: InSession, user_id: UserId) -> Response:
    """Deletes an account with everything in it, by himself or an administrator, not by an API key.

    That cannot be undone.
    """
    core = core_of(request)
    who.require_self_or_admin(user_id)
    await core.accounts.delete(user_id)
    await core.coaching.forget(user_id)
    return success(Deleted(id=user_id, deleted=True))


@router.put("/{user_id}/skills", response_model=Success[User])
async def replace_skills(request: Request, who: Who, user_id: UserId, body: SkillsInput) -> Response:
    """Sets a user's skills, by himself or an administrator."""
    core = core_of(request)
    await _seen_by(core, who, user_id)
    return success(user_out(await core.profiles.change(user_id, {"skills": body.skills})))


async def _seen_by(core: Core, who: Identity, user_id: UserId) -> Profile:
    who.require_self_or_admin(user_id)
    return await core.directory.get(user_id)


async def _log_in(core: Core, email: str, password: str) -> Authenticated:
    tokens = await core.accounts.log_in(email, password)
    identity = await core.accounts.authenticate(tokens.access_token)
    profile = await core.profiles.get(identity.user_id)
    return Authenticated(
        id=profile.id,
        email=profile.email,
        full_name=profile.details.full_name,
        token=tokens.access_token,
        token_type="bearer",  # noqa: S106 - the name of a scheme
        expires_in=tokens.expires_in,
    )
