"""Languages as endpoints name them."""

from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "languages.yaml"


@cache
def _codes() -> dict[str, str]:
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


def code_of(name: str) -> str:
    """The code of a language that is named in English, such as "english", or by its code; empty for another."""
    name = name.strip().lower()
    codes = _codes()
    return name if name in codes.values() else codes.get(name, "")
