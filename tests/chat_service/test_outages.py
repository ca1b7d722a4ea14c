"""A server that is away: callers are told to come back, and it works again as soon as it is back."""

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.local.postgres import PostgresServer
from deploy.local.valkey import ValkeyServer
from tests.chat_service.conftest import PASSWORD, Service, expect, problem, serving, settings_with
from tests.servers import ROOT

BACK_WITHIN_SECONDS = 15.0


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey server of the test's own, with the append-only file that production has."""
    server = ValkeyServer(tmp_path / "valkey", tmp_path / "valkey.log", secrets.token_hex(16))
    try:
        restart(server)
        yield server
    finally:
        server.process.kill()


@pytest.fixture(scope="module")
def migrated_postgres() -> Iterator[PostgresServer]:
    """A migrated PostgreSQL server of this module's own."""
    folder = Path(tempfile.mkdtemp(prefix="mock-interview-outage-"))
    server = PostgresServer(
        folder / "postgres",
        folder / "postgres.log",
        owner_password=secrets.token_hex(16),
        superuser_password=secrets.token_hex(16),
        settings={"fsync": "off"},
    )
    try:
        server.create()
        restart(server)
        environment = {**os.environ, "DATABASE_URL": server.url()}
        command = [sys.executable, "-m", "chat_service", "migrate"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        yield server
    finally:
        server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(migrated_postgres: PostgresServer) -> PostgresServer:
    """The server, running at the start of every test."""
    if not migrated_postgres.process.is_running():
        restart(migrated_postgres)
    return migrated_postgres


def restart(server: PostgresServer | ValkeyServer) -> None:
    server.start()
    server.wait_until_ready(within=30)


@pytest.fixture
async def on_own_redis(database_url: str, valkey: ValkeyServer) -> AsyncIterator[Service]:
    async with serving({**settings_with(database_url, valkey.url()), "RATE_LIMITS": "on"}) as service:
        yield service


@pytest.fixture
async def on_own_postgres(postgres: PostgresServer, redis_url: str) -> AsyncIterator[Service]:
    async with serving(settings_with(postgres.url(), redis_url)) as service:
        yield service


async def logged_in(client: httpx2.AsyncClient) -> tuple[dict[str, str], dict[str, Any]]:
    credentials = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    expect(201, await client.post("/auth/signup", json=credentials))
    tokens = expect(200, await client.post("/auth/login", json=credentials))
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return credentials, tokens


async def until_back(ask: Callable[[], Awaitable[httpx2.Response]]) -> httpx2.Response:
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    while (reply := await ask()).status_code >= 500:
        assert time.monotonic() < deadline, reply.text
        await asyncio.sleep(0.05)
    return reply


async def readiness(service: Service) -> Mapping[str, Any]:
    async with httpx2.AsyncClient() as client:
        reply = await client.get(f"{service.url}/readyz")
        assert reply.status_code == (200 if reply.json()["status"] == "ready" else 503)
        return dict(reply.json())


async def test_without_redis_requests_get_503_and_sessions_survive_its_crash(
    on_own_redis: Service, valkey: ValkeyServer
) -> None:
    async with httpx2.AsyncClient(base_url=f"{on_own_redis.url}/api/v1", timeout=30) as client:
        credentials, tokens = await logged_in(client)
        valkey.process.kill()
        on_own_redis.core.accounts._sessions._trusted.clear()
        for refused in (
            await client.get("/profile/me"),
            await client.post("/auth/login", json=credentials),
            await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}),
            await client.post("/auth/signup", json=credentials),
            await client.post("/auth/logout"),
            await client.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}),
        ):
            problem(503, "session_store_unavailable", refused)
            assert int(refused.headers["retry-after"]) >= 1
        assert (await readiness(on_own_redis))["parts"]["redis"] == "unavailable"
        restart(valkey)
        expect(200, await until_back(lambda: client.get("/profile/me")))
        expect(200, await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}))
        assert (await readiness(on_own_redis))["parts"]["redis"] == "ok"


async def test_a_restart_of_postgres_is_survived(on_own_postgres: Service, postgres: PostgresServer) -> None:
    async with httpx2.AsyncClient(base_url=f"{on_own_postgres.url}/api/v1", timeout=30) as client:
        await logged_in(client)
        interview = expect(201, await client.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}))
        postgres.process.kill()
        restart(postgres)
        read = await until_back(lambda: client.get(f"/interviews/{interview['id']}"))
        assert expect(200, read)["id"] == interview["id"]
        started = await until_back(lambda: client.post(f"/interviews/{interview['id']}/start"))
        assert expect(200, started)["state"] == "in_progress"
        answer = {"content": "A hash table stores each key in a bucket."}
        expect(200, await until_back(lambda: client.post(f"/interviews/{interview['id']}/messages", json=answer)))


async def test_without_postgres_requests_get_503(on_own_postgres: Service, postgres: PostgresServer) -> None:
    async with httpx2.AsyncClient(base_url=f"{on_own_postgres.url}/api/v1", timeout=30) as client:
        credentials, tokens = await logged_in(client)
        interview = expect(201, await client.post("/interviews", json={"domain": "dsa", "difficulty": "easy"}))
        postgres.process.kill()
        for refused in (
            await client.get("/profile/me"),
            await client.get("/interviews"),
            await client.post("/auth/login", json=credentials),
            await client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}),
            await client.post("/auth/signup", json={**credentials, "email": f"{uuid4().hex}@example.com"}),
            await client.post(f"/interviews/{interview['id']}/start"),
            await client.post(f"/interviews/{interview['id']}/messages", json={"content": "A hash table."}),
        ):
            assert refused.status_code == 503, refused.text
            assert int(refused.headers["retry-after"]) >= 1
        assert (await readiness(on_own_postgres))["parts"]["database"] == "unavailable"
