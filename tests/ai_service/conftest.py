from pathlib import Path

import pytest

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank, load_bank


@pytest.fixture(scope="session")
def model_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the converted model once it was loaded."""
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="session")
def grader(model_cache: Path) -> Grader:
    """The real grader, loaded once."""
    return Grader.load(model_cache)


@pytest.fixture(scope="session")
def bank() -> Bank:
    """The bank that the service ships."""
    return load_bank()
