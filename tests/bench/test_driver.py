import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.bench.figures import percentile
from tests.bench.jobs import BenchError, Job, request
from tests.bench.processes import cpu_seconds


class Echo:
    """An HTTP server that gives its n-th response the n-th status, 200 after the last, and notes what it was sent."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = list(statuses)
        self.received: list[tuple[int, str]] = []

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[1]
        try:
            while line := await reader.readline():
                while await reader.readline() != b"\r\n":
                    pass
                self.received.append((peer, line.split()[1].decode()))
                status = self._statuses.pop(0) if self._statuses else "200 OK"
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 6\r\n\r\nanswer".encode())
        finally:
            writer.close()


def job(port: int, **changes: object) -> Job:
    """A job of two connections with three scripts of two requests each."""
    scripts = [[request("GET", f"/{script}/{number}", None) for number in range(2)] for script in "abc"]
    fields: dict[str, object] = {
        "port": port,
        "connections": 2,
        "warm_up": 1,
        "requests": 5,
        "seconds": 20,
        "scripts": scripts,
        "watched": {"this": os.getpid()},
        **changes,
    }
    return Job(**fields)  # type: ignore[arg-type]


async def test_a_script_is_sent_in_order_over_one_connection() -> None:
    echo = Echo()
    async with echo.serve() as port:
        await asyncio.to_thread(job(port).run)
    for script in "abc":
        sent = [(peer, path) for peer, path in echo.received if path.startswith(f"/{script}")]
        assert [path for _, path in sent] == [f"/{script}/0", f"/{script}/1"]
        assert len({peer for peer, _ in sent}) == 1


async def test_the_warm_up_is_not_measured() -> None:
    async with Echo().serve() as port:
        outcome = await asyncio.to_thread(job(port, warm_up=3, requests=3).run)
    assert len(outcome.latencies_ms) == 3
    assert outcome.cpu_seconds["this"] >= 0


async def test_repeated_scripts_last_until_the_measurement_is_over() -> None:
    async with Echo().serve() as port:
        outcome = await asyncio.to_thread(job(port, requests=100, repeat=True).run)
    assert len(outcome.latencies_ms) == 100


async def test_a_response_that_is_not_200_stops_the_load_and_is_shown() -> None:
    async with Echo("200 OK", "409 Conflict").serve() as port:
        with pytest.raises(BenchError, match=r"409 Conflict[\s\S]*answer"):
            await asyncio.to_thread(job(port).run)


async def test_scripts_that_end_too_early_stop_the_load() -> None:
    async with Echo().serve() as port:
        with pytest.raises(BenchError, match="used up"):
            await asyncio.to_thread(job(port, requests=6).run)


def test_cpu_time_counts_children_that_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(20_000_000))"], check=True)
    assert cpu_seconds(os.getpid()) - before > 0.05


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, one) for one in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7.0
