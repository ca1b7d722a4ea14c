"""The figures as text."""

from collections.abc import Sequence

from tests.bench.analytics import AnalyticsFigures
from tests.bench.comparison import Comparison
from tests.bench.evaluation import EvaluationFigures
from tests.bench.login import Logins

THROUGHPUT_TARGET = 0.40
CPU_TARGET = 2.3
ADMIN_TARGET_MS = 20.0
_TARGET_CONNECTIONS = 16


def comparisons(results: Sequence[Comparison]) -> str:
    """Service and floor below one another, with what each of the processes used."""
    rows: list[Sequence[str]] = [
        ("", "connections", "", "requests/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "postgres", "valkey", "engine")
    ]
    for one in results:
        for label, figures in (("service", one.service), ("floor", one.floor)):
            cpu = [f"{figures.cpu[name]:.2f}" for name in ("service", "postgres", "valkey", "engine")]
            latencies = [f"{value:.1f}" for value in (figures.p50, figures.p95, figures.p99)]
            name = one.name if label == "service" else ""
            connections = str(one.connections) if label == "service" else ""
            rows.append((name, connections, label, f"{figures.throughput:.0f}", *latencies, *cpu))
        rows.append(("", "", "ratio", f"{one.throughput_ratio:.2f}", "", "", "", f"{one.cpu_ratio:.2f}", "", "", ""))
    return _aligned(rows)


def answer_targets(results: Sequence[Comparison]) -> str:
    """Whether the answers' targets are met; empty when they were not measured at the concurrency that counts."""
    lines = []
    for one in results:
        if one.connections == _TARGET_CONNECTIONS:
            lines.append(
                f"throughput at 16 connections {one.throughput_ratio:.2f} of the floor's, "
                f"target at least {THROUGHPUT_TARGET:.2f}: {_verdict(one.throughput_ratio >= THROUGHPUT_TARGET)}"
            )
            lines.append(
                f"CPU a request {one.cpu_ratio:.2f} times the floor's, "
                f"target at most {CPU_TARGET:.1f}: {_verdict(one.cpu_ratio <= CPU_TARGET)}"
            )
    return "\n".join(lines)


def logins(results: Sequence[Logins]) -> str:
    """Logins by concurrency."""
    rows: list[Sequence[str]] = [("connections", "logins/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "check ms")]
    for one in results:
        figures = one.service
        values = (figures.p50, figures.p95, figures.p99, figures.cpu["service"], one.check_ms)
        rows.append((str(one.connections), f"{figures.throughput:.0f}", *(f"{value:.1f}" for value in values)))
    return _aligned(rows)


def analytics(results: Sequence[AnalyticsFigures]) -> str:
    """Latencies by the number of interviews."""
    rows: list[Sequence[str]] = [("", "interviews", "p50 ms", "p95 ms", "CPU ms", "postgres", "seeded in s")]
    for one in sorted(results, key=lambda result: result.name):
        figures = one.service
        latencies = (f"{figures.p50:.1f}", f"{figures.p95:.1f}")
        cpu = (f"{figures.cpu['service']:.2f}", f"{figures.cpu['postgres']:.2f}")
        rows.append((one.name, f"{one.interviews:,}", *latencies, *cpu, f"{one.seeding_seconds:.0f}"))
    slowest = max((one.service.p50 for one in results if "admin" in one.name), default=0.0)
    return (
        f"{_aligned(rows)}\n/admin/analytics median at most {slowest:.1f} ms, "
        f"target under {ADMIN_TARGET_MS:.0f} ms: {_verdict(slowest < ADMIN_TARGET_MS)}"
    )


def evaluation(result: EvaluationFigures) -> str:
    """The grader's figures, one a line."""
    return "\n".join(
        (
            f"loaded in {result.load_seconds:.2f} s, the first time in {result.first_load_seconds:.2f} s",
            f"200 words against 6 points, one thread: median {result.later:.1f} ms, p95 {result.later_p95:.1f} ms",
            f"the first answer to a question, whose points are read then: {result.first:.1f} ms",
            f"{result.threads} threads grade {result.batch_rate:.0f} answers a second",
        )
    )


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
