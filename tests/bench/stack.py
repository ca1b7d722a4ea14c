"""What a measurement runs against: real servers as `make run` starts them, the services, and the floor."""

import http.client
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local.errors import LaunchError
from deploy.local.ports import accepts_connections, free_port
from deploy.local.postgres import PostgresServer
from deploy.local.process import Process
from deploy.local.settings import ROOT
from deploy.local.valkey import ValkeyServer
from tests.bench.floor_plan import FloorPlan, Payload
from tests.bench.jobs import BenchError

_READY_SECONDS = 60.0


class Stack:
    """PostgreSQL with fsync, Valkey with its append-only file, the scripted engine, one chat process, and the floor.

    All live in a temporary folder and end with the `with` block. Raises BenchError when one cannot be started.
    """

    def __init__(self, settings: Mapping[str, str], engine: str = "tests.fakes.engine") -> None:
        """`engine` is the module that serves the engine, at `--listen`."""
        self._settings = settings
        self._engine_module = engine
        self._processes: list[Process] = []
        self.jwt_secret = secrets.token_hex(32)
        self.chat_port, self.floor_port = free_port(), free_port()
        self._engine_port = free_port()

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="mock-interview-bench-"))
        try:
            self._start()
        except BaseException as error:
            self._stop()
            if isinstance(error, LaunchError):
                raise BenchError(str(error)) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def watched(self) -> Mapping[str, int]:
        """The process ids of everything beside the services: postgres, valkey and engine."""
        return {"postgres": self._postgres.process.pid, "valkey": self._valkey.process.pid, "engine": self._engine.pid}

    @property
    def database_url(self) -> str:
        """The database of the product."""
        return self._postgres.url()

    @property
    def redis_url(self) -> str:
        """The Valkey database of the product."""
        return self._valkey.url()

    @property
    def chat_pid(self) -> int:
        """The one chat process."""
        return self._chat.pid

    @property
    def floor_pid(self) -> int:
        """The floor's process."""
        return self._floor.pid

    def start_floor(self, payload: Payload) -> None:
        """Starts the floor, which sends and stores the payload. Raises BenchError."""
        path = self._folder / "floor.json"
        FloorPlan(
            port=self.floor_port,
            database_url=self.database_url,
            redis_url=self.redis_url,
            jwt_secret=self.jwt_secret,
            ai_address=f"127.0.0.1:{self._engine_port}",
            payload=payload,
        ).write(path)
        self._floor = self._python("floor", "tests.bench.floor", str(path))
        self._floor.start()
        _wait(self._floor, lambda: accepts_connections(self.floor_port))

    def _start(self) -> None:
        folder = self._folder
        self._postgres = PostgresServer(
            folder / "postgres",
            folder / "postgres.log",
            owner_password=secrets.token_hex(16),
            superuser_password=secrets.token_hex(16),
        )
        self._valkey = ValkeyServer(folder / "valkey", folder / "valkey.log", secrets.token_hex(16))
        self._processes += [self._postgres.process, self._valkey.process]
        self._postgres.create()
        self._postgres.start()
        self._valkey.start()
        self._postgres.wait_until_ready(_READY_SECONDS)
        self._valkey.wait_until_ready(_READY_SECONDS)
        self._python("migrations", "chat_service", "migrate").run_to_end(_READY_SECONDS)
        self._engine = self._python("engine", self._engine_module, "--listen", f"127.0.0.1:{self._engine_port}")
        self._engine.start()
        self._chat = self._python("chat_service", "chat_service", "serve")
        self._chat.start()
        _wait(self._engine, lambda: accepts_connections(self._engine_port))
        _wait(self._chat, self._is_ready)

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.ask_to_stop()
        for process in reversed(self._processes):
            process.stop(within=10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _python(self, name: str, module: str, *arguments: str) -> Process:
        process = Process(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            log=self._folder / f"{name}.log",
            environment=self._environment(),
            working_folder=ROOT,
        )
        self._processes.append(process)
        return process

    def _environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "JWT_SECRET": self.jwt_secret,
            "AI_ADDRESS": f"127.0.0.1:{self._engine_port}",
            "AI_SERVICE_TOKEN": self.jwt_secret[::-1],
            "ACCESS_TOKEN_MINUTES": "240",
            "HOST": "127.0.0.1",
            "PORT": str(self.chat_port),
            **self._settings,
        }

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.chat_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _wait(process: Process, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not ready():
        if not process.is_running():
            raise LaunchError(f"{process.name} {process.ending()}.\n{process.last_lines()}")
        if time.monotonic() >= deadline:
            raise LaunchError(f"{process.name} was not ready in {_READY_SECONDS:.0f} s.\n{process.last_lines()}")
        time.sleep(0.05)
