"""Ends the launcher's children when the launcher has been killed without a chance to do so itself.

Runs on its own as `python -I -S watchdog.py`, with only the standard library: it starts in milliseconds and lives
beside the launcher. Standard input tells it what runs: `+PID SIGNAL` a process group and the signal that asks its
leader to stop, `-PID` a group that is gone. When the launcher dies, for whatever reason, input ends.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 1.5
KILL_SECONDS = 1.0


def groups_left_behind() -> dict[int, int]:
    groups: dict[int, int] = {}
    for line in sys.stdin:
        words = line.split()
        if line.startswith("+"):
            groups[int(words[0])] = int(words[1])
        elif line.startswith("-"):
            groups.pop(-int(words[0]), None)
    return groups


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_for(groups: dict[int, int], seconds: float) -> dict[int, int]:
    """The groups that are still there after that time, at the latest."""
    deadline = time.monotonic() + seconds
    while groups and time.monotonic() < deadline:
        time.sleep(0.02)
        groups = {group: number for group, number in groups.items() if alive(group)}
    return groups


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    groups = groups_left_behind()
    for leader, number in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(leader, number)
    groups = wait_for(groups, GRACE_SECONDS)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    wait_for(groups, KILL_SECONDS)


if __name__ == "__main__":
    main()
