"""Ending tasks for certain."""

import asyncio
from typing import Any

_AGAIN_SECONDS = 0.2


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancels the tasks, and returns when they have ended.

    One cancellation is not enough: `asyncio.wait_for` of Python 3.11, in which clients of databases wait, drops it
    when what it waits for is done at the same moment.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
