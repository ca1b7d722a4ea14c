"""Accounts and their credits, for administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from chat_service.accounts.directory import MAX_PAGE
from chat_service.accounts.identity import Identity
from chat_service.contracts.door import authenticated, core_of
from chat_service.contracts.native.account import CreditInput, UsersOut
from chat_service.contracts.native.problem import problems
from chat_service.contracts.native.wire import Storable, profile_out, reply, request_key
from chat_service.interviews.granting import Grant
from chat_service.interviews.idempotency import RequestKey

router = APIRouter(prefix="/admin/users", tags=["admin"])
Who = Annotated[Identity, Depends(authenticated())]
_Part = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320), Storable]


@router.get("", response_model=UsersOut, responses=problems(forbidden="admin_required"))
async def list_users(
    request: Request,
    who: Who,
    email: Annotated[_Part | None, Query(description="Part of the address, in any case")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    cursor: UUID | None = None,
) -> Response:
    """Accounts, newest first, with their credits."""
    who.require_admin()
    page = await core_of(request).directory.page(email=email, limit=limit, cursor=cursor)
    return reply(UsersOut(tuple(profile_out(one) for one in page.users), page.next_cursor))


@router.post(
    "/{user_id}/credits",
    status_code=201,
    response_model=Grant,
    responses=problems(forbidden="admin_required", not_found="user_not_found"),
)
async def grant_credits(
    request: Request,
    who: Who,
    user_id: UUID,
    key: Annotated[RequestKey | None, Depends(request_key)],
    body: CreditInput,
) -> Response:
    """Gives an account credits, or takes some back: never more than it has."""
    granting = core_of(request).granting
    return reply(await granting.grant(who, user_id, body.amount, body.reason, request=key), 201)
