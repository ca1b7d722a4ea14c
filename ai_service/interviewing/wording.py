"""The sentences of feedback and reports, read from `wording.yaml`."""

import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ai_service.errors import ResourceError

WORDING_FILE = Path(__file__).parent / "wording.yaml"
_LONGEST_QUOTE = 140


class Wording:
    """Picks among the variants of a sentence: the same `seed` gives the same words again."""

    def __init__(self, variants: Mapping[str, Sequence[str]]) -> None:
        self._variants = variants

    def say(self, name: str, seed: str, turn: int = 0, **values: object) -> str:
        """The sentence `name` with its values filled in.

        `turn` counts the uses of the same sentence beside each other, so that they differ.
        """
        variants = self._variants[name]
        place = (zlib.crc32(f"{name}\0{seed}".encode()) + turn) % len(variants)
        return variants[place].format(**values)

    def knows(self, name: str) -> bool:
        """Whether there is such a sentence."""
        return name in self._variants


def shortened(text: str) -> str:
    """A quote for use inside a sentence: one line, at most 140 characters, without its final full stop."""
    line = " ".join(text.split()).rstrip(".")
    if len(line) <= _LONGEST_QUOTE:
        return line
    return line[:_LONGEST_QUOTE].rsplit(" ", 1)[0].rstrip(",;:") + " …"


@lru_cache(maxsize=1)
def load_wording() -> Wording:
    """Read `wording.yaml`; nested entries are named `group.entry`. Raises `ResourceError` when it cannot be read."""
    try:
        data: dict[str, Any] = yaml.load(WORDING_FILE.read_bytes(), Loader=yaml.CSafeLoader)
        variants: dict[str, Sequence[str]] = {}
        for name, entry in data.items():
            if isinstance(entry, dict):
                variants.update({f"{name}.{inner}": tuple(texts) for inner, texts in entry.items()})
            else:
                variants[name] = tuple(entry)
        if not all(variants.values()):
            raise ValueError("an entry has no variant")
        return Wording(variants)
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ResourceError(f"{WORDING_FILE} cannot be read: {error!r}") from error
