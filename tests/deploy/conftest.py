import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.deploy.launching import Launched, checkout_with_standins, processes_of, until


@pytest.fixture(scope="session")
def standin_checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout_with_standins(tmp_path_factory.mktemp("checkout") / "mock-interview")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where a test's instance keeps its data; the launcher makes it."""
    return tmp_path / "data"


@pytest.fixture(scope="session")
def used_data(standin_checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an instance that was started once and stopped."""
    instance = Launched(standin_checkout, tmp_path_factory.mktemp("used") / "data")
    try:
        instance.until_ready().stop()
    finally:
        instance.end()
    return instance.data


@pytest.fixture
def relaunch(launch: Callable[..., Launched], used_data: Path, data: Path) -> Callable[..., Launched]:
    """`launch` on data that exist already, which saves making a database."""
    subprocess.run(["cp", "-a", str(used_data), str(data)], check=True)
    return launch


@pytest.fixture
def launch(standin_checkout: Path, data: Path) -> Iterator[Callable[..., Launched]]:
    """Starts a launcher with the stand-in services; whatever a test does, nothing of it is left behind."""
    launched: list[Launched] = []

    def start(*, port: int | None = None, command: Sequence[str] | None = None, **environment: str) -> Launched:
        launched.append(Launched(standin_checkout, data, port=port, command=command, environment=environment))
        return launched[-1]

    yield start
    for one in launched:
        one.end()
    until(lambda: not processes_of(data), "all processes end")
