import socket
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.binaries import valkey_server
from deploy.local.errors import LaunchError
from deploy.local.ports import free_port
from deploy.local.process import Process
from deploy.local.watch import Watch


class ValkeyServer:
    """A Valkey server on a free port of 127.0.0.1, with a password, whose data in `folder` survives a crash.

    The append-only file is written before a command is answered, so a killed server loses nothing, and reaches the
    disk once a second: a power cut costs a second of sessions and rate-limit counts, and no command waits for the
    disk.
    """

    def __init__(
        self,
        folder: Path,
        log: Path,
        password: str,
        *,
        databases: int = 16,
        append_only: bool = True,
        watch: Watch | None = None,
    ) -> None:
        self.port = free_port()
        self._password = password
        self._folder = folder
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": password,
            "dir": f'"{_escaped(folder)}"',
            "databases": str(databases),
            "daemonize": "no",
            "save": '""',
            "appendonly": "yes" if append_only else "no",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
        }
        # The configuration comes on standard input: on the command line its password would be for all to see.
        self.process = Process(
            name="valkey",
            command=[valkey_server(), "-"],
            log=log,
            environment={},
            working_folder=folder.parent,
            stdin="".join(f"{name} {value}\n" for name, value in settings.items()).encode(),
            before_start=self._make_folder,
            watch=watch,
        )

    def url(self, database: int = 0) -> str:
        return server_url(self._password, self.port, database)

    def start(self) -> None:
        """Start the server; it is of use when `is_ready` says so."""
        self.process.start()

    def is_ready(self) -> bool:
        """Whether it has loaded its data and answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
                answer = b""
                while received := connection.recv(1024):
                    answer += received
        except OSError:
            return False
        return b"+PONG" in answer

    def wait_until_ready(self, within: float, pause: Callable[[float], None] = time.sleep) -> None:
        """Raises LaunchError when the server ends or does not answer in time."""
        deadline = time.monotonic() + within
        while not self.is_ready():
            if not self.process.is_running():
                raise LaunchError(f"valkey {self.process.ending()}.\n{self.process.last_lines()}")
            if time.monotonic() >= deadline:
                raise LaunchError(f"valkey did not answer in {within:.0f} s.\n{self.process.last_lines()}")
            pause(0.02)

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)


def server_url(password: str, port: int, database: int = 0) -> str:
    """The address of a local server."""
    return f"redis://:{password}@127.0.0.1:{port}/{database}"


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
