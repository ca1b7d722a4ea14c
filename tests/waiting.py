"""Waiting for what another process or task brings about."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[object]], within: float = 60.0) -> None:
    """Returns once the condition holds; fails when it does not within as many seconds."""
    deadline = time.monotonic() + within
    while not await condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.05)


async def are(condition: object) -> bool:
    """A plain value as a condition to wait for."""
    return bool(condition)
