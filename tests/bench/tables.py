"""The figures as text."""

from collections.abc import Sequence

from tests.bench.analytics import AnalyticsFigures
from tests.bench.comparison import Comparison
from tests.bench.cutoff import CutOffFigures, Pause
from tests.bench.evaluation import EvaluationFigures
from tests.bench.login import Logins
from tests.bench.voice import VoiceFigures

THROUGHPUT_TARGET = 0.40
CPU_TARGET = 2.3
ADMIN_TARGET_MS = 20.0
VOICE_TARGET_MS = 30.0
ACTIVITY_TARGET = 0.01
_TARGET_CONNECTIONS = 16
_TARGET_SESSIONS = 20


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


def activity(share: float) -> str:
    """What voice activity takes."""
    return (
        f"silero with its framing, one session: {share:.2%} of a core, "
        f"target under {ACTIVITY_TARGET:.0%}: {_verdict(share < ACTIVITY_TARGET)}"
    )


def voice(results: Sequence[VoiceFigures]) -> str:
    """Latencies by the number of sessions, with what the processes used for each."""
    rows: list[Sequence[str]] = [
        ("sessions", "turns", "words p50 ms", "p95 ms", "reply p50 ms", "p95 ms", "chat", "ai", "machine busy")
    ]
    for one in results:
        latencies = (one.words_p50, one.words_p95, one.reply_p50, one.reply_p95)
        shares = (one.cpu["chat"], one.cpu["ai"], one.busy)
        row = (str(one.sessions), str(one.turns), *(f"{value:.1f}" for value in latencies))
        rows.append((*row, *(f"{share:.1%}" for share in shares)))
    lines = [_aligned(rows)]
    for one in results:
        if one.sessions == _TARGET_SESSIONS:
            for name, p50, p95 in (("words", one.words_p50, one.words_p95), ("reply", one.reply_p50, one.reply_p95)):
                lines.append(
                    f"{name} at {one.sessions} sessions: median {p50:.1f} ms, p95 {p95:.1f} ms, "
                    f"target under {VOICE_TARGET_MS:.0f} ms: {_verdict(p95 < VOICE_TARGET_MS)}"
                )
    return "\n".join(lines)


def cutoff(results: Sequence[CutOffFigures]) -> str:
    """False cut-offs against delays, and for the default times by what stands before the pause and its length."""
    rows: list[Sequence[str]] = [("words", "times", "cut off", "of", "share", "delay p50 s", "p95 s", "no end")]
    rows += [
        (
            _written(one),
            f"{one.factor:g} x",
            str(one.cut_off),
            str(one.utterances),
            f"{one.cut_off / one.utterances:.0%}",
            f"{one.delay_p50:.2f}",
            f"{one.delay_p95:.2f}",
            str(one.endless),
        )
        for one in results
    ]
    return "\n\n".join((_aligned(rows), *(_by_pause(one) for one in results if one.factor == 1)))


def _by_pause(figures: CutOffFigures) -> str:
    pauses = sorted({one.pause for one in figures.by_pause})
    counts = {(one.kind, one.pause): f"{one.cut_off}/{one.utterances}" for one in figures.by_pause}
    head = (f"default times, {_written(figures)}: a pause of", *(f"{pause:g} s" for pause in pauses))
    return _aligned([head, *((kind.value, *(counts[kind, pause] for pause in pauses)) for kind in Pause)])


def _written(figures: CutOffFigures) -> str:
    return "punctuated" if figures.punctuated else "bare"


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
