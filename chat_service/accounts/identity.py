"""Who is asking."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chat_service.errors import AppError, ErrorKind


class Role(StrEnum):
    """What an account may do: an admin may do all that a user may, and read the platform's figures."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated user, and what he was recognised by: a session (of a token or a cookie) or an API key.

    `session_id` is empty for an API key, `key_id` None for a session.
    """

    user_id: UUID
    email: str
    role: Role
    session_id: str = ""
    key_id: UUID | None = None

    def require_admin(self) -> None:
        """Raises FORBIDDEN for everyone but an admin."""
        if self.role is not Role.ADMIN:
            raise AppError(ErrorKind.FORBIDDEN, "admin_required", "Only an administrator may do this.")

    def require_self_or_admin(self, user_id: UUID) -> None:
        """Raises FORBIDDEN for everyone but this user and an admin, whether there is such a user or not."""
        if self.user_id != user_id and self.role is not Role.ADMIN:
            raise AppError(ErrorKind.FORBIDDEN, "not_yours", "Only the user himself or an administrator may do this.")
