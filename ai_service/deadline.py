"""How long the call at hand may still take."""

import time
from contextvars import ContextVar

_ENDS: ContextVar[float | None] = ContextVar("ends", default=None)


def begin_call(seconds: float | None) -> None:
    """Note that the call at hand, and every task that it starts, has `seconds` left; None for no deadline."""
    _ENDS.set(None if seconds is None else time.monotonic() + seconds)


def seconds_left() -> float:
    """Seconds until the deadline of the call at hand, negative when it has passed; infinite without a deadline."""
    ends = _ENDS.get()
    return float("inf") if ends is None else ends - time.monotonic()
