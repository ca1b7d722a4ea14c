"""The figures of a load, and how several rounds of it are brought together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from tests.bench.jobs import Outcome


@dataclass(frozen=True)
class Figures:
    """Requests a second, latencies in milliseconds, and CPU milliseconds a request by the name of the process."""

    throughput: float
    p50: float
    p95: float
    p99: float
    cpu: Mapping[str, float]

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The figures of one round."""
        ordered = sorted(outcome.latencies_ms)
        count = len(ordered)
        return cls(
            throughput=count / outcome.seconds,
            p50=percentile(ordered, 50),
            p95=percentile(ordered, 95),
            p99=percentile(ordered, 99),
            cpu={name: seconds * 1000 / count for name, seconds in outcome.cpu_seconds.items()},
        )

    @classmethod
    def typical(cls, rounds: Sequence["Figures"]) -> Self:
        """The median of each figure."""
        return cls(
            throughput=median(one.throughput for one in rounds),
            p50=median(one.p50 for one in rounds),
            p95=median(one.p95 for one in rounds),
            p99=median(one.p99 for one in rounds),
            cpu={name: median(one.cpu[name] for one in rounds) for name in rounds[0].cpu},
        )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of at least one value, in ascending order."""
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
