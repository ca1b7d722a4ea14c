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
