"""What the load driver is told, and what it tells."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 60.0


class BenchError(Exception):
    """The measurement cannot go on; the message says why."""


@dataclass(frozen=True)
class Job:
    """A load. Each script is a sequence of raw HTTP requests that one connection sends one after the other.

    The first `warm_up` (at least 1) responses are not measured; then the measurement lasts for `requests` responses
    or `seconds`, whichever is reached first. With `repeat` a script is used again after the others. `watched` names
    processes by their ids, whose CPU time (with that of their children) is read at both ends of the measurement.
    """

    port: int
    connections: int
    warm_up: int
    requests: int
    seconds: float
    scripts: Sequence[Sequence[str]]
    watched: Mapping[str, int]
    repeat: bool = False

    def run(self) -> "Outcome":
        """Runs the driver. Raises BenchError with its reason when a response was not 200 or it took too long."""
        try:
            driver = subprocess.run(
                [sys.executable, "-m", "tests.bench.driver"],
                input=json.dumps(asdict(self)),
                cwd=_ROOT,
                capture_output=True,
                text=True,
                timeout=_START_SECONDS + 3 * self.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"The load was not over after {error.timeout:.0f} s.") from None
        if driver.returncode != 0:
            raise BenchError(driver.stderr.strip())
        return Outcome(**json.loads(driver.stdout))


@dataclass(frozen=True)
class Outcome:
    """What was measured: the window's length, every latency in it, and CPU seconds by the name of the process.

    CPU time is counted in clock ticks (10 ms as a rule); less than one is given as one.
    """

    seconds: float
    latencies_ms: Sequence[float]
    cpu_seconds: Mapping[str, float]


def request(method: str, path: str, token: str | None, body: object = None) -> str:
    """A raw HTTP/1.1 request with an optional bearer token and JSON body."""
    content = "" if body is None else json.dumps(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content.encode())}"]
    return "\r\n".join(lines) + "\r\n\r\n" + content
