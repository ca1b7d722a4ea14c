import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.binaries import POSTGRES_MAJOR_VERSION, postgres_folder
from deploy.local.errors import LaunchError
from deploy.local.ports import free_port
from deploy.local.privileges import unprivileged_identity
from deploy.local.process import Process
from deploy.local.watch import Watch

DATABASE = "mock_interview"
OWNER = "mock_interview"
SUPERUSER = "postgres"

_PROCESSES = Path("/proc")

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

# The statement of a failed command, which holds a password, does not go to the log.
_SINGLE_FLAGS = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")


class PostgresServer:
    """A PostgreSQL server on a free port of 127.0.0.1 with the database and role `mock_interview`.

    That role owns its database and has no other right. `folder` is the data folder; the folder above it must exist.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        *,
        owner_password: str,
        superuser_password: str,
        settings: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.port = free_port()
        self._folder = folder
        self._log = log
        self._owner_password = owner_password
        self._superuser_password = superuser_password
        self._binaries = postgres_folder()
        self._watch = watch
        self._identity = unprivileged_identity(folder, [folder, self._binaries / "postgres"])
        chosen = {**_SETTINGS, "port": str(self.port), **(settings or {})}
        flags = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        self.process = self._tool("postgres", self._binaries / "postgres", "-D", folder, *flags)
        self.process.stop_signal = signal.SIGINT  # "fast": rolls back what runs and ends
        self.process.before_start = self._remove_foreign_pid_file

    def url(self, database: str = DATABASE) -> str:
        """For the role that owns the database of the product."""
        return owner_url(self._owner_password, self.port, database)

    def superuser_url(self, database: str = SUPERUSER) -> str:
        return f"postgresql://{SUPERUSER}:{self._superuser_password}@127.0.0.1:{self.port}/{database}"

    def create(self, pause: Callable[[float], None] = time.sleep) -> bool:
        """Make the data folder when there is none; says whether it had to.

        It is made under another name and renamed when complete, so an interrupted start leaves nothing half made.
        Raises LaunchError when the folder is of another version, in use by another server, or cannot be made.
        """
        if self._folder.exists():
            self._require_version()
            self._wait_for_predecessor(pause)
            return False
        draft = self._folder.with_name(self._folder.name + ".new")
        password_file = self._folder.with_name(self._folder.name + ".password")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir(mode=0o700)
            password_file.unlink(missing_ok=True)
            password_file.touch(mode=0o600)
            password_file.write_text(self._superuser_password + "\n", "ascii")
            if self._identity is not None:
                for path in (draft, password_file):
                    os.chown(path, self._identity.uid, self._identity.gid)
            self._initialise(draft, password_file, pause)
            draft.rename(self._folder)
        except OSError as error:
            raise LaunchError(f"The database folder {self._folder} cannot be made: {error}.") from error
        finally:
            password_file.unlink(missing_ok=True)
        return True

    def start(self) -> None:
        """Start the server; it is of use when `is_ready` says so."""
        self.process.start()

    def is_ready(self) -> bool:
        """Whether the running server takes connections: it notes so on the eighth line of its pid file."""
        try:
            lines = (self._folder / "postmaster.pid").read_text("utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def wait_until_ready(self, within: float, pause: Callable[[float], None] = time.sleep) -> None:
        """Raises LaunchError when the server ends or is not ready in time."""
        deadline = time.monotonic() + within
        while not self.is_ready():
            if not self.process.is_running():
                raise LaunchError(f"postgres {self.process.ending()}.\n{self.process.last_lines()}")
            if time.monotonic() >= deadline:
                raise LaunchError(f"postgres was not ready in {within:.0f} s.\n{self.process.last_lines()}")
            pause(0.02)

    def _initialise(self, draft: Path, password_file: Path, pause: Callable[[float], None]) -> None:
        self._tool(
            "initdb",
            self._binaries / "initdb",
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ).run_to_end(within=120, pause=pause)
        single = self._tool("initdb", self._binaries / "postgres", "--single", "-D", draft, *_SINGLE_FLAGS, "postgres")
        single.stdin = (
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{self._owner_password}';\nCREATE DATABASE {DATABASE} OWNER {OWNER};\n"
        ).encode("ascii")
        single.run_to_end(within=60, pause=pause)

    def _tool(self, name: str, *command: str | Path) -> Process:
        return Process(
            name=name,
            command=command,
            log=self._log.with_name(f"{name}.log") if name != "postgres" else self._log,
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            working_folder=Path("/"),
            identity=self._identity,
            watch=self._watch,
        )

    def _require_version(self) -> None:
        try:
            found = (self._folder / "PG_VERSION").read_text("ascii").strip()
        except (OSError, ValueError) as error:
            raise LaunchError(
                f"{self._folder} is not a database folder ({error}): move it away, or choose another DATA folder."
            ) from error
        if found != POSTGRES_MAJOR_VERSION:
            raise LaunchError(
                f"{self._folder} was made by PostgreSQL {found}; this version of the product has "
                f"{POSTGRES_MAJOR_VERSION}. Dump the data with the old version and load it into a new DATA folder."
            )

    def _wait_for_predecessor(self, pause: Callable[[float], None]) -> None:
        """Let the server of a killed launcher end: it has been told to, and needs a moment."""
        deadline = time.monotonic() + 5
        while (pid := self._pid_in_file()) is not None and _may_serve(pid, self._folder):
            if time.monotonic() >= deadline:
                raise LaunchError(
                    f"The process {pid} still uses {self._folder}. If it is a PostgreSQL server, stop it (kill -INT "
                    f"{pid}); if it is another program, remove {self._folder / 'postmaster.pid'}."
                )
            pause(0.05)

    def _remove_foreign_pid_file(self) -> None:
        """Remove a pid file whose process id now belongs to another program.

        A server that was killed leaves its pid file. PostgreSQL ignores it when no process has that id, and refuses
        to start when one has, whatever it is; in a container, where ids are few, that is common.
        """
        pid = self._pid_in_file()
        if pid is not None and not _may_serve(pid, self._folder):
            (self._folder / "postmaster.pid").unlink(missing_ok=True)

    def _pid_in_file(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self._folder / "postmaster.pid").read_text("utf-8").splitlines()[0])
        return None


def owner_url(password: str, port: int, database: str = DATABASE) -> str:
    """The address of a local server for the role that owns the product's database."""
    return f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/{database}"


def _may_serve(pid: int, folder: Path) -> bool:
    """Whether the process may be a PostgreSQL server of that folder; where that cannot be told it is said to be."""
    try:
        os.kill(pid, 0)
        if _PROCESSES.exists():
            return (_PROCESSES / str(pid) / "cwd").readlink() == folder.resolve()
    except (ProcessLookupError, FileNotFoundError):
        return False
    except PermissionError:
        return True
    return True
