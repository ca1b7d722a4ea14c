"""Giving credits to an account, once for each request."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chat_service.accounts import credits as ledger
from chat_service.accounts.credits import CreditMovement
from chat_service.accounts.identity import Identity
from chat_service.interviews.idempotency import Idempotency, RequestKey
from chat_service.storage.database import Database


@dataclass(slots=True)
class Grant:
    """What was given, and the balance then."""

    user_id: UUID
    credits: int
    entry: CreditMovement


_GRANT = TypeAdapter(Grant)


class Granting:
    """Gives credits and takes them back."""

    def __init__(self, database: Database, idempotency: Idempotency) -> None:
        self._database = database
        self._idempotency = idempotency

    async def grant(
        self, admin: Identity, user_id: UUID, amount: int, reason: str, *, request: RequestKey | None = None
    ) -> Grant:
        """Adds an entry to the user's ledger. Raises FORBIDDEN, NOT_FOUND, and INVALID for an impossible amount."""
        admin.require_admin()

        async def give() -> Grant:
            async with self._database.transaction() as session:
                entry, balance = await ledger.give(session, user_id, amount, reason, granted_by=admin.user_id)
                grant = Grant(user_id, balance, entry)
                if request is not None:
                    await self._idempotency.save(session, admin.user_id, request, _GRANT.dump_json(grant))
            return grant

        return await self._idempotency.run(admin.user_id, request, _GRANT, give)
