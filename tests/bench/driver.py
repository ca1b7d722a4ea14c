"""The load: a process of its own, so that its work is not counted as the service's.

`python -m tests.bench.driver` reads a `Job` as JSON from standard input and prints its `Outcome` as JSON. It ends
with status 1 and the response on standard error as soon as one is not 200.
"""

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from typing import cast

import uvloop

from tests.bench.jobs import Job, Outcome
from tests.bench.processes import TICK_SECONDS, cpu_seconds


class Drive:
    """Sends the scripts of a job over its connections, each request once the one before it is answered."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._scripts = deque(job.scripts)
        self._answered = 0
        self._latencies: list[float] = []
        self._begun = 0.0
        self._cpu_before: dict[str, float] = {}
        self._open = job.connections
        self.finished: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._outcome: Outcome | None = None

    def script(self) -> Iterator[bytes]:
        """The requests that one connection sends, until the measurement is over or the scripts are used up."""
        while self._scripts and self._outcome is None:
            script = self._scripts.popleft()
            if self._job.repeat:
                self._scripts.append(script)
            for request in script:
                yield request.encode()
                if self._outcome is not None:
                    return

    def answered(self, seconds: float) -> None:
        """Counts a response."""
        self._answered += 1
        now = time.perf_counter()
        if self._answered == self._job.warm_up:
            self._cpu_before = self._cpu()
            self._begun = time.perf_counter()
        elif self._answered > self._job.warm_up and self._outcome is None:
            self._latencies.append(seconds * 1000)
            if len(self._latencies) >= self._job.requests or now - self._begun >= self._job.seconds:
                self._outcome = self._measured(now - self._begun)

    def closed(self) -> None:
        """Counts a connection that has nothing left to send."""
        self._open -= 1
        if self._open == 0 and not self.finished.done():
            if self._outcome is None:
                self.failed("the scripts were used up before the measurement was over")
            else:
                self.finished.set_result(self._outcome)

    def failed(self, reason: str) -> None:
        """Ends the whole drive."""
        if not self.finished.done():
            self.finished.set_exception(RuntimeError(reason))

    def _measured(self, seconds: float) -> Outcome:
        after = self._cpu()
        return Outcome(
            seconds=seconds,
            latencies_ms=self._latencies,
            cpu_seconds={name: max(after[name] - before, TICK_SECONDS) for name, before in self._cpu_before.items()},
        )

    def _cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._job.watched.items()}


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._requests: Iterator[bytes] | None = drive.script()
        self._received = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._received[:head_end].lower()
        before, found, rest = head.partition(b"content-length: ")
        if not found:
            self._drive.failed(f"a response without Content-Length: {before!r}")
            return
        if len(self._received) < head_end + 4 + int(rest.split(b"\r\n", 1)[0]):
            return
        if not head.startswith(b"http/1.1 200"):
            self._drive.failed(f"a response is not 200:\n{self._received.decode(errors='replace')}")
            return
        self._received = b""
        self._drive.answered(time.perf_counter() - self._sent)
        self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._requests is not None:
            self._drive.failed(f"the server closed a connection: {exc}")

    def _send_next(self) -> None:
        request = next(self._requests, None) if self._requests is not None else None
        if request is None:
            self._requests = None
            self._transport.close()
            self._drive.closed()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


async def _drive(job: Job) -> Outcome:
    drive = Drive(job)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: drive.failed(repr(context.get("exception", context))))
    for _ in range(job.connections):
        await loop.create_connection(lambda: Connection(drive), "127.0.0.1", job.port)
    return await drive.finished


if __name__ == "__main__":
    try:
        outcome = uvloop.run(_drive(Job(**json.load(sys.stdin))))
    except (RuntimeError, OSError) as error:
        sys.exit(f"The load stopped: {error}")
    json.dump(asdict(outcome), sys.stdout)
