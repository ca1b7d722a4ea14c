"""The stores' own instructions in docker-compose.yml, carried out by the real servers."""

import asyncio
import os
import secrets
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
from redis import AuthenticationError, Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy.local.binaries import postgres_folder, valkey_server
from deploy.local.ports import free_port
from deploy.local.postgres import OWNER, PostgresServer
from tests.deploy.container_files import ROOT, interpolated, services
from tests.deploy.launching import until

SCRIPT = "deploy/docker/postgres/mock-interview.sql"


@contextmanager
def redis_service(folder: Path, password: str) -> Iterator[tuple[subprocess.Popen[bytes], Redis]]:
    """The command of the service `redis`, in a folder that stands for its volume, on a free port."""
    port = free_port()
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    program = programs / "valkey-server"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(valkey_server()))} "$@" --port {port} --bind 127.0.0.1\n')
    program.chmod(0o755)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    service = services()["redis"]
    environment = {
        name: interpolated(text, {"REDIS_PASSWORD": password}) for name, text in service["environment"].items()
    }
    process = subprocess.Popen(
        [interpolated(word, {}) for word in service["command"]],
        cwd=data,
        env={"PATH": f"{programs}:{os.defpath}", **environment},
        stdout=subprocess.DEVNULL,
    )
    client = Redis(port=port, password=password)
    try:
        until(lambda: answers(client), "the server answers")
        yield process, client
    finally:
        client.close()
        process.kill()
        process.wait()


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisConnectionError:
        return False


def test_redis_wants_its_password_and_does_not_show_it_in_the_process_list(tmp_path: Path) -> None:
    password = secrets.token_hex(32)
    with redis_service(tmp_path, password) as (process, client):
        port = client.connection_pool.connection_kwargs["port"]
        with pytest.raises(AuthenticationError):
            Redis(port=port).ping()
        assert password.encode() not in Path(f"/proc/{process.pid}/cmdline").read_bytes()


def test_redis_loses_nothing_when_it_is_killed_and_evicts_nothing(tmp_path: Path) -> None:
    password = secrets.token_hex(32)
    with redis_service(tmp_path, password) as (process, client):
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        client.set("token", "used")
        process.kill()
        process.wait()
    with redis_service(tmp_path, password) as (_, client):
        assert client.get("token") == b"used"


def test_the_first_start_of_postgres_makes_a_role_that_owns_the_database_and_nothing_else(tmp_path: Path) -> None:
    mounts = [volume.split(":") for volume in services()["postgres"]["volumes"]]
    assert [f"./{SCRIPT}", f"/docker-entrypoint-initdb.d/{Path(SCRIPT).name}", "ro"] in mounts
    password = secrets.token_hex(32)
    server = PostgresServer(
        tmp_path / "postgres",
        tmp_path / "postgres.log",
        owner_password="another",
        superuser_password="superuser",
        settings={"fsync": "off"},
    )
    try:
        server.create()
        server.start()
        server.wait_until_ready(within=30)
        asyncio.run(_execute(server.superuser_url(), f"DROP DATABASE {OWNER}", f"DROP ROLE {OWNER}"))
        subprocess.run(
            [
                postgres_folder() / "psql",
                "-v",
                "ON_ERROR_STOP=1",
                "--no-psqlrc",
                "-f",
                ROOT / SCRIPT,
                server.superuser_url(),
            ],
            env={"PATH": os.defpath, "DATABASE_PASSWORD": password},
            stdout=subprocess.DEVNULL,
            timeout=30,
            check=True,
        )
        address = interpolated(services()["chat"]["environment"]["DATABASE_URL"], {"DATABASE_PASSWORD": password})
        url = address.replace("@postgres:5432/", f"@127.0.0.1:{server.port}/")
        assert url != address
        asyncio.run(_execute(url, "CREATE TABLE notes (text text)"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(_execute(url, "CREATE ROLE another"))
    finally:
        server.process.stop(within=5)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
