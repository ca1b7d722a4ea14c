import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.privileges import Identity, child_setup
from deploy.local.watch import Watch

_LOG_LIMIT_BYTES = 5_000_000


@dataclass
class Process:
    """One child: a session and process group of its own, output into a log file, ended when the launcher dies.

    It can be started again once it has ended. On Linux `start` must be called in the main thread, for the kernel ties
    the child's life to the thread that made it.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    working_folder: Path
    stop_signal: int = signal.SIGTERM
    identity: Identity | None = None
    stdin: bytes = b""  # at most 64 KiB, what a pipe holds
    before_start: Callable[[], None] | None = None
    watch: Watch | None = None
    returncode: int | None = field(default=None, init=False)
    _popen: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)

    @property
    def pid(self) -> int:
        """The process id, which is its group's and session's too. Raises LaunchError when it was never started."""
        if self._popen is None:
            raise LaunchError(f"{self.name} has not been started.")
        return self._popen.pid

    def start(self) -> None:
        if self.before_start is not None:
            self.before_start()
        self._rotate_log()
        self.returncode = None
        reader, writer = os.pipe()
        try:
            os.write(writer, self.stdin)
            os.close(writer)
            with self.log.open("ab") as log:
                self._log_start = log.tell()
                self._popen = subprocess.Popen(
                    [str(part) for part in self.command],
                    stdin=reader,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self.environment,
                    cwd=self.working_folder,
                    start_new_session=True,
                    preexec_fn=child_setup(self.identity, self.stop_signal),  # noqa: PLW1509  (one thread)
                )
        except OSError as error:
            raise LaunchError(f"{self.name} cannot be started: {error}.") from error
        finally:
            os.close(reader)
        if self.watch is not None:
            self.watch.add(self._popen.pid, self.stop_signal)

    def is_running(self) -> bool:
        """Whether it runs. Once it does not, `returncode` is set and what it left in its group is gone."""
        if self._popen is None or self.returncode is not None:
            return False
        self.returncode = self._popen.poll()
        if self.returncode is None:
            return True
        self._signal_group(signal.SIGKILL)
        if self.watch is not None:
            self.watch.remove(self._popen.pid)
        return False

    def ask_to_stop(self) -> None:
        if self.is_running():
            os.kill(self.pid, self.stop_signal)

    def kill(self) -> None:
        """End it and its group at once."""
        if self.is_running() and self._popen is not None:
            self._signal_group(signal.SIGKILL)
            self._popen.wait()
            self.is_running()

    def stop(self, within: float, pause: Callable[[float], None] = time.sleep) -> bool:
        """Ask it to stop, and kill it when it has not ended in `within` seconds; says whether it ended by itself."""
        self.ask_to_stop()
        deadline = time.monotonic() + within
        while self.is_running():
            if time.monotonic() >= deadline:
                self.kill()
                return False
            pause(0.02)
        return True

    def run_to_end(self, within: float, pause: Callable[[float], None] = time.sleep) -> None:
        """Start it and wait until it has ended well. Raises LaunchError when it fails or takes too long."""
        self.start()
        deadline = time.monotonic() + within
        try:
            while self.is_running():
                if time.monotonic() >= deadline:
                    raise LaunchError(f"{self.name} did not end in {within:.0f} s.\n{self.last_lines()}")
                pause(0.02)
        finally:
            self.kill()
        if self.returncode != 0:
            raise LaunchError(f"{self.name} {self.ending()}.\n{self.last_lines()}")

    def ending(self) -> str:
        """How it ended, in words that follow its name."""
        code = self.returncode
        if code is None:
            return "runs"
        if code >= 0:
            return f"ended with exit code {code}"
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"

    def last_lines(self, count: int = 15) -> str:
        """The end of what it has written since it was started, indented, with the path of the whole log."""
        try:
            with self.log.open("rb") as log:
                size = log.seek(0, os.SEEK_END)
                log.seek(max(self._log_start, size - 8192))
                lines = log.read().decode("utf-8", "replace").splitlines()[-count:]
        except OSError:
            lines = []
        shown = "".join(f"    {line}\n" for line in lines) or "    (it wrote nothing)\n"
        return f"{shown}    (log: {self.log})"

    def _signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def _rotate_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > _LOG_LIMIT_BYTES:
                self.log.replace(self.log.with_name(self.log.name + ".1"))
