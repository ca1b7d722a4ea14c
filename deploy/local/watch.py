import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_SCRIPT = Path(__file__).with_name("watchdog.py")


class Watch:
    """The launcher's end of the watchdog: says which process groups must not outlive the launcher.

    `holds` are file descriptors that the watchdog keeps open until it has ended everything, such as the lock of the
    data folder.
    """

    def __init__(self, holds: Sequence[int] = ()) -> None:
        self._holds = tuple(holds)
        self._groups: dict[int, int] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
            pass_fds=self._holds,
        )
        for group, number in self._groups.items():
            self._tell(f"+{group} {number}")

    def add(self, group: int, stop_signal: int) -> None:
        self._groups[group] = stop_signal
        self._tell(f"+{group} {stop_signal}")

    def remove(self, group: int) -> None:
        if self._groups.pop(group, None) is not None:
            self._tell(f"-{group}")

    def tend(self) -> bool:
        """Start another watchdog when this one has died; says whether that was so."""
        if self._process is None or self._process.poll() is None:
            return False
        self._close_input(self._process.stdin)
        self.start()
        return True

    def stop(self) -> None:
        """Let the watchdog go. What is still registered it ends, as if the launcher had died."""
        if self._process is None:
            return
        self._close_input(self._process.stdin)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=3)
        self._process = None

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has died: the next tend() starts another
                self._process.stdin.write(line + "\n")

    @staticmethod
    def _close_input(stdin: IO[str] | None) -> None:
        if stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                stdin.close()
