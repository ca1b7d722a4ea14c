"""One PostgreSQL and one Valkey for a whole pytest run, started when the first test asks for them.

A keeper process (`python -m tests.servers`) owns the servers and answers on a Unix socket, so that the workers of
pytest-xdist share them. It ends, and the servers with it, when pytest does, however that ends.
"""

import asyncio
import contextlib
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from deploy.local.postgres import DATABASE, OWNER, PostgresServer
from deploy.local.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[1]
SOCKET_VARIABLE = "MOCK_INTERVIEW_TEST_SERVERS"
_REDIS_DATABASES = 256

# Killing PostgreSQL loses no acknowledged commit with these either; only a power cut would.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}


class Keeper:
    """Pytest's side: starts the keeper process, and lets it go."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mock-interview-tests-"))
        path = self._folder / "keeper.socket"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers", str(self._folder), str(listener.fileno())],
                stdin=subprocess.PIPE,
                cwd=ROOT,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        os.environ[SOCKET_VARIABLE] = str(path)

    def stop(self) -> None:
        """Stop the servers, and return when they have stopped."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        os.environ.pop(SOCKET_VARIABLE, None)


def ask(request: str, argument: str = "") -> str:
    """Ask the keeper; raises RuntimeError with its reason when it cannot do what was asked.

    `database` makes a migrated database and gives its URL; `drop` removes the database with that URL; `redis` gives
    the URL of an empty Valkey database that nobody else was given.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(os.environ[SOCKET_VARIABLE])
        connection.sendall(json.dumps([request, argument]).encode())
        connection.shutdown(socket.SHUT_WR)
        answer = json.loads(_read_all(connection))
    if "error" in answer:
        raise RuntimeError(f"The test servers cannot give a {request}: {answer['error']}")
    return str(answer["result"])


class _Servers:
    """The keeper's side. Each server starts at the first request that needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres: PostgresServer | None = None
        self._failure: Exception | None = None
        self._valkey: ValkeyServer | None = None
        self._databases = 0
        self._redis_databases = 0

    def answer(self, request: str, argument: str) -> str:
        match request:
            case "database":
                return self._make_database()
            case "drop":
                name = argument.rpartition("/")[2]
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                return name
            case "redis":
                return self._next_redis_database()
        raise ValueError(f"unknown request {request!r}")

    def stop(self) -> None:
        if self._valkey is not None:
            self._valkey.process.stop(within=2)
        if self._postgres is not None:
            self._postgres.process.stop(within=5)

    def _make_database(self) -> str:
        if self._failure is not None:
            raise self._failure
        if self._postgres is None:
            try:
                self._postgres = self._start_migrated_postgres()
            except Exception as error:
                self._failure = error
                raise
        self._databases += 1
        name = f"test_{self._databases}"
        self._execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE {DATABASE}')
        return self._postgres.url(name)

    def _start_migrated_postgres(self) -> PostgresServer:
        server = PostgresServer(
            self._folder / "postgres",
            self._folder / "postgres.log",
            owner_password=secrets.token_hex(16),
            superuser_password=secrets.token_hex(16),
            settings=_SETTINGS,
        )
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(server.process.kill)
            server.create()
            server.start()
            server.wait_until_ready(within=30)
            _migrate(server.url())
            on_failure.pop_all()
        return server

    def _next_redis_database(self) -> str:
        if self._valkey is None:
            valkey = ValkeyServer(
                self._folder / "valkey",
                self._folder / "valkey.log",
                secrets.token_hex(16),
                databases=_REDIS_DATABASES,
                append_only=False,
            )
            valkey.start()
            valkey.wait_until_ready(within=30)
            self._valkey = valkey
        number = self._redis_databases
        self._redis_databases += 1
        return self._valkey.url(number)

    def _execute(self, statement: str) -> None:
        assert self._postgres is not None
        asyncio.run(_execute(self._postgres.superuser_url(), statement))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _migrate(database_url: str) -> None:
    environment: Mapping[str, str] = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run(
        [sys.executable, "-m", "chat_service", "migrate"],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"`python -m chat_service migrate` failed:\n{done.stdout}{done.stderr}")


def _read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _keep(folder: Path, listener: socket.socket) -> None:
    """Answer requests, one after the other, until standard input ends."""
    servers = _Servers(folder)
    try:
        while True:
            ready, _, _ = select.select([sys.stdin, listener], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            with connection:
                try:
                    answer = {"result": servers.answer(*json.loads(_read_all(connection)))}
                except Exception as error:  # noqa: BLE001  (whatever it is, the test that asked is to show it)
                    answer = {"error": f"{type(error).__name__}: {error}"}
                connection.sendall(json.dumps(answer).encode())
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
