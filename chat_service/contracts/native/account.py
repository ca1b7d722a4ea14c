"""API keys, tickets, profiles in part, credits: shapes of the native API."""

from dataclasses import dataclass
from typing import Annotated, cast
from uuid import UUID

from pydantic import Field, Strict, StringConstraints

from chat_service.accounts.api_keys import MAX_NAME_CHARACTERS, ApiKey
from chat_service.accounts.credits import MAX_GRANT
from chat_service.accounts.passwords import MAX_LENGTH
from chat_service.accounts.profiles import ProfileChanges
from chat_service.contracts.fields import Flag
from chat_service.contracts.native.wire import Input, Line, ProfileOut, ShortLine, Storable, Whole


class ApiKeyInput(Input):
    """What a new key is called."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME_CHARACTERS), Storable
    ] = Field(examples=["Nightly practice script"])


@dataclass(slots=True)
class ApiKeysOut:
    """All keys, newest first, the revoked ones too."""

    api_keys: tuple[ApiKey, ...]


class DeletionInput(Input):
    """Confirms that the account is to be deleted."""

    password: str = Field(max_length=MAX_LENGTH, examples=["correct horse battery"])


class ProfilePatch(Input):
    """What is to change (RFC 7396): a field that is left out stays, null clears."""

    full_name: Line | None = Field(None, examples=["John Doe"])
    years_experience: Annotated[float, Strict()] | None = Field(None, ge=0, le=80, examples=[2])
    experience_level: ShortLine | None = Field(None, examples=["mid"])
    skills: list[ShortLine] | None = Field(None, max_length=50, examples=[["Python", "PostgreSQL"]])
    tech_stacks: list[ShortLine] | None = Field(None, max_length=50, examples=[["python", "angular"]])
    target_role: Line | None = Field(None, examples=["SDE-2"])
    target_company: Line | None = Field(None, examples=["Any"])
    time_zone: ShortLine | None = Field(None, description="IANA name", examples=["Europe/Berlin"])
    reminders: Flag | None = Field(None, description="Of scheduled interviews, by e-mail; null: yes")

    def changes(self) -> ProfileChanges:
        """The fields that were sent. A list that is cleared is empty."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        lists: dict[str, list[str]] = {name: [] for name in ("skills", "tech_stacks") if sent.get(name, ()) is None}
        reminded = {"reminders": True} if sent.get("reminders", ()) is None else {}
        return cast("ProfileChanges", sent | lists | reminded)


class CreditInput(Input):
    """Credits to give; below zero takes back."""

    amount: Whole = Field(ge=-MAX_GRANT, le=MAX_GRANT, description="Not 0", examples=[10])
    reason: Line = Field(examples=["Summer course"])


@dataclass(slots=True)
class UsersOut:
    """A page of accounts, newest first; `next_cursor` leads to the next page and is null on the last."""

    users: tuple[ProfileOut, ...]
    next_cursor: UUID | None
