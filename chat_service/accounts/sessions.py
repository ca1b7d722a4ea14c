"""Sessions: families of refresh tokens in Redis.

A login opens a session with its first refresh token. Every token has exactly one successor, derived from it with a
server key, so that asking again, or from several tabs at once, gives the same one. The session remembers the newest
token that has been used (its head) and that token's successor. Using the successor makes it the head; from then on
any older token is a replay and ends the whole session (RFC 9700, section 4.14.2). A client that never rotates goes
on with its first token until the session's time is up.

Redis holds SHA-256 digests only. `session:{id}` is a hash (user, head, next), `refresh:{digest}` the id of the
session, `sessions:{user}` a user's sessions, sorted by the Unix time at which each ends unless it is kept alive.
"""

import hashlib
import hmac
import math
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.trust import Trust
from chat_service.errors import AppError
from chat_service.storage.ids import new_id
from chat_service.storage.redis import unavailable

# KEYS: the token's key. ARGV: its digest, its successor's digest, life in seconds, the Unix time at which that is up.
# Returns {"ok", session, user}, {"reused", session, user} or {"unknown"}.
_ADVANCE = """
local session = redis.call('GET', KEYS[1])
if not session then return {'unknown'} end
local key = 'session:' .. session
local state = redis.call('HMGET', key, 'user', 'head', 'next')
if not state[1] then return {'unknown'} end
if state[2] == ARGV[1] then return {'ok', session, state[1]} end
if state[3] ~= ARGV[1] then
  redis.call('DEL', key)
  redis.call('ZREM', 'sessions:' .. state[1], session)
  return {'reused', session, state[1]}
end
redis.call('HSET', key, 'head', ARGV[1], 'next', ARGV[2])
redis.call('EXPIRE', key, ARGV[3])
redis.call('ZADD', 'sessions:' .. state[1], ARGV[4], session)
redis.call('EXPIRE', 'sessions:' .. state[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('SET', 'refresh:' .. ARGV[2], session, 'EX', ARGV[3])
return {'ok', session, state[1]}
"""


@dataclass(frozen=True, slots=True)
class RefreshedSession:
    """A session that a refresh token has just kept alive, and the token to use next."""

    session_id: str
    user_id: UUID
    next_token: str


class Sessions:
    """Opens, refreshes, checks and ends sessions."""

    def __init__(self, redis: Redis, *, key: str, life: timedelta) -> None:
        self._redis = redis
        self._key = hashlib.sha256(b"refresh-token-successor\0" + key.encode()).digest()
        self._life = int(life.total_seconds())
        self._advance = redis.register_script(_ADVANCE)
        self._trusted: Trust[str, bool] = Trust()

    async def open(self, user_id: UUID) -> tuple[str, str]:
        """A new session for the user: its id and its first refresh token."""
        session, token = str(new_id()), str(uuid4())
        successor = self._successor(token)
        try:
            async with self._redis.pipeline(transaction=True) as commands:
                commands.hset(
                    f"session:{session}",
                    mapping={"user": str(user_id), "head": _digest(token), "next": _digest(successor)},
                )
                commands.expire(f"session:{session}", self._life)
                for one in (token, successor):
                    commands.set(f"refresh:{_digest(one)}", session, ex=self._life)
                commands.zremrangebyscore(f"sessions:{user_id}", "-inf", time.time())
                commands.zadd(f"sessions:{user_id}", {session: self._end_of_life()})
                commands.expire(f"sessions:{user_id}", self._life)
                await commands.execute()
        except RedisError as error:
            raise unavailable(error) from error
        return session, token

    async def refresh(self, token: str) -> RefreshedSession:
        """Keeps a session alive. Raises UNAUTHENTICATED for an unknown, expired or replayed token."""
        successor = self._successor(token)
        digest = _digest(token)
        try:
            outcome = await self._advance(
                keys=[f"refresh:{digest}"], args=[digest, _digest(successor), self._life, self._end_of_life()]
            )
        except RedisError as error:
            raise unavailable(error) from error
        verdict = outcome[0].decode()
        if verdict == "reused":
            self._trusted.forget(outcome[1].decode())
            raise refused(
                "refresh_token_reused",
                "This refresh token was replaced and its successor used, so the session was ended. Log in again.",
            )
        if verdict != "ok":
            raise refused("refresh_token_invalid", "The refresh token is unknown or has expired. Log in again.")
        return RefreshedSession(outcome[1].decode(), UUID(outcome[2].decode()), successor)

    async def check(self, session_id: str) -> None:
        """Raises UNAUTHENTICATED when the session has ended. Trusts an answer for three seconds."""
        if self._trusted.get(session_id):
            return
        try:
            alive = await self._redis.exists(f"session:{session_id}")
        except RedisError as error:
            raise unavailable(error) from error
        if not alive:
            raise session_ended()
        self._trusted.keep(session_id, True)

    async def owner(self, session_id: str) -> UUID:
        """Whose session it is. Raises UNAUTHENTICATED when it has ended."""
        try:
            user = await self._redis.hget(f"session:{session_id}", "user")
        except RedisError as error:
            raise unavailable(error) from error
        if user is None:
            raise session_ended()
        return UUID(user.decode() if isinstance(user, bytes) else user)

    async def end(self, session_id: str, user_id: UUID) -> None:
        """Ends one session: its refresh tokens at once, its access tokens within three seconds."""
        self._trusted.forget(session_id)
        try:
            async with self._redis.pipeline(transaction=True) as commands:
                commands.delete(f"session:{session_id}")
                commands.zrem(f"sessions:{user_id}", session_id)
                await commands.execute()
        except RedisError as error:
            raise unavailable(error) from error

    async def end_all(self, user_id: UUID) -> None:
        """Ends every session of the user."""
        try:
            sessions: list[bytes] = await self._redis.zrange(f"sessions:{user_id}", 0, -1)  # type: ignore[assignment]
        except RedisError as error:
            raise unavailable(error) from error
        for session in sessions:
            await self.end(session.decode(), user_id)

    def _end_of_life(self) -> int:
        return math.ceil(time.time()) + self._life

    def _successor(self, token: str) -> str:
        return str(UUID(bytes=hmac.digest(self._key, token.encode(), "sha256")[:16], version=4))


def session_ended() -> AppError:
    """What a credential of an ended session is told."""
    return refused("session_ended", "This session has ended. Log in again.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
