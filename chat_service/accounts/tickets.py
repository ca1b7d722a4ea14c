"""Tickets: how a browser opens a WebSocket, whose handshake carries no Authorization header."""

import hashlib
import secrets
from dataclasses import dataclass

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat_service.accounts.access_tokens import refused
from chat_service.accounts.identity import Identity
from chat_service.accounts.standing import Standing
from chat_service.storage.redis import unavailable

TICKET_SECONDS = 30
_IDENTITY = TypeAdapter(Identity)


@dataclass(slots=True)
class Ticket:
    """A ticket and the seconds within which it is good, once."""

    ticket: str
    expires_in: int


class Tickets:
    """Issues and redeems tickets. Redis holds their SHA-256 only."""

    def __init__(self, redis: Redis, standing: Standing) -> None:
        self._redis = redis
        self._standing = standing

    async def issue(self, identity: Identity) -> Ticket:
        """A ticket for whoever the identity is."""
        ticket = secrets.token_urlsafe(32)
        try:
            await self._redis.set(_name(ticket), _IDENTITY.dump_json(identity), ex=TICKET_SECONDS)
        except RedisError as error:
            raise unavailable(error) from error
        return Ticket(ticket, TICKET_SECONDS)

    async def redeem(self, ticket: str) -> Identity:
        """Who the ticket was issued to; it is spent then. Raises UNAUTHENTICATED."""
        try:
            issued = await self._redis.getdel(_name(ticket))
        except RedisError as error:
            raise unavailable(error) from error
        if issued is None:
            raise refused("ticket_invalid", "The ticket is unknown, spent or older than 30 s. Ask for a new one.")
        identity = _IDENTITY.validate_json(issued)
        await self._standing.require(identity)
        return identity


def _name(ticket: str) -> str:
    return f"ticket:{hashlib.sha256(ticket.encode()).hexdigest()}"
