"""Threads for work that would block the event loop, with a bound on how much of it is admitted."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ai_service.errors import Draining, Overloaded

T = TypeVar("T")


class Workers:
    """A pool of `threads` threads that admits at most `bound` jobs, running and waiting.

    A job whose caller was cancelled before it began is never run. A running job keeps its place until its thread
    is free, whether or not its caller still waits, so that the bound is one on work and not on callers.
    """

    def __init__(self, *, threads: int, bound: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="grading")
        self._bound = bound
        self._admitted = 0
        self._offered = False
        self._closed = False

    @property
    def admitted(self) -> int:
        """Jobs that run or wait."""
        return self._admitted

    async def run(self, job: Callable[[], T]) -> T:
        """Run the job in a thread and return its result.

        Raises `Overloaded` at once when the bound is reached, and `Draining` once the pool is closed.
        """
        if self._closed:
            raise Draining
        if self._admitted >= self._bound:
            raise Overloaded(self._bound)
        loop = asyncio.get_running_loop()
        self._admitted += 1
        future = self._pool.submit(job)
        future.add_done_callback(lambda done: self._on_done(loop, done))
        return await asyncio.wrap_future(future, loop=loop)

    def offer(self, job: Callable[[], object]) -> None:
        """Run the job, whose result and failure nobody waits for, unless there is other work: then never."""
        if self._closed or self._admitted or self._offered:
            return
        loop = asyncio.get_running_loop()
        self._offered = True
        future = self._pool.submit(job)
        future.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._on_offered_done))

    def _on_offered_done(self) -> None:
        self._offered = False

    def _on_done(self, loop: asyncio.AbstractEventLoop, future: Future[T]) -> None:
        if future.cancelled():  # cancelled from the loop's own thread
            self._release()
        elif not loop.is_closed():
            loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        self._admitted -= 1

    def close(self) -> None:
        """Drop the jobs that have not begun and let the threads end after the ones that have."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
