import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from deploy.local.errors import LaunchError
from deploy.local.process import Process
from deploy.local.stop_signals import StopSignals
from deploy.local.watch import Watch

_FIRST_DELAY_SECONDS = 0.2
_LONGEST_DELAY_SECONDS = 5.0
_QUICK_DEATH_SECONDS = 10.0
_QUICK_DEATHS_ALLOWED = 5
_STOP_SECONDS = 4.0
_TEND_SECONDS = 0.5
# One request may come as several signals: `timeout make run` has it from timeout and again from make.
_SAME_REQUEST_SECONDS = 0.5


@dataclass
class _Child:
    process: Process
    started_at: float
    quick_deaths: int = 0
    restart_at: float | None = None
    has_served: bool = False


class Supervisor:
    """Keeps children running in the order they were added, and stops them in the reverse order."""

    def __init__(self, signals: StopSignals, watch: Watch, say: Callable[[str], None]) -> None:
        self._signals = signals
        self._watch = watch
        self._say = say
        self._children: list[_Child] = []

    def start(self, process: Process) -> None:
        """Start the process and keep it running from now on."""
        process.start()
        self._children.append(_Child(process, time.monotonic()))

    def pause(self, seconds: float) -> None:
        """Wait while tending to the children. Raises StopRequested on a stop signal, LaunchError on a lost child."""
        self._signals.wait_or_stop(seconds)
        self._tend()

    def wait_until(self, ready: Callable[[], bool], what: str, within: float) -> None:
        """Raises LaunchError when it has not come true in time."""
        deadline = time.monotonic() + within
        while not ready():
            if time.monotonic() >= deadline:
                raise LaunchError(f"{what} did not get ready in {within:.0f} s.\n{self._all_last_lines()}")
            self.pause(0.02)

    def watch_over(self) -> None:
        """Tend to the children until a stop is asked for, which raises StopRequested.

        From here on a child that ends by itself is restarted, too; before, its own refusal to start is final.
        """
        for child in self._children:
            child.has_served = True
        while True:
            self.pause(_TEND_SECONDS)

    def stop(self) -> None:
        """Stop all in reverse order in at most four seconds; a later stop signal ends them at once."""
        begun = time.monotonic()
        deadline = begun + _STOP_SECONDS
        asked = self._signals.count
        remaining = [child.process for child in reversed(self._children)]
        while remaining:
            process = remaining.pop(0)
            left = max(0.0, deadline - time.monotonic())
            # Half of what is left for each but the last, so that one that hangs takes no other's time.
            until = time.monotonic() + (left / 2 if remaining else left)
            process.ask_to_stop()
            while process.is_running():
                if time.monotonic() < begun + _SAME_REQUEST_SECONDS:
                    asked = self._signals.count
                if self._signals.count > asked:
                    until = 0.0
                if time.monotonic() >= until:
                    self._say(f"{process.name} did not stop in time and is ended.")
                    process.kill()
                else:
                    self._signals.wait(0.02)

    def _tend(self) -> None:
        if self._watch.tend():
            self._say("The watchdog had ended and was started again.")
        now = time.monotonic()
        for child in self._children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._restart(child)
            elif not child.process.is_running():
                self._note_death(child, now)

    def _note_death(self, child: _Child, now: float) -> None:
        process = child.process
        quick = now - child.started_at < _QUICK_DEATH_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 1
        refused = not child.has_served and process.returncode is not None and process.returncode >= 0
        if refused:
            raise LaunchError(f"{process.name} {process.ending()} while starting:\n{process.last_lines()}")
        # Whoever sends SIGKILL decides to end a process; it says nothing of whether that can run.
        if child.quick_deaths >= _QUICK_DEATHS_ALLOWED and process.returncode != -signal.SIGKILL:
            raise LaunchError(
                f"{process.name} {process.ending()}, {child.quick_deaths} times in a row; giving up. Its last words:\n"
                f"{process.last_lines()}"
            )
        delay = min(_FIRST_DELAY_SECONDS * 2 ** min(child.quick_deaths - 1, 10), _LONGEST_DELAY_SECONDS)
        child.restart_at = now + delay
        self._say(f"{process.name} {process.ending()} unexpectedly; starting it again in {delay:.1f} s.")

    def _restart(self, child: _Child) -> None:
        child.process.start()
        child.started_at = time.monotonic()
        child.restart_at = None
        self._say(f"{child.process.name} was started again (process {child.process.pid}).")

    def _all_last_lines(self) -> str:
        return "\n".join(f"  {child.process.name}:\n{child.process.last_lines(5)}" for child in self._children)
