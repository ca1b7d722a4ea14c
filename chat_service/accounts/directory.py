"""Accounts as an administrator sees them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from chat_service.accounts.profiles import Profile, profile
from chat_service.accounts.tables import User
from chat_service.errors import not_found
from chat_service.storage.database import Database

MAX_PAGE = 100


@dataclass(slots=True)
class UserPage:
    """Some accounts, newest first, and the cursor of the next page if there is one."""

    users: tuple[Profile, ...]
    next_cursor: UUID | None


class Directory:
    """Finds accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, email: str | None, limit: int, cursor: UUID | None = None) -> UserPage:
        """At most `limit` (1 to 100) accounts behind the cursor, whose address contains `email` in any case."""
        query = select(User).order_by(User.id.desc()).limit(limit + 1)
        if email is not None:
            query = query.where(User.email.icontains(email, autoescape=True))
        if cursor is not None:
            query = query.where(User.id < cursor)
        async with self._database.transaction() as session:
            rows = list(await session.scalars(query))
        shown = rows[:limit]
        return UserPage(tuple(profile(row) for row in shown), shown[-1].id if len(rows) > limit else None)

    async def get(self, user_id: UUID) -> Profile:
        """One account. Raises NOT_FOUND."""
        async with self._database.transaction() as session:
            user = await session.get(User, user_id)
        if user is None:
            raise not_found("user")
        return profile(user)
