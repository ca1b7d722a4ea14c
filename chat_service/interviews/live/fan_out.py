"""Telling the other workers that something has happened in an interview, by Redis pub/sub.

Only a hint is sent: what has happened is in the event log. A hint that is lost is made up for by the next look at it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from chat_service.endings import end

_CHANNEL = "live:"
_LISTEN_SECONDS = 1.0
_RETRY_SECONDS = 1.0
_log = structlog.get_logger()


class FanOut:
    """One subscription a worker, to the interviews that somebody here follows."""

    def __init__(self, redis: Redis, deliver: Callable[[UUID, str], None]) -> None:
        self._redis = redis
        self._deliver = deliver
        self._worker = uuid4().hex
        self._followed: set[UUID] = set()
        self._subscription: PubSub | None = None
        self._listener: asyncio.Task[None] | None = None

    async def follow(self, interview_id: UUID) -> None:
        """Delivers the hints of an interview from now on."""
        self._followed.add(interview_id)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        elif self._subscription is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._subscription.subscribe(f"{_CHANNEL}{interview_id}")

    async def leave(self, interview_id: UUID) -> None:
        """Delivers them no more."""
        self._followed.discard(interview_id)
        if self._subscription is not None:
            with contextlib.suppress(RedisError, OSError):
                await self._subscription.unsubscribe(f"{_CHANNEL}{interview_id}")

    async def tell(self, interview_id: UUID, hint: str) -> None:
        """Gives a hint to everybody who follows the interview, here and elsewhere."""
        self._deliver(interview_id, hint)
        try:
            await self._redis.publish(f"{_CHANNEL}{interview_id}", f"{self._worker} {hint}")
        except RedisError as error:
            _log.warning("live_hint_lost", error=repr(error))

    async def close(self) -> None:
        """Ends the subscription."""
        if self._listener is not None:
            await end(self._listener)

    async def _listen(self) -> None:
        while True:
            try:
                await self._receive_all()
            except Exception as error:  # noqa: BLE001 - whatever it was, a new subscription is tried
                _log.warning("live_hints_unavailable", error=repr(error))
            await asyncio.sleep(_RETRY_SECONDS)

    async def _receive_all(self) -> None:
        """Receives hints on one subscription until it breaks."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            try:
                # One channel of its own keeps the subscription going while nobody follows anything.
                await subscription.subscribe(f"{_CHANNEL}{self._worker}")
                self._subscription = subscription
                if self._followed:
                    await subscription.subscribe(*(f"{_CHANNEL}{one}" for one in self._followed))
                while True:
                    message = await subscription.get_message(timeout=_LISTEN_SECONDS)
                    if message is not None:
                        self._receive(message["channel"].decode(), message["data"].decode())
            finally:
                self._subscription = None

    def _receive(self, channel: str, data: str) -> None:
        worker, _, hint = data.partition(" ")
        if worker != self._worker:
            self._deliver(UUID(channel.removeprefix(_CHANNEL)), hint)
