"""Answers that are good for a moment."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

# How long a process may go on trusting what another one has ended since.
TRUST_SECONDS = 3.0


class Trust(Generic[KeyT, ValueT]):
    """Remembers what was found out, for three seconds and in bounded memory."""

    def __init__(self, *, size: int = 50_000) -> None:
        self._size = size
        self._known: OrderedDict[KeyT, tuple[float, ValueT]] = OrderedDict()

    def get(self, key: KeyT) -> ValueT | None:
        """What was kept, if that was less than three seconds ago."""
        known = self._known.get(key)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        self._known.pop(key, None)
        return None

    def keep(self, key: KeyT, value: ValueT) -> None:
        """Remembers the value from now on."""
        self._known[key] = time.monotonic() + TRUST_SECONDS, value
        self._known.move_to_end(key)
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def forget(self, key: KeyT) -> None:
        """Makes the next `get` give None."""
        self._known.pop(key, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._known.clear()
