"""Starts the launcher as an operator would, and looks at what it leaves on the machine."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
STANDINS = Path(__file__).with_name("standins")
NAMES_OF_OTHERS = ("PORT", "DATA", "HOST")


def checkout_with_standins(folder: Path) -> Path:
    """A checkout whose two services are the small stand-ins beside this file."""
    shutil.copytree(STANDINS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "deploy" / "local", folder / "deploy" / "local")
    (folder / "deploy" / "__init__.py").touch()
    return folder


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.02)
    return value


def processes_of(data: Path) -> dict[int, str]:
    """Every live process that works for that data folder, by its environment, arguments or working folder."""
    found = {}
    marker = os.fsencode(str(data))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            command = (entry / "cmdline").read_bytes()
            traces = command + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
        except OSError:
            continue
        if marker in traces and state != "Z":
            found[int(entry.name)] = command.replace(b"\0", b" ").decode()
    return found


class Launched:
    """A launcher that was started on `data`, and what it prints."""

    def __init__(
        self,
        checkout: Path,
        data: Path,
        *,
        port: int | None = None,
        command: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._output = data.with_name(f"output-{self.port}-{time.monotonic_ns()}.txt")
        inherited = {name: value for name, value in os.environ.items() if name not in NAMES_OF_OTHERS}
        with self._output.open("wb") as output:
            # Under nohup SIGHUP is ignored, here and in all that is started.
            ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)
            try:
                self.process = subprocess.Popen(
                    command or [sys.executable, "-m", "deploy.local"],
                    cwd=checkout,
                    env={**inherited, "DATA": str(data), "PORT": str(self.port), **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            finally:
                signal.signal(signal.SIGHUP, ours)

    @property
    def output(self) -> str:
        return self._output.read_text("utf-8")

    def until_ready(self) -> "Launched":
        """Wait for the address that the launcher prints last."""
        until(lambda: "is ready at" in self.output or self.process.poll() is not None, "the launcher is ready", 60)
        assert f"is ready at {self.address}" in self.output, self.output
        return self

    def until_said(self, pattern: str) -> None:
        until(lambda: re.search(pattern, self.output), f"{pattern!r} in {self.output}", 30)

    def ended(self, within: float) -> int:
        """The exit code, once it has ended."""
        try:
            return self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it still runs after {within} s: {self.output}") from None

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it as the operator does, and see that it ended well within the promised five seconds."""
        self.process.send_signal(number)
        assert self.ended(within=5) == 0, self.output

    def request(self, method: str, path: str) -> tuple[int, Any]:
        """Status and JSON body."""
        status, body = self._exchange(method, path)
        return status, json.loads(body)

    def status(self, method: str, path: str) -> int:
        """The status; 0 when nothing answers."""
        try:
            return self._exchange(method, path)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def is_ready(self) -> bool:
        return self.status("GET", "/readyz") == 200

    def _exchange(self, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def child(self, name: str) -> int:
        """The process id of the child with that name."""
        patterns = {
            "postgres": rf"postgres -D {re.escape(str(self.data))}",
            "valkey": r"valkey-server",
            "ai_service": r"-m ai_service serve",
            "chat_service": r"-m chat_service serve",
            "watchdog": r"watchdog\.py",
        }
        found = [pid for pid, command in processes_of(self.data).items() if re.search(patterns[name], command)]
        return min(found)

    def end(self) -> None:
        """End the launcher whatever state it is in."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=8)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
