import contextlib
import os
import select
import signal
from pathlib import Path
from types import FrameType

from deploy.local.errors import StopRequested


class StopSignals:
    """Turns Ctrl-C, SIGTERM and SIGHUP into StopRequested, raised only while the launcher waits.

    So a signal never interrupts the launcher between starting a process and remembering it. A child's death ends a
    wait early. With `parent`, the end of that process asks for a stop as well, and so does a signal to it alone.
    """

    def __init__(self, parent: int | None = None) -> None:
        self.count = 0
        self._parent = parent
        self._caught_by_parent = _caught_signals(parent)
        self._wakeup, writer = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        # SIGINT even where a shell has it ignored (`make run &` in a script): whoever sends it means it. SIGHUP
        # stays ignored under nohup.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    @staticmethod
    def ignore() -> None:
        """From now on nothing asks for a stop: there is nothing left to stop but this process's own last steps."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def wait(self, seconds: float) -> None:
        """Sleep up to `seconds`, less when a signal comes."""
        if select.select([self._wakeup], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)

    def wait_or_stop(self, seconds: float) -> None:
        """Like `wait`, but raises StopRequested once a stop has been asked for."""
        if not self.count:
            self.wait(seconds)
        if self._parent is not None and self._is_parent_stopping(self._parent):
            self._parent = None
            self.count += 1
        if self.count:
            raise StopRequested

    def _is_parent_stopping(self, parent: int) -> bool:
        """Whether the caller has ended, or is make and waits for this process to end after a SIGINT.

        make passes SIGTERM on to its children but not SIGINT, which a terminal sends to all of them. Sent to make alone
        it only shows in that make has put the signal's handler back.
        """
        return os.getppid() != parent or _caught_signals(parent) != self._caught_by_parent


def _caught_signals(pid: int | None) -> set[int]:
    """Which of SIGHUP and SIGINT that process has handlers for; none where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return set()
    mask = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:")), 0)
    return {number for number in (signal.SIGHUP, signal.SIGINT) if mask & (1 << (number - 1))}
