"""The service and the floor under the same load, in turns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from tests.bench.figures import Figures
from tests.bench.jobs import Job
from tests.bench.stack import Stack

_WARM_UP = 150


@dataclass(frozen=True)
class Effort:
    """How long to measure: `rounds` of at most `requests` or `seconds` each, whichever is reached first."""

    rounds: int
    requests: int
    seconds: float

    @property
    def requests_with_warm_up(self) -> int:
        """The most requests that a round sends before its connections send their last ones."""
        return self.requests + _WARM_UP


@dataclass(frozen=True)
class Comparison:
    """The service and the floor, each with the medians of its rounds.

    `throughput_ratio` is the service's throughput as a share of the floor's, `cpu_ratio` its CPU time a request in
    multiples of the floor's. Both are medians over the rounds, so that a load on the machine that comes and goes
    weighs on both sides.
    """

    name: str
    connections: int
    service: Figures
    floor: Figures
    throughput_ratio: float
    cpu_ratio: float

    @classmethod
    def of(cls, name: str, connections: int, service: Sequence[Figures], floor: Sequence[Figures]) -> Self:
        """The comparison of as many rounds of the one as of the other."""
        pairs = list(zip(service, floor, strict=True))
        return cls(
            name,
            connections,
            Figures.typical(service),
            Figures.typical(floor),
            throughput_ratio=median(one.throughput / other.throughput for one, other in pairs),
            cpu_ratio=median(one.cpu["service"] / other.cpu["service"] for one, other in pairs),
        )


def compare(
    stack: Stack,
    name: str,
    connections: int,
    effort: Effort,
    scripts: Callable[[], Sequence[Sequence[str]]],
    *,
    repeat: bool = False,
) -> Comparison:
    """Measures both in turns. `scripts` is called for each turn, so that no request need be sent twice."""
    taken: dict[str, list[Figures]] = {"service": [], "floor": []}
    targets = (("service", stack.chat_port, stack.chat_pid), ("floor", stack.floor_port, stack.floor_pid))
    for _ in range(effort.rounds):
        for target, port, pid in targets:
            job = Job(
                port=port,
                connections=connections,
                warm_up=_WARM_UP,
                requests=effort.requests,
                seconds=effort.seconds,
                scripts=scripts(),
                watched={"service": pid, **stack.watched},
                repeat=repeat,
            )
            taken[target].append(Figures.of(job.run()))
    return Comparison.of(name, connections, taken["service"], taken["floor"])
