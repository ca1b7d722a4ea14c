"""Accounts and sessions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.accounts import Tokens
from chat_service.accounts.api_keys import NewApiKey
from chat_service.accounts.identity import Identity
from chat_service.accounts.profiles import ProfileChanges
from chat_service.accounts.tickets import Ticket
from chat_service.contracts.credentials import ACCESS_TOKEN
from chat_service.contracts.door import RateClass, authenticated, core_of, limited
from chat_service.contracts.native.account import ApiKeyInput, ApiKeysOut
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
InSession = Annotated[Identity, Depends(authenticated(by=ACCESS_TOKEN))]
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
    details = ProfileChanges(
        full_name=body.full_name, target_role=body.target_role, experience_level=body.experience_level
    )
    account = await core_of(request).accounts.sign_up(body.email, body.password, details=details)
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
async def log_out(request: Request, who: InSession) -> Response:
    """Ends the session that the access token belongs to, with the sockets that it opened. API keys stay."""
    await core_of(request).accounts.log_out(who)
    return reply(MessageOut("Logged out."))


@router.get("/api-keys", response_model=ApiKeysOut)
async def list_api_keys(request: Request, who: InSession) -> Response:
    """Your API keys, without their text, which is shown only once."""
    return reply(ApiKeysOut(await core_of(request).api_keys.list(who.user_id)))


@router.post("/api-keys", status_code=201, response_model=NewApiKey, responses=problems(conflict="api_keys_exhausted"))
async def create_api_key(request: Request, who: InSession, body: ApiKeyInput) -> Response:
    """Makes an API key, for programs: it goes where an access token goes. Keep `key`: it is shown only now."""
    return reply(await core_of(request).api_keys.create(who.user_id, body.name), 201)


@router.delete(
    "/api-keys/{key_id}", status_code=204, response_class=Response, responses=problems(not_found="api_key_not_found")
)
async def revoke_api_key(request: Request, who: InSession, key_id: UUID) -> Response:
    """Ends an API key within five seconds. It stays in the list."""
    await core_of(request).api_keys.revoke(who.user_id, key_id)
    return Response(status_code=204)


@router.post("/websocket-ticket", response_model=Ticket)
async def issue_websocket_ticket(request: Request, who: Annotated[Identity, Depends(authenticated())]) -> Response:
    """A ticket to open one WebSocket with: `?ticket=...`, good once and for 30 seconds."""
    return reply(await core_of(request).tickets.issue(who))


def _tokens(tokens: Tokens) -> TokensOut:
    return TokensOut(tokens.access_token, tokens.refresh_token, "bearer", tokens.expires_in)
