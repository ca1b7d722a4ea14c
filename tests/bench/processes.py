"""CPU time of running processes, from /proc."""

import contextlib
import os
from pathlib import Path

from tests.bench.jobs import BenchError

_PROC = Path("/proc")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def require_proc() -> None:
    """Raises BenchError where CPU time cannot be read."""
    if not (_PROC / "self" / "stat").exists():
        raise BenchError("The measurements read CPU time from /proc, which only Linux has.")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all of its threads and of its descendants, in seconds.

    Of those that have ended, the ones are counted that have been waited for.
    """
    ticks, parents = _snapshot()
    total, generation = 0, {pid}
    while generation:
        total += sum(ticks.get(one, 0) for one in generation)
        generation = {one for one, parent in parents.items() if parent in generation}
    return total * TICK_SECONDS


def machine_ticks() -> tuple[int, int]:
    """Clock ticks since the machine started in which its cores had nothing to do, and all of them."""
    fields = [int(field) for field in (_PROC / "stat").read_text("utf-8").split("\n", 1)[0].split()[1:9]]
    return fields[3] + fields[4], sum(fields)


def _snapshot() -> tuple[dict[int, int], dict[int, int]]:
    ticks, parents = {}, {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # The second field is the name in parentheses, which may hold spaces.
                fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
                ticks[int(folder.name)] = sum(int(field) for field in fields[11:15])
    return ticks, parents
