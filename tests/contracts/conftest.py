"""The contracts are played against the service that the chat service's tests run."""

from tests.chat_service.conftest import (  # noqa: F401
    anybody,
    candidate,
    environment,
    genuine_passwords,
    join,
    service,
    settings,
    shared_service,
)
