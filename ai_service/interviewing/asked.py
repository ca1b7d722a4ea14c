"""What a candidate has been asked, and how often."""

from collections.abc import Sequence

from ai_service.interviewing.interview import Turn


class Asked:
    """Counts of the keys that were asked, from the recorded keys and the turns of the current interview."""

    def __init__(self, seen_keys: Sequence[str], turns: Sequence[Turn]) -> None:
        self._count: dict[str, int] = {}
        self._last: dict[str, int] = {}
        for place, key in enumerate(seen_keys):
            self._count[key] = self._count.get(key, 0) + 1
            self._last[key] = place
        # The turns are normally among the recorded keys; a caller that left them out must not get them again.
        for place, turn in enumerate(turns, len(seen_keys)):
            if turn.question.key not in self._count:
                self._count[turn.question.key] = 1
                self._last[turn.question.key] = place

    def count(self, key: str) -> int:
        """How often the key was asked."""
        return self._count.get(key, 0)

    def last(self, key: str) -> int:
        """When the key was asked last: greater is later, -1 is never."""
        return self._last.get(key, -1)
