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
    """An authenticated user, as the access token states him, and the session that the token belongs to."""

    user_id: UUID
    email: str
    role: Role
    session_id: str

    def require_admin(self) -> None:
        """Raises FORBIDDEN for everyone but an admin."""
        if self.role is not Role.ADMIN:
            raise AppError(ErrorKind.FORBIDDEN, "admin_required", "Only an administrator may do this.")
