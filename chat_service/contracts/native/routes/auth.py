"""Accounts and sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.accounts import Tokens
from chat_service.accounts.identity import Identity
from chat_service.contracts.door import RateClass, authenticated, core_of, limited
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import (
    AccountOut,
    LogIn,
    MessageOut,
    RefreshRequest,
    SignUp,
    TokensOut,
    reply,
)

router = APIRouter(prefix="/auth", tags=["auth"])
_limited = Depends(limited(RateClass.AUTHENTICATION))


@router.post(
    "/signup",
    status_code=201,
    response_model=AccountOut,
    dependencies=[_limited],
    responses=problems(conflict="email_taken"),
)
async def sign_up(request: Request, body: SignUp) -> Response:
    """Opens an account. Everyone starts as a user, whatever `role` says."""
    account = await core_of(request).accounts.sign_up(body.email, body.password)
    return reply(AccountOut(account.id, account.email, account.role), 201)


@router.post(
    "/login",
    response_model=TokensOut,
    dependencies=[_limited],
    responses=problems(unauthenticated=("credentials_invalid", "account_gone")),
)
async def log_in(request: Request, body: LogIn) -> Response:
    """Opens a session."""
    return reply(_tokens(await core_of(request).accounts.log_in(body.email, body.password)))


@router.post(
    "/refresh",
    response_model=TokensOut,
    dependencies=[_limited],
    responses=problems(unauthenticated=("refresh_token_invalid", "refresh_token_reused", "account_gone")),
)
async def refresh(request: Request, body: RefreshRequest) -> Response:
    """A new access token. Keep the refresh token that comes with it, or go on with the one you have."""
    return reply(_tokens(await core_of(request).accounts.refresh(body.refresh_token)))


@router.post("/logout", response_model=MessageOut)
async def log_out(request: Request, identity: Annotated[Identity, Depends(authenticated())]) -> Response:
    """Ends the session that the access token belongs to."""
    await core_of(request).accounts.log_out(identity)
    return reply(MessageOut("Logged out."))


def _tokens(tokens: Tokens) -> TokensOut:
    return TokensOut(tokens.access_token, tokens.refresh_token, "bearer", tokens.expires_in)
