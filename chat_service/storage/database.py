"""PostgreSQL: short ORM transactions, and driver statements for the paths that must be fast."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg
import sqlalchemy.exc
from pydantic_core import from_json, to_json
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from chat_service.errors import AppError, ErrorKind

_transaction_open: ContextVar[bool] = ContextVar("transaction_open", default=False)

# ORM work is brief and rare beside the driver's: a small pool of its own keeps it from waiting behind a burst.
_SESSION_POOL = 16
_COMMAND_TIMEOUT_SECONDS = 15
_DEADLOCK = "40P01"


# What the drivers raise when the server is away, starting or going, or has chosen us to give way to another
# transaction. What a statement does wrong is not among it.
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
)


class GaveWayError(AppError):
    """The server ended this transaction in favour of another (a deadlock). The same work can be tried again at once."""


class Base(DeclarativeBase):
    """The tables of every room, with constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def in_transaction() -> bool:
    """Whether the current task holds a database transaction open."""
    return _transaction_open.get()


class Database:
    """Two pools on one server: sessions for ORM work and a driver pool for prepared statements."""

    def __init__(self, url: str, *, pool: int) -> None:
        self._url = url
        self._pool_size = pool
        self._engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=_SESSION_POOL,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"command_timeout": _COMMAND_TIMEOUT_SECONDS, "server_settings": {"timezone": "UTC"}},
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self._driver: asyncpg.Pool[asyncpg.Record] | None = None

    async def connect(self) -> None:
        """Opens the driver pool. Raises what asyncpg raises when the server is not there."""
        self._driver = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._pool_size,
            command_timeout=_COMMAND_TIMEOUT_SECONDS,
            init=_read_json_as_python,
            reset=_keep_session_state,
            server_settings={"timezone": "UTC"},
        )

    async def close(self) -> None:
        """Closes both pools."""
        if self._driver is not None:
            await self._driver.close()
        await self._engine.dispose()

    async def ping(self) -> None:
        """Raises when the server does not answer."""
        await self.fetch("SELECT 1")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One short ORM transaction: committed at the end of the block, rolled back when it raises."""
        mark = _transaction_open.set(True)
        try:
            async with self._sessions.begin() as session:
                yield session
        except _AWAY as error:
            raise _unavailable(error) from error
        except DBAPIError as error:
            if error.connection_invalidated or getattr(error.orig, "sqlstate", None) == _DEADLOCK:
                raise _unavailable(error) from error
            raise
        finally:
            _transaction_open.reset(mark)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A read-only snapshot: all queries of the block see the same moment."""
        async with self.transaction() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield session

    async def fetch(self, statement: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """One prepared statement, a transaction by itself. JSON columns arrive as Python values."""
        try:
            return await self._pool.fetch(statement, *arguments)
        except _AWAY as error:
            raise _unavailable(error) from error

    async def fetch_row(self, statement: str, *arguments: object) -> asyncpg.Record | None:
        """The first row of `fetch`, or None."""
        try:
            return await self._pool.fetchrow(statement, *arguments)
        except _AWAY as error:
            raise _unavailable(error) from error

    @property
    def _pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._driver is None:
            raise RuntimeError("Database.connect() has not been awaited")
        return self._driver


def _unavailable(error: BaseException) -> AppError:
    if getattr(getattr(error, "orig", error), "sqlstate", None) == _DEADLOCK:
        return GaveWayError(
            ErrorKind.UNAVAILABLE,
            "database_unavailable",
            "Other requests are changing the same things just now. Try again in a moment.",
            retry_after=1,
        )
    return AppError(
        ErrorKind.UNAVAILABLE,
        "database_unavailable",
        "The database cannot be reached just now. Try again in a moment.",
        details={"cause": type(error).__name__},
        retry_after=2,
    )


async def _read_json_as_python(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_to_json, decoder=from_json)


async def _keep_session_state(_: Any) -> None:
    """Replaces the pool's RESET ALL: single statements leave nothing behind, and it would cost a round trip."""


def _to_json(value: object) -> str:
    """Text that is JSON already passes as it is, so that a document is rendered once."""
    return value if isinstance(value, str) else to_json(value).decode()
