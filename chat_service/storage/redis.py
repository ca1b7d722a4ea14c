"""Redis: one connection pool a process."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from chat_service.errors import AppError, ErrorKind

_TIMEOUT_SECONDS = 3.0


def connect(url: str) -> Redis:
    """A client that reads bytes, gives up after three seconds and tries a dropped connection twice again."""
    return Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
        max_connections=256,
    )


def unavailable(error: RedisError) -> AppError:
    """What a caller is told when Redis cannot be asked: nothing is let through unchecked."""
    return AppError(
        ErrorKind.UNAVAILABLE,
        "session_store_unavailable",
        "Sessions cannot be checked just now. Try again in a moment.",
        details={"cause": type(error).__name__},
        retry_after=2,
    )
