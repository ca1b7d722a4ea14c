"""Sessions and access tokens, without the cost of checking a password for each."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from redis.asyncio import Redis

from chat_service.accounts.access_tokens import AccessTokens
from chat_service.accounts.identity import Identity, Role
from chat_service.accounts.sessions import Sessions

_LIFE = timedelta(hours=4)
_AT_ONCE = 50


class Credentials:
    """Opens sessions as a login does."""

    def __init__(self, redis_url: str, jwt_secret: str) -> None:
        self._redis_url = redis_url
        self._secret = jwt_secret

    async def issue(self, users: Iterable[UUID], role: Role = Role.USER) -> Sequence[str]:
        """An access token for each user, in order, good for four hours."""
        access_tokens, waiting, tokens = AccessTokens(self._secret, _LIFE), list(users), []
        async with Redis.from_url(self._redis_url) as redis:
            sessions = Sessions(redis, key=self._secret, life=_LIFE)
            for start in range(0, len(waiting), _AT_ONCE):
                some = waiting[start : start + _AT_ONCE]
                opened = await asyncio.gather(*(sessions.open(user) for user in some))
                tokens += [
                    access_tokens.issue(Identity(user, f"{user}@example.com", role, session))
                    for user, (session, _) in zip(some, opened, strict=True)
                ]
        return tokens
