"""Credits: what an account may start interviews with. A ledger of entries, and its sum with the account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from chat_service.accounts.tables import CreditEntry, User
from chat_service.errors import AppError, ErrorKind, invalid, not_found
from chat_service.storage.database import Database

SIGN_UP = "sign_up"
INTERVIEW_START = "interview_start"
MAX_GRANT = 1_000_000
_MOST = 2_000_000_000


@dataclass(slots=True)
class CreditMovement:
    """One entry of the ledger: positive when given, -1 for the start of the interview that it names."""

    id: UUID
    amount: int
    reason: str
    interview_id: UUID | None
    granted_by: UUID | None
    created_at: datetime


async def spend(session: AsyncSession, user_id: UUID, interview_id: UUID) -> None:
    """Takes one credit for the start of an interview, within the caller's transaction.

    Raises FORBIDDEN `credits_spent` when there is none. The ledger holds one start of an interview at most.
    """
    if await _move(session, user_id, -1) is None:
        raise credits_spent()
    session.add(CreditEntry(user_id=user_id, amount=-1, reason=INTERVIEW_START, interview_id=interview_id))
    await session.flush()


async def require_credit(database: Database, user_id: UUID) -> None:
    """Raises FORBIDDEN when there is nothing to spend; `spend` has the last word."""
    if not await database.fetch("SELECT true FROM users WHERE id = $1 AND credits >= 1", user_id):
        raise credits_spent()


async def give(
    session: AsyncSession, user_id: UUID, amount: int, reason: str, *, granted_by: UUID | None = None
) -> tuple[CreditMovement, int]:
    """Adds an entry within the caller's transaction; gives it and the balance. A negative amount takes back.

    Raises NOT_FOUND for an unknown user, INVALID for 0, for more than `MAX_GRANT`, and for more than there is to take.
    """
    if amount == 0 or abs(amount) > MAX_GRANT:
        raise invalid("amount", f"must be 1 to {MAX_GRANT}, or as much below zero")
    balance = await _move(session, user_id, amount)
    if balance is None:
        if await session.get(User, user_id) is None:
            raise not_found("user")
        raise invalid("amount", "would leave fewer than no credits, or more than can be counted")
    entry = CreditEntry(user_id=user_id, amount=amount, reason=reason, granted_by=granted_by)
    session.add(entry)
    await session.flush()
    await session.refresh(entry)
    return movement(entry), balance


def movement(row: CreditEntry) -> CreditMovement:
    """The entry of a row."""
    return CreditMovement(row.id, row.amount, row.reason, row.interview_id, row.granted_by, row.created_at)


def credits_spent() -> AppError:
    """Nothing is left to start an interview with."""
    return AppError(
        ErrorKind.FORBIDDEN, "credits_spent", "No interviews are left on this account. An administrator can add some."
    )


async def _move(session: AsyncSession, user_id: UUID, amount: int) -> int | None:
    """The balance after the movement; None when the account cannot bear it, or is not there."""
    return await session.scalar(
        update(User)
        .where(User.id == user_id, User.credits.between(max(-amount, 0), _MOST - max(amount, 0)))
        .values(credits=User.credits + amount, updated_at=User.updated_at)
        .returning(User.credits)
        .execution_options(synchronize_session=False)
    )
