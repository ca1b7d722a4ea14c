"""Sign-up, login and what follows from them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from chat_service.accounts import credits as ledger
from chat_service.accounts import emails
from chat_service.accounts.access_tokens import AccessTokens, refused
from chat_service.accounts.identity import Identity, Role
from chat_service.accounts.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from chat_service.accounts.profiles import ProfileChanges, require_possible
from chat_service.accounts.sessions import Sessions
from chat_service.accounts.tables import User
from chat_service.errors import AppError, ErrorKind, invalid, not_found
from chat_service.storage.database import Database, GaveWayError

_REMOVALS = 5


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its owner sees it."""

    id: UUID
    email: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client authenticates with; `expires_in` is the access token's life in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


class Accounts:
    """Opens accounts and sessions."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        access_tokens: AccessTokens,
        passwords: Passwords,
        *,
        signup_credits: int,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._access_tokens = access_tokens
        self._passwords = passwords
        self._signup_credits = signup_credits

    async def sign_up(
        self, email: str, password: str, *, role: Role = Role.USER, details: ProfileChanges | None = None
    ) -> Account:
        """Opens an account with its first credits. `details` are what its profile begins with.

        Raises INVALID for an unusable address, password or detail, CONFLICT for a taken address.
        """
        address = emails.normalise(email)
        require_usable(password)
        known = details or ProfileChanges()
        require_possible(known)
        user = User(email=address, password_hash=await self._passwords.hash(password), role=role.value, **known)
        try:
            async with self._database.transaction() as session:
                session.add(user)
                await session.flush()
                if self._signup_credits:
                    await ledger.give(session, user.id, self._signup_credits, ledger.SIGN_UP)
                await session.refresh(user)
        except IntegrityError:
            raise AppError(
                ErrorKind.CONFLICT, "email_taken", "An account with this e-mail address exists. Log in instead."
            ) from None
        return _account(user)

    async def log_in(self, email: str, password: str) -> Tokens:
        """Opens a session. An unknown address and a wrong password get the same answer after the same time."""
        try:
            address = emails.normalise(email)
        except AppError:
            address = ""
        async with self._database.transaction() as session:
            user = await session.scalar(select(User).where(User.email == address))
        if not await self._passwords.verify(password, user.password_hash if user else None) or user is None:
            raise refused("credentials_invalid", "The e-mail address or the password is wrong.")
        session_id, refresh_token = await self._sessions.open(user.id)
        return await self._tokens(user.id, session_id, refresh_token)

    async def refresh(self, refresh_token: str) -> Tokens:
        """A new access token, with the role that the user has now. Raises UNAUTHENTICATED."""
        refreshed = await self._sessions.refresh(refresh_token)
        return await self._tokens(refreshed.user_id, refreshed.session_id, refreshed.next_token)

    async def log_out(self, identity: Identity) -> None:
        """Ends the session that the identity's token belongs to."""
        await self._sessions.end(identity.session_id, identity.user_id)

    async def authenticate(self, access_token: str) -> Identity:
        """Who holds the token. Raises UNAUTHENTICATED when it is invalid or its session has ended."""
        identity = self._access_tokens.read(access_token)
        await self._sessions.check(identity.session_id)
        return identity

    async def require_password(self, user_id: UUID, password: str) -> None:
        """Raises FORBIDDEN unless it is the user's password, and UNAUTHENTICATED when the account is gone."""
        async with self._database.transaction() as session:
            user = await session.get(User, user_id)
        if user is None:
            raise refused("account_gone", "This account no longer exists.")
        if not await self._passwords.verify(password, user.password_hash):
            raise AppError(ErrorKind.FORBIDDEN, "password_wrong", "This is not the password of the account.")

    async def delete(self, user_id: UUID) -> None:
        """Deletes an account with all that belongs to it; ends its sessions. Raises NOT_FOUND.

        The row goes first: a login at the same moment finds no account, or opens a session that is ended here.
        """
        gone = await self._remove(user_id)
        await self._sessions.end_all(user_id)
        if not gone:
            raise not_found("user")

    async def change_role(self, email: str, role: Role) -> Account:
        """Gives an existing account a role. A demotion ends its sessions. Raises NOT_FOUND."""
        address = emails.normalise(email)
        async with self._database.transaction() as session:
            user = await session.scalar(select(User).where(User.email == address).with_for_update())
            if user is None:
                raise AppError(ErrorKind.NOT_FOUND, "user_not_found", f"There is no account {address}.")
            user.role = role.value
        if role is Role.USER:
            await self._sessions.end_all(user.id)
        return _account(user)

    async def _remove(self, user_id: UUID) -> bool:
        """Removes the row with all that hangs on it, which others lock in another order; False when it is not there."""
        tries = _REMOVALS
        while True:
            tries -= 1
            try:
                async with self._database.transaction() as session:
                    gone = await session.scalar(delete(User).where(User.id == user_id).returning(User.id))
                return gone is not None
            except GaveWayError:
                if not tries:
                    raise

    async def _tokens(self, user_id: UUID, session_id: str, refresh_token: str) -> Tokens:
        """The tokens of a session that stands.

        The role is read after the session was opened or found alive. A demotion writes the role before it ends the
        sessions, so either it is seen here or it ends this session.
        """
        async with self._database.transaction() as session:
            user = await session.get(User, user_id)
        if user is None:
            await self._sessions.end(session_id, user_id)
            raise refused("account_gone", "This account no longer exists.")
        identity = Identity(user.id, user.email, Role(user.role), session_id)
        return Tokens(self._access_tokens.issue(identity), refresh_token, int(self._access_tokens.life.total_seconds()))


def require_usable(password: str) -> None:
    """Length is all that is asked of a password (NIST SP 800-63B, 5.1.1.2). Raises INVALID."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise invalid("password", f"must have {MIN_LENGTH} to {MAX_LENGTH} characters")


def _account(user: User) -> Account:
    return Account(user.id, user.email, Role(user.role), user.created_at)
