"""A running stack with people in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.candidates import Candidates
from tests.bench.credentials import Credentials
from tests.bench.floor_plan import Payload
from tests.bench.pilot import Pilot, fly
from tests.bench.stack import Stack


@dataclass(frozen=True)
class Stage:
    """The servers, the services and the floor, the pilot, the bytes of an answer, and who makes copies of him."""

    stack: Stack
    pilot: Pilot
    payload: Payload
    candidates: Candidates


@contextmanager
def set_up(settings: Mapping[str, str]) -> Iterator[Stage]:
    """A stage whose chat service has the settings; it is gone after the block. Raises BenchError."""
    with Stack(settings) as stack:
        pilot = fly(stack.chat_port)
        payload = Payload.of(pilot, stack.database_url)
        stack.start_floor(payload)
        credentials = Credentials(stack.redis_url, stack.jwt_secret)
        yield Stage(stack, pilot, payload, Candidates(pilot, stack.database_url, credentials))
