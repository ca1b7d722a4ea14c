"""The contracts are played against a service such as the chat service's tests run."""

from collections.abc import Mapping

import pytest

from tests.chat_service.conftest import (  # noqa: F401
    anybody,
    candidate,
    environment,
    genuine_passwords,
    join,
    service,
    settings_with,
    shared_service,
)
from tests.servers import ask


@pytest.fixture(scope="session")
def settings(redis_url: str) -> Mapping[str, str]:
    """With a database of its own: services that share one do each other's jobs, by another script."""
    return settings_with(ask("database"), redis_url)
