"""Sessions of browsers: an opaque cookie beside a session, and a token against forged requests.

Redis holds `cookie:{digest}`, the id of the session that the cookie belongs to, for the session's life. The token is
the signed double-submit pattern of the OWASP Cross-Site Request Forgery Prevention Cheat Sheet: a random value and its
HMAC with the cookie.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.identity import Identity, Role
from chat_service.accounts.sessions import Sessions, session_ended
from chat_service.accounts.trust import Trust
from chat_service.storage.database import Database
from chat_service.storage.redis import unavailable

_FIND = "SELECT email, role FROM users WHERE id = $1"


class CookieSessions:
    """Makes cookies for sessions, recognises them, and makes and checks their tokens."""

    def __init__(self, redis: Redis, database: Database, sessions: Sessions, *, key: str, life: timedelta) -> None:
        self._redis = redis
        self._database = database
        self._sessions = sessions
        self._key = hashlib.sha256(b"csrf-token\0" + key.encode()).digest()
        self._life = life
        self._recognised: Trust[str, Identity] = Trust()

    @property
    def life(self) -> timedelta:
        """How long a cookie is good for."""
        return self._life

    async def open(self, identity: Identity) -> str:
        """A cookie for the session of the identity; it ends with the session."""
        if not identity.session_id:
            raise session_ended()
        cookie = secrets.token_urlsafe(32)
        try:
            await self._redis.set(f"cookie:{_digest(cookie)}", identity.session_id, ex=self._life)
        except RedisError as error:
            raise unavailable(error) from error
        return cookie

    async def authenticate(self, cookie: str) -> Identity:
        """Whose cookie it is, with the role that he has now. Raises UNAUTHENTICATED."""
        digest = _digest(cookie)
        identity = self._recognised.get(digest)
        if identity is None:
            identity = await self._recognise(digest)
            self._recognised.keep(digest, identity)
        await self._sessions.check(identity.session_id)
        return identity

    def csrf_token(self, cookie: str) -> str:
        """A token that only requests of this cookie may carry."""
        value = secrets.token_hex(16)
        return f"{value}.{self._signature(cookie, value)}"

    def csrf_token_fits(self, cookie: str, token: str) -> bool:
        """Whether the token was made for the cookie."""
        value, _, signature = token.partition(".")
        return hmac.compare_digest(signature.encode(), self._signature(cookie, value).encode())

    async def _recognise(self, digest: str) -> Identity:
        try:
            stored = await self._redis.get(f"cookie:{digest}")
        except RedisError as error:
            raise unavailable(error) from error
        if stored is None:
            raise session_ended()
        session_id = stored.decode() if isinstance(stored, bytes) else stored
        user_id = await self._sessions.owner(session_id)
        row = await self._database.fetch_row(_FIND, user_id)
        if row is None:
            raise refused("account_gone", "This account no longer exists.")
        return Identity(user_id, row["email"], Role(row["role"]), session_id)

    def _signature(self, cookie: str, value: str) -> str:
        return hmac.new(self._key, f"{_digest(cookie)}!{value}".encode(), "sha256").hexdigest()


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
