import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.secrets_file import write_private

# How long a new launcher waits for the watchdog of a killed one to end that one's children.
_PREDECESSOR_SECONDS = 10


@dataclass(frozen=True)
class Instance:
    """What the running launcher says about itself to others on this machine."""

    launcher_pid: int
    address: str
    postgres_port: int
    valkey_port: int
    ai_port: int


class DataFolder:
    """The folder in which one instance keeps all it has; at most one launcher at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.cache = path / "cache"
        self.audio = path / "audio"
        self.postgres = path / "postgres"
        self.valkey = path / "valkey"
        self.secrets = path / "secrets.json"
        self._lock_file = path / "launcher.lock"
        self._instance_file = path / "instance.json"
        self.lock = -1

    def open(self, say: Callable[[str], None], pause: Callable[[float], None]) -> None:
        """Make the folder when it is missing, and hold its lock for as long as this process lives.

        Raises LaunchError when it cannot be used, is full of something else, or an instance runs on it.
        """
        try:
            self._make()
            self.lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
            self._take_lock(say, pause)
            self._instance_file.unlink(missing_ok=True)
            for folder in (self.logs, self.cache):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
            advice = "give a folder that this user may write, such as DATA=.data."
            raise LaunchError(f"DATA={self.path} cannot be used ({reason}): {advice}") from error

    def _make(self) -> None:
        if not self.path.exists():
            self.path.mkdir(parents=True)
            # As root, PostgreSQL runs as `nobody` in the folder below: others may pass this one, not list it.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if any(self.path.iterdir()) and not self._lock_file.exists():
            raise LaunchError(
                f"DATA={self.path} has files in it that are not of this program: give an empty or a new folder."
            )

    def announce(self, instance: Instance) -> None:
        """Say what runs here, for a second launcher's message and for the commands that need its addresses."""
        write_private(self._instance_file, json.dumps(asdict(instance), indent=2) + "\n")

    def retract(self) -> None:
        self._instance_file.unlink(missing_ok=True)

    def announced(self) -> Instance | None:
        """The running instance, or the last one if it was killed; None when there is none."""
        try:
            return Instance(**json.loads(self._instance_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def running(self) -> Instance:
        """The instance that runs on this folder. Raises LaunchError when none does."""
        found = self.announced()
        if found is None or not self._is_locked():
            raise LaunchError(
                f"Nothing runs on DATA={self.path}: start it first (make run), then give this command beside it "
                "with the same DATA."
            )
        return found

    def _take_lock(self, say: Callable[[str], None], pause: Callable[[float], None]) -> None:
        deadline = time.monotonic() + _PREDECESSOR_SECONDS
        said = False
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(self.lock, 0)
                os.pwrite(self.lock, f"{os.getpid()}\n".encode("ascii"), 0)
                return
            holder = self._holder()
            if holder is None or _is_alive(holder) or time.monotonic() >= deadline:
                raise LaunchError(self._refusal(holder))
            if not said:
                say("The last instance was killed; waiting for its processes to end.")
                said = True
            pause(0.05)

    def _is_locked(self) -> bool:
        try:
            with self._lock_file.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def _holder(self) -> int | None:
        with contextlib.suppress(ValueError):
            return int(os.pread(self.lock, 32, 0))
        return None

    def _refusal(self, holder: int | None) -> str:
        announced = self.announced()
        process = f"process {holder}" if holder is not None else "another process"
        address = f" at {announced.address}" if announced is not None and announced.launcher_pid == holder else ""
        return (
            f"DATA={self.path} is in use: an instance already runs on it ({process}{address}). Stop that one first, or "
            "give this one its own folder and port (make run DATA=.data2 PORT=8001)."
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
