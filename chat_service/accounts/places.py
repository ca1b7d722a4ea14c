"""Places: how many of a thing, such as open sockets, somebody has at the same time, over all processes.

A place is held for a lease and renewed; those of a killed process come free when their lease ends. `places:{who}` in
Redis is a sorted set of places by the Unix time at which each lease ends; the time is that of Redis.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.endings import end
from chat_service.errors import AppError, ErrorKind
from chat_service.storage.redis import unavailable

LEASE_SECONDS = 30.0

# KEYS: the set. ARGV: the place, the limit, the lease in seconds. Gives "0" when the place is taken or renewed, else
# the seconds until the first lease ends.
_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  return tostring(redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] - now)
end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[3] * 1000))
return '0'
"""


class Places:
    """Counts places by lease."""

    def __init__(self, redis: Redis, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._redis = redis
        self._lease = lease_seconds
        self._take = redis.register_script(_TAKE)

    async def acquire(self, who: str, limit: int) -> str:
        """A place of `who`, held for the lease. Raises RATE_LIMITED when all `limit` are taken."""
        place = secrets.token_hex(8)
        wait = await self._ask(who, place, limit)
        if wait > 0:
            raise AppError(
                ErrorKind.RATE_LIMITED,
                "connections_exhausted",
                f"No more than {limit} connections may be open at the same time. Close one first.",
                details={"connection_limit": limit},
                retry_after=wait,
            )
        return place

    async def renew(self, who: str, place: str, limit: int) -> bool:
        """Holds the place for another lease. False when the lease had ended and others have taken all places."""
        return await self._ask(who, place, limit) == 0

    async def release(self, who: str, place: str) -> None:
        """Gives the place back."""
        try:
            await self._redis.zrem(f"places:{who}", place)
        except RedisError as error:
            raise unavailable(error) from error

    @asynccontextmanager
    async def held(self, who: str, limit: int) -> AsyncIterator[None]:
        """A place for as long as the block lasts. Raises RATE_LIMITED when all are taken."""
        place = await self.acquire(who, limit)
        renewal = asyncio.create_task(self._keep_renewing(who, place, limit))
        try:
            yield
        finally:
            # Before the place is given back: a renewal after it would take it for good.
            await asyncio.shield(end(renewal))
            # A place that cannot be given back now comes free with its lease.
            with contextlib.suppress(AppError):
                await asyncio.shield(self.release(who, place))

    async def _keep_renewing(self, who: str, place: str, limit: int) -> None:
        while True:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(AppError):
                await self.renew(who, place, limit)

    async def _ask(self, who: str, place: str, limit: int) -> float:
        try:
            return float(await self._take(keys=[f"places:{who}"], args=[place, limit, self._lease]))
        except RedisError as error:
            raise unavailable(error) from error
