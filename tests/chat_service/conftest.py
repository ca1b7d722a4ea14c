"""A real chat service on a real port, with a scripted engine behind it."""

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette

from chat_service.accounts import passwords
from chat_service.accounts.passwords import Passwords
from chat_service.contracts.socket_protocol import SERVER_OPTIONS
from chat_service.core import Core
from chat_service.main import make_app
from tests.fakes import engine as fakes

PASSWORD = "correct horse battery"
_AUDIO = tempfile.TemporaryDirectory(prefix="mock-interview-audio-")
_COST = passwords._PASSES, passwords._MEMORY_KIB


@dataclass
class Service:
    """A running chat service."""

    url: str
    app: Starlette
    script: fakes.Script
    restart_engine: Callable[[], Any]
    stop_engine: Callable[[], Any]

    @property
    def core(self) -> Core:
        core: Core = self.app.state.core
        return core


class Candidate:
    """Somebody with an account who uses the API."""

    def __init__(self, client: httpx2.AsyncClient, email: str, refresh_token: str) -> None:
        self.http = client
        self.email = email
        self.refresh_token = refresh_token

    async def create(self, **fields: Any) -> dict[str, Any]:
        body = {"domain": "dsa", "difficulty": "medium", **fields}
        return dict(expect(201, await self.http.post("/interviews", json=body)))

    async def start(self, interview_id: str) -> dict[str, Any]:
        return dict(expect(200, await self.http.post(f"/interviews/{interview_id}/start")))

    async def started(self, **fields: Any) -> dict[str, Any]:
        return await self.start((await self.create(**fields))["id"])

    async def say(self, interview_id: str, content: str, **fields: Any) -> httpx2.Response:
        return await self.http.post(f"/interviews/{interview_id}/messages", json={"content": content, **fields})

    async def answered(self, interview_id: str, content: str, **fields: Any) -> dict[str, Any]:
        return dict(expect(200, await self.say(interview_id, content, **fields)))

    async def end(self, interview_id: str) -> dict[str, Any]:
        return dict(expect(200, await self.http.post(f"/interviews/{interview_id}/end")))


def expect(status: int, response: httpx2.Response) -> Any:
    """The body of a response that has the status; fails with the body otherwise."""
    assert response.status_code == status, f"{response.status_code} instead of {status}: {response.text}"
    return response.json()


def problem(status: int, code: str, response: httpx2.Response) -> dict[str, Any]:
    """The problem document of a response that failed in the expected way."""
    body: dict[str, Any] = expect(status, response)
    assert response.headers["content-type"] == "application/problem+json"
    assert (body["status"], body["code"]) == (status, code), body
    assert body["request_id"] == response.headers["x-request-id"]
    assert body["detail"]
    return body


@asynccontextmanager
async def serving(environment: Mapping[str, str]) -> AsyncIterator[Service]:
    """A chat service with these settings until the end of the block, with a scripted engine or that of AI_ADDRESS."""
    script = fakes.Script()
    engine, engine_port = await fakes.serve(script, "127.0.0.1:0")
    running = {"engine": engine}

    async def stop_engine() -> None:
        await running.pop("engine").stop(None)

    async def restart_engine() -> None:
        if "engine" not in running:
            running["engine"], _ = await fakes.serve(script, f"127.0.0.1:{engine_port}")

    with pytest.MonkeyPatch.context() as patched:
        for name, value in {"AI_ADDRESS": f"127.0.0.1:{engine_port}", **environment}.items():
            patched.setenv(name, value)
        app = make_app()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="warning",
            access_log=False,
            server_header=False,
            http="httptools",
            log_config=None,
            **SERVER_OPTIONS,
        )
    )
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.005)
            if serving.done():
                serving.result()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Service(f"http://127.0.0.1:{port}", app, script, restart_engine, stop_engine)
    finally:
        server.should_exit = True
        await serving
        if "engine" in running:
            await running["engine"].stop(None)


def settings_with(database_url: str, redis_url: str) -> dict[str, str]:
    """The settings of a service on these servers."""
    return {
        "DATABASE_URL": database_url,
        "DATABASE_POOL": "8",
        "REDIS_URL": redis_url,
        "JWT_SECRET": secrets.token_hex(32),
        "AI_SERVICE_TOKEN": secrets.token_hex(32),
        "AI_CHANNELS": "1",
        "AI_DEADLINE_SECONDS": "5",
        "AUDIO_FOLDER": _AUDIO.name,
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "warning",
    }


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str) -> Mapping[str, str]:
    """The settings of the shared service."""
    return settings_with(database_url, redis_url)


@pytest.fixture
def environment(settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Settings that the test changes before its service starts; the service is the test's own then."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture(scope="session", autouse=True)
def genuine_passwords() -> Iterator[Passwords]:
    """Hashing as it is; the services of the tests take a thousandth of the work, as nobody guesses their passwords."""
    with pytest.MonkeyPatch.context() as patched:
        passes, memory = _COST  # each folder of tests has a fixture of its own
        patched.setattr(passwords, "_PASSES", passes)
        patched.setattr(passwords, "_MEMORY_KIB", memory)
        genuine = Passwords()
        patched.setattr(passwords, "_PASSES", 1)
        patched.setattr(passwords, "_MEMORY_KIB", 8)
        yield genuine
    genuine.close()


@pytest.fixture(scope="session")
async def shared_service(settings: Mapping[str, str]) -> AsyncIterator[Service]:
    """The service of all tests that need no settings of their own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("chat_service.main._SWEEP_SECONDS", 3600.0)  # the tests that need a sweep order one
        async with serving(settings) as service:
            yield service


@pytest.fixture
async def service(request: pytest.FixtureRequest, shared_service: Service) -> AsyncIterator[Service]:
    """A chat service and its scripted engine, which follows an empty script before and after every test."""
    if "environment" in request.fixturenames:
        request.getfixturevalue("environment")
        async with serving(os.environ) as own:
            yield own
        return
    await shared_service.restart_engine()
    shared_service.script.__dict__.update(fakes.Script().__dict__)
    yield shared_service
    shared_service.script.__dict__.update(fakes.Script().__dict__)


@pytest.fixture
async def anybody(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without an account."""
    async with httpx2.AsyncClient(base_url=f"{service.url}/api/v1", timeout=20) as client:
        yield client


@pytest.fixture
async def join(service: Service) -> AsyncIterator[Callable[[], Any]]:
    """Signs up somebody new and logs him in."""
    clients: list[httpx2.AsyncClient] = []

    async def sign_up() -> Candidate:
        client = httpx2.AsyncClient(base_url=f"{service.url}/api/v1", timeout=20)
        clients.append(client)
        email = f"{uuid4().hex}@example.com"
        expect(201, await client.post("/auth/signup", json={"email": email, "password": PASSWORD}))
        tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": PASSWORD}))
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return Candidate(client, email, tokens["refresh_token"])

    yield sign_up
    for client in clients:
        await client.aclose()


@pytest.fixture
async def candidate(join: Callable[[], Any]) -> Candidate:
    """Somebody with an account."""
    someone: Candidate = await join()
    return someone
