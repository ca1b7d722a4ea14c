"""API keys: credentials for programs, shown once and kept as SHA-256."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.identity import Identity, Role
from chat_service.accounts.tables import StoredApiKey, User
from chat_service.accounts.trust import Trust
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.storage.database import Database

KEY_MARK = "mik_"
MAX_KEYS = 20
MAX_NAME_CHARACTERS = 100

_FIND = """
SELECT k.id, k.user_id, u.email, u.role,
       k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute' AS stale
FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.digest = $1 AND k.revoked_at IS NULL
"""
_TOUCH = """
UPDATE api_keys SET last_used_at = now()
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
"""
_STANDS = """
SELECT true FROM api_keys k JOIN users u ON u.id = k.user_id
WHERE k.id = $1 AND k.revoked_at IS NULL AND u.role = $2
"""


@dataclass(slots=True)
class ApiKey:
    """An API key as its owner sees it; `prefix` is how it begins. `last_used_at` is exact to a minute."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(slots=True)
class NewApiKey(ApiKey):
    """An API key at the only moment at which its text is known."""

    key: str


class ApiKeys:
    """Makes, lists, revokes and recognises API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recognised: Trust[bytes, Identity] = Trust()
        self._standing: Trust[Identity, bool] = Trust()

    async def create(self, user_id: UUID, name: str) -> NewApiKey:
        """A new key. Raises CONFLICT beyond `MAX_KEYS` that are in force."""
        prefix = KEY_MARK + secrets.token_hex(4)
        key = f"{prefix}_{secrets.token_urlsafe(32)}"
        async with self._database.transaction() as session:
            if await session.get(User, user_id, with_for_update=True) is None:
                raise refused("account_gone", "This account no longer exists.")
            in_force = await session.scalar(
                select(func.count())
                .select_from(StoredApiKey)
                .where(StoredApiKey.user_id == user_id, StoredApiKey.revoked_at.is_(None))
            )
            if (in_force or 0) >= MAX_KEYS:
                raise AppError(
                    ErrorKind.CONFLICT, "api_keys_exhausted", f"There are {MAX_KEYS} keys already. Revoke one first."
                )
            row = StoredApiKey(user_id=user_id, name=name, prefix=prefix, digest=_digest(key))
            session.add(row)
            await session.flush()
            await session.refresh(row)
        return NewApiKey(row.id, row.name, row.prefix, row.created_at, None, None, key)

    async def list(self, user_id: UUID) -> tuple[ApiKey, ...]:
        """The user's keys, newest first, the revoked ones too."""
        async with self._database.transaction() as session:
            rows = await session.scalars(
                select(StoredApiKey).where(StoredApiKey.user_id == user_id).order_by(StoredApiKey.id.desc())
            )
            return tuple(api_key(row) for row in rows)

    async def revoke(self, user_id: UUID, key_id: UUID) -> ApiKey:
        """Ends a key: here at once, in other processes within three seconds. Raises NOT_FOUND."""
        async with self._database.transaction() as session:
            row = await session.scalar(
                select(StoredApiKey).where(StoredApiKey.id == key_id, StoredApiKey.user_id == user_id).with_for_update()
            )
            if row is None:
                raise not_found("api_key")
            if row.revoked_at is None:
                row.revoked_at = func.now()
                await session.flush()
                await session.refresh(row)
            digest = row.digest
        self._recognised.forget(digest)
        return api_key(row)

    async def authenticate(self, key: str) -> Identity:
        """Whose key it is, with the role that he has now. Raises UNAUTHENTICATED."""
        digest = _digest(key)
        identity = self._recognised.get(digest)
        if identity is not None:
            return identity
        row = await self._database.fetch_row(_FIND, digest)
        if row is None:
            raise refused("api_key_invalid", "The API key is unknown or was revoked.")
        if row["stale"]:
            await self._database.fetch(_TOUCH, row["id"])
        identity = Identity(row["user_id"], row["email"], Role(row["role"]), key_id=row["id"])
        self._recognised.keep(digest, identity)
        return identity

    async def check(self, identity: Identity) -> None:
        """Raises UNAUTHENTICATED when the identity's key was revoked or his role has changed, within three seconds."""
        if self._standing.get(identity):
            return
        if not await self._database.fetch(_STANDS, identity.key_id, identity.role.value):
            raise refused("api_key_invalid", "The API key was revoked.")
        self._standing.keep(identity, True)


def is_api_key(token: str) -> bool:
    """Whether a bearer token is meant as an API key."""
    return token.startswith(KEY_MARK)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def api_key(row: StoredApiKey) -> ApiKey:
    """The key of a row."""
    return ApiKey(row.id, row.name, row.prefix, row.created_at, row.last_used_at, row.revoked_at)
