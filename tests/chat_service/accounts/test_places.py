"""Places that are held by lease."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chat_service.accounts.places import Places
from chat_service.errors import AppError, ErrorKind
from tests.chat_service.conftest import Service


async def taken(places: Places, who: str, limit: int, attempts: int) -> tuple[list[str], list[AppError]]:
    outcomes = await asyncio.gather(*(places.acquire(who, limit) for _ in range(attempts)), return_exceptions=True)
    return [one for one in outcomes if isinstance(one, str)], [one for one in outcomes if isinstance(one, AppError)]


async def test_no_more_places_are_taken_at_once_than_there_are(service: Service) -> None:
    who = uuid4().hex
    places = Places(service.core.redis)
    held, refused = await taken(places, who, 10, 14)
    assert (len(held), len(refused)) == (10, 4)
    for error in refused:
        assert (error.kind, error.reason) == (ErrorKind.RATE_LIMITED, "connections_exhausted")
        assert error.retry_after is not None
        assert 0 < error.retry_after <= 30
    assert (await taken(places, uuid4().hex, 10, 1))[1] == []
    await places.release(who, held[0])
    assert len((await taken(places, who, 10, 2))[0]) == 1


async def test_the_places_of_a_killed_process_come_free_and_renewed_ones_do_not(service: Service) -> None:
    who = uuid4().hex
    places = Places(service.core.redis)
    lost, kept = await places.acquire(who, 2), await places.acquire(who, 2)
    await service.core.redis.zadd(f"places:{who}", {lost: 1.0})
    assert await places.renew(who, kept, 2)
    replacement = await places.acquire(who, 2)
    assert not await places.renew(who, lost, 2)
    await places.release(who, replacement)
    assert await places.renew(who, lost, 2)


async def test_a_block_holds_its_place_and_gives_it_back(service: Service) -> None:
    who = uuid4().hex
    places = Places(service.core.redis, lease_seconds=0.03)

    async def lease_ends() -> float:
        pairs: Any = await service.core.redis.zrange(f"places:{who}", 0, -1, withscores=True)
        ((_, end),) = pairs
        return float(end)

    async with places.held(who, 1):
        first = await lease_ends()
        while await lease_ends() <= first:  # noqa: ASYNC110 - Redis is asked, which sets no event
            await asyncio.sleep(0)
        with pytest.raises(AppError):
            await places.acquire(who, 1)
    assert await service.core.redis.zcard(f"places:{who}") == 0
