"""What a candidate tells about himself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.identity import Role
from chat_service.accounts.tables import User
from chat_service.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProfileDetails:
    """What the candidate sets: years of professional experience (0 to 80), technologies, and what he aims for."""

    years_experience: float | None = None
    tech_stacks: Sequence[str] = ()
    target_role: str | None = None
    target_company: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A candidate's profile."""

    id: UUID
    email: str
    role: Role
    details: ProfileDetails
    created_at: datetime
    updated_at: datetime


class Profiles:
    """Reads and replaces profiles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: UUID) -> Profile:
        """The user's profile. Raises UNAUTHENTICATED when the account is gone."""
        async with self._database.transaction() as session:
            return _profile(await session.get(User, user_id))

    async def replace(self, user_id: UUID, details: ProfileDetails) -> Profile:
        """Sets all details at once: what is left out is cleared."""
        async with self._database.transaction() as session:
            user = await session.get(User, user_id, with_for_update=True)
            if user is not None:
                user.years_experience = details.years_experience
                user.tech_stacks = list(details.tech_stacks)
                user.target_role = details.target_role
                user.target_company = details.target_company
                await session.flush()
                await session.refresh(user)
        return _profile(user)


def _profile(user: User | None) -> Profile:
    if user is None:
        raise refused("account_gone", "This account no longer exists.")
    details = ProfileDetails(user.years_experience, tuple(user.tech_stacks), user.target_role, user.target_company)
    return Profile(user.id, user.email, Role(user.role), details, user.created_at, user.updated_at)
