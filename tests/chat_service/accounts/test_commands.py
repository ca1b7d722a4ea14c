"""The commands on the server: the first administrator, and roles."""

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from chat_service.__main__ import main
from tests.chat_service.conftest import PASSWORD, Candidate, Service, expect, problem
from tests.servers import ROOT

Outcome = tuple[int, str, str]
NO_TERMINAL = "These settings have to be mended:\nADMIN_PASSWORD: is not set, and there is no terminal to ask for it\n"


@pytest.fixture
def command(
    settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Runs a command of `python -m chat_service` in this process; gives its status, output and errors."""

    async def run(*arguments: str, **variables: str) -> Outcome:
        for name, value in {**settings, **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["chat_service", *arguments])
        capsys.readouterr()
        status = await asyncio.to_thread(main)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


async def subprocess(settings: Mapping[str, str], *arguments: str, **variables: str) -> Outcome:
    """Runs `python -m chat_service` without a terminal; gives its status, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat_service", *arguments),
        cwd=ROOT,
        env={**os.environ, **settings, **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def role_of(client: httpx2.AsyncClient, email: str, password: str) -> str:
    tokens = expect(200, await client.post("/auth/login", json={"email": email, "password": password}))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return str(expect(200, await client.get("/profile/me", headers=headers))["role"])


async def test_create_admin_opens_an_account_that_is_an_administrator(
    anybody: httpx2.AsyncClient, settings: Mapping[str, str]
) -> None:
    email = f"Root.{uuid4().hex}@Example.com"
    made, asked_in_vain = await asyncio.gather(
        subprocess(settings, "create-admin", email, ADMIN_PASSWORD="a good passphrase"),
        subprocess(settings, "create-admin", f"other.{email}"),
    )
    assert made == (0, f"{email.lower()} is an administrator.\n", "")
    assert asked_in_vain == (2, "", NO_TERMINAL)
    assert await role_of(anybody, email, "a good passphrase") == "admin"


async def test_create_admin_promotes_an_account_that_there_is_and_set_role_demotes_it(
    anybody: httpx2.AsyncClient, candidate: Candidate, service: Service, command: Callable[..., Any]
) -> None:
    promoted = await command("create-admin", candidate.email.upper())
    assert promoted == (0, f"{candidate.email} is an administrator.\n", "")
    tokens = expect(200, await anybody.post("/auth/refresh", json={"refresh_token": candidate.refresh_token}))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    expect(200, await anybody.get("/admin/analytics", headers=headers))
    assert await command("set-role", candidate.email, "user") == (0, f"{candidate.email} is user.\n", "")
    service.core.accounts._sessions._trusted.clear()
    problem(401, "session_ended", await anybody.get("/admin/analytics", headers=headers))
    assert await role_of(anybody, candidate.email, PASSWORD) == "user"


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("create-admin", "no address"), "a good passphrase", "email: "),
        (("create-admin", "new@example.com"), "short", "password: must have 8 to 256 characters\n"),
        (("create-admin", "new@example.com"), "", "password: must have 8 to 256 characters\n"),
        (("set-role", "new@example.com", "admin"), "", "There is no account new@example.com.\n"),
        (("set-role", "no address", "user"), "", "email: "),
    ],
)
async def test_a_command_with_wrong_input_says_what_is_wrong(
    command: Callable[..., Any], arguments: tuple[str, ...], password: str, said: str
) -> None:
    status, output, errors = await command(*arguments, ADMIN_PASSWORD=password)
    assert (status, output) == (1, "")
    assert errors.startswith(said)
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("migrate",), ("create-admin", "a@example.com")])
async def test_a_command_without_a_database_says_so(command: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    nowhere = "postgresql://mock_interview:guess@127.0.0.1:1/mock_interview"
    status, output, errors = await command(*arguments, DATABASE_URL=nowhere)
    assert (status, output) == (1, "")
    assert errors.startswith("The database of DATABASE_URL does not serve: ")
    assert "guess" not in errors


async def test_a_command_with_wrong_settings_names_them(command: Callable[..., Any]) -> None:
    status, _, errors = await command("set-role", "a@example.com", "user", JWT_SECRET="changeme")
    assert status == 2
    assert "\nJWT_SECRET: " in errors
