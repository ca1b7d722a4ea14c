import os

# What a test starts as a process only execs; gRPC's care for forks can abort the child before that.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

from collections.abc import Iterator
from functools import cache

import httpcore2
import pytest

import ai_service  # noqa: F401 - before NumPy: it sets the number of threads
from tests.servers import Keeper, ask

_keeper = pytest.StashKey[Keeper]()


def pytest_configure(config: pytest.Config) -> None:
    # Each client would read the system's certificates again: a quarter of a test, and an http:// address has no use.
    httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)
    # A worker of pytest-xdist finds the keeper of the process that started it by the environment.
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[_keeper] = Keeper()


def pytest_unconfigure(config: pytest.Config) -> None:
    if (keeper := config.stash.get(_keeper, None)) is not None:
        keeper.stop()


@pytest.fixture(scope="session")
def database_url() -> str:
    """A migrated PostgreSQL database of this worker's own; what a test leaves in it, the next one finds."""
    return ask("database")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Valkey database of this worker's own, empty at the start of the run."""
    return ask("redis")


@pytest.fixture
def fresh_database_url() -> Iterator[str]:
    """A migrated PostgreSQL database for one test, dropped afterwards."""
    url = ask("database")
    yield url
    ask("drop", url)
