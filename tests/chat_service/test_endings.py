"""Tasks that are to end do end."""

import asyncio

from chat_service.endings import end


async def test_a_task_that_drops_a_cancellation_is_cancelled_again() -> None:
    dropped = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            dropped.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end(task)
    assert dropped.is_set()
    assert task.cancelled()


async def test_a_task_that_has_ended_is_no_trouble() -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    await task
    await end(task)
    await end()
