"""What a candidate tells about himself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from chat_service.accounts import time_zones
from chat_service.accounts.access_tokens import refused
from chat_service.accounts.identity import Role
from chat_service.accounts.tables import User
from chat_service.storage.database import Database


@dataclass(frozen=True, slots=True)
class ProfileDetails:
    """What the candidate sets.

    Years of professional experience are 0 to 80; `time_zone` is an IANA name, in which his days and weeks are counted.
    `reminders`: whether he wants to be reminded of scheduled interviews.
    """

    full_name: str | None = None
    years_experience: float | None = None
    experience_level: str | None = None
    skills: Sequence[str] = ()
    tech_stacks: Sequence[str] = ()
    target_role: str | None = None
    target_company: str | None = None
    time_zone: str | None = None
    reminders: bool = True


class ProfileChanges(TypedDict, total=False):
    """Details that are to change; the others stay. None clears."""

    full_name: str | None
    years_experience: float | None
    experience_level: str | None
    skills: list[str]
    tech_stacks: list[str]
    target_role: str | None
    target_company: str | None
    time_zone: str | None
    reminders: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A candidate's profile; `credits` are the interviews that he may still start."""

    id: UUID
    email: str
    role: Role
    details: ProfileDetails
    credits: int
    created_at: datetime
    updated_at: datetime


class Profiles:
    """Reads and changes profiles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: UUID) -> Profile:
        """The user's profile. Raises UNAUTHENTICATED when the account is gone."""
        async with self._database.transaction() as session:
            return _own(await session.get(User, user_id))

    async def change(self, user_id: UUID, changes: ProfileChanges) -> Profile:
        """Sets the given details. Raises INVALID for an unknown time zone."""
        require_possible(changes)
        async with self._database.transaction() as session:
            user = await session.get(User, user_id, with_for_update=True)
            if user is not None:
                for name, value in changes.items():
                    setattr(user, name, value)
                await session.flush()
                await session.refresh(user)
        return _own(user)


def require_possible(changes: ProfileChanges) -> None:
    """Raises INVALID for an unknown time zone."""
    name = changes.get("time_zone")
    if name is not None:
        time_zones.zone(name)


def profile(user: User) -> Profile:
    """The profile of a row."""
    details = ProfileDetails(
        full_name=user.full_name,
        years_experience=user.years_experience,
        experience_level=user.experience_level,
        skills=tuple(user.skills),
        tech_stacks=tuple(user.tech_stacks),
        target_role=user.target_role,
        target_company=user.target_company,
        time_zone=user.time_zone,
        reminders=user.reminders,
    )
    return Profile(user.id, user.email, Role(user.role), details, user.credits, user.created_at, user.updated_at)


def _own(user: User | None) -> Profile:
    if user is None:
        raise refused("account_gone", "This account no longer exists.")
    return profile(user)
