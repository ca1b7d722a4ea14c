"""The analytics endpoints at growing numbers of interviews."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chat_service.accounts.identity import Role
from tests.bench.comparison import Effort
from tests.bench.credentials import Credentials
from tests.bench.figures import Figures
from tests.bench.jobs import Job, request
from tests.bench.seeding import SeededUsers, seed
from tests.bench.stack import Stack

SIZES = (1_000, 100_000, 1_000_000)
_WARM_UP = 20
_MOST_REQUESTS = 300


@dataclass(frozen=True)
class AnalyticsFigures:
    """An endpoint at a number of interviews in the database, asked over one connection."""

    interviews: int
    seeding_seconds: float
    name: str
    service: Figures


def measure(settings: Mapping[str, str], effort: Effort, sizes: Sequence[int]) -> Iterator[AnalyticsFigures]:
    """One result for each size and endpoint, each size on servers of its own."""
    for size in sizes:
        with Stack(settings) as stack:
            begun = time.monotonic()
            users = asyncio.run(seed(stack.database_url, size))
            seeding_seconds = time.monotonic() - begun
            for name, path, token in _requests(stack, users):
                job = Job(
                    port=stack.chat_port,
                    connections=1,
                    warm_up=_WARM_UP,
                    requests=min(effort.requests, _MOST_REQUESTS),
                    seconds=effort.seconds,
                    scripts=[[request("GET", path, token)]],
                    watched={"service": stack.chat_pid, **stack.watched},
                    repeat=True,
                )
                rounds = [Figures.of(job.run()) for _ in range(effort.rounds)]
                yield AnalyticsFigures(size, seeding_seconds, name, Figures.typical(rounds))


def _requests(stack: Stack, users: SeededUsers) -> Sequence[tuple[str, str, str]]:
    credentials = Credentials(stack.redis_url, stack.jwt_secret)

    def token(user: UUID, role: Role = Role.USER) -> str:
        return asyncio.run(credentials.issue([user], role))[0]

    mine = "/api/v1/analytics/me"
    return (
        ("GET /admin/analytics", "/api/v1/admin/analytics", token(users.admin, Role.ADMIN)),
        ("GET /analytics/me, 20 own interviews", mine, token(users.typical)),
        ("GET /analytics/me, 200 own interviews", mine, token(users.busy)),
    )
