"""Whether a body has the shape of a documented example: every field that it shows, of the type that it shows."""

import re
from datetime import datetime
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def require_shape(example: Any, got: Any, where: str = "body") -> None:
    """Fails, naming the place, unless `got` has the shape. Lists have the shape of their example's first element."""
    if isinstance(example, dict):
        assert isinstance(got, dict), (where, got)
        assert example.keys() <= got.keys() or not example, (where, sorted(example.keys() - got.keys()))
        for name, value in example.items():
            require_shape(value, got[name], f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(got, list), (where, got)
        assert got or not example, (where, "is empty")
        for number, value in enumerate(got):
            require_shape(example[0], value, f"{where}.{number}")
    elif isinstance(example, bool) or isinstance(got, bool):
        assert type(example) is type(got), (where, got)
    elif isinstance(example, int | float):
        assert isinstance(got, int if isinstance(example, int) else int | float), (where, got)
    elif isinstance(example, str):
        assert isinstance(got, str), (where, got)
        assert got, (where, "is empty")
        if _TIME.match(example):
            assert datetime.fromisoformat(got).tzinfo is not None, (where, got)
            assert re.sub(r"\d", "0", got) == re.sub(r"\d", "0", example), (where, got)
    else:
        assert got is example, (where, got)
