"""Commands: serve, migrate, create-admin, set-role, rebuild-analytics."""

import argparse
import asyncio
import getpass
import os
import sys
import tempfile
import warnings

import asyncpg
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from chat_service.accounts.accounts import Account
from chat_service.accounts.administration import create_admin
from chat_service.accounts.identity import Role
from chat_service.analytics.analytics import Analytics
from chat_service.contracts.socket_protocol import SERVER_OPTIONS
from chat_service.core import Core
from chat_service.errors import AppError
from chat_service.logs import configure_logs
from chat_service.settings import DatabaseSettings, Settings, SettingsError
from chat_service.storage.database import Database
from chat_service.storage.migration import migrate


def main() -> int:
    """Runs the command of the command line; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m chat_service", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the API")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    admin = commands.add_parser(
        "create-admin",
        help="make an administrator: a new account (password asked, or ADMIN_PASSWORD) or an existing one",
    )
    admin.add_argument("email")
    role = commands.add_parser("set-role", help="give an account a role; a demotion ends its sessions")
    role.add_argument("email")
    role.add_argument("role", choices=[one.value for one in Role])
    commands.add_parser(
        "rebuild-analytics", help="count the platform's figures anew, after rows were loaded with the triggers off"
    )
    chosen = parser.parse_args()
    try:
        if chosen.command == "serve":
            return _serve()
        if chosen.command == "migrate":
            revision = asyncio.run(migrate(DatabaseSettings.load().database_url))
            print(f"The database is at revision {revision}.")
        elif chosen.command == "rebuild-analytics":
            asyncio.run(_rebuild_analytics(DatabaseSettings.load().database_url))
            print("The platform's figures are counted anew.")
        elif chosen.command == "create-admin":
            account = asyncio.run(_create_admin(chosen.email))
            print(f"{account.email} is an administrator.")
        else:
            account = asyncio.run(_set_role(chosen.email, Role(chosen.role)))
            print(f"{account.email} is {account.role.value}.")
    except SettingsError as error:
        print(f"These settings have to be mended:\n{error}", file=sys.stderr)
        return 2
    except AppError as error:
        print(error.message, file=sys.stderr)
        return 1
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as error:
        print(f"The database of DATABASE_URL does not serve: {error}", file=sys.stderr)
        return 1
    return 0


def _serve() -> int:
    settings = Settings.load()
    configure_logs(settings.log_level)
    if settings.workers == 1:
        _run(settings)
        return 0
    with tempfile.TemporaryDirectory(prefix="mock-interview-metrics-") as folder:
        # The workers' metrics are added up from files here; prometheus_client fixes the name.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        _run(settings)
    return 0


def _run(settings: Settings) -> None:
    uvicorn.run(
        "chat_service.main:make_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        **SERVER_OPTIONS,
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=settings.drain_seconds,
        server_header=False,
    )


async def _create_admin(email: str) -> Account:
    settings = Settings.load()
    core = await Core.build(settings)
    try:
        return await create_admin(core.accounts, email, lambda: _password(settings))
    finally:
        await core.close()


async def _set_role(email: str, role: Role) -> Account:
    core = await Core.build(Settings.load())
    try:
        return await core.accounts.change_role(email, role)
    finally:
        await core.close()


async def _rebuild_analytics(url: str) -> None:
    database = Database(url, pool=2)
    try:
        await Analytics(database).rebuild()
    finally:
        await database.close()


def _password(settings: Settings) -> str:
    if settings.admin_password is not None:
        return settings.admin_password.get_secret_value()
    try:
        with warnings.catch_warnings(action="error", category=getpass.GetPassWarning):
            first = getpass.getpass("Password of the administrator: ")
            if first != getpass.getpass("Once more: "):
                raise SettingsError("ADMIN_PASSWORD: the two passwords differ")
    except (EOFError, getpass.GetPassWarning):
        raise SettingsError("ADMIN_PASSWORD: is not set, and there is no terminal to ask for it") from None
    return first


if __name__ == "__main__":
    sys.exit(main())
