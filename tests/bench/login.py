"""POST /auth/login, and what its password check costs by itself."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from chat_service.accounts.passwords import Passwords
from tests.bench.comparison import Effort
from tests.bench.figures import Figures
from tests.bench.jobs import Job, request
from tests.bench.pilot import PASSWORD
from tests.bench.stage import Stage

CONCURRENCIES = (1, 16)
_PEOPLE = 100
_MOST_REQUESTS = 500
_WARM_UP = 20


@dataclass(frozen=True)
class Logins:
    """The figures of logins, and the milliseconds that one password check takes when nothing else runs."""

    connections: int
    service: Figures
    check_ms: float


def measure(stage: Stage, effort: Effort) -> Sequence[Logins]:
    """One result for each concurrency: medians of the rounds."""
    check_ms = asyncio.run(_check_ms())
    people = stage.candidates.make(_PEOPLE, model=stage.pilot.finished)
    scripts = [
        [request("POST", "/api/v1/auth/login", None, {"email": f"{one.user}@example.com", "password": PASSWORD})]
        for one in people
    ]
    logins = []
    for connections in CONCURRENCIES:
        job = Job(
            port=stage.stack.chat_port,
            connections=connections,
            warm_up=_WARM_UP,
            requests=min(effort.requests, _MOST_REQUESTS),
            seconds=effort.seconds,
            scripts=scripts,
            watched={"service": stage.stack.chat_pid, **stage.stack.watched},
            repeat=True,
        )
        rounds = [Figures.of(job.run()) for _ in range(effort.rounds)]
        logins.append(Logins(connections, Figures.typical(rounds), check_ms))
    return logins


async def _check_ms() -> float:
    passwords = Passwords()
    try:
        encoded = await passwords.hash(PASSWORD)
        taken = []
        for _ in range(20):
            begun = time.perf_counter()
            await passwords.verify(PASSWORD, encoded)
            taken.append((time.perf_counter() - begun) * 1000)
    finally:
        passwords.close()
    return median(taken)
