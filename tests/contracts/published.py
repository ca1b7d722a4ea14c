"""Comparing replies with the examples that a document publishes."""

from collections.abc import Iterator
from typing import Any


def differences(published: Any, got: Any, where: str = "") -> Iterator[str]:
    """Where a reply lacks a field of the example or has another type there. Numbers are one type; more fields are fine.

    Every item of a list has to be like the example's first one.
    """
    if isinstance(published, dict) and isinstance(got, dict):
        for name, value in published.items():
            if name in got:
                yield from differences(value, got[name], f"{where}.{name}")
            else:
                yield f"{where}.{name} is missing"
    elif isinstance(published, list) and isinstance(got, list):
        for place, one in enumerate(got if published else ()):
            yield from differences(published[0], one, f"{where}.{place}")
    elif _type(published) != _type(got):
        yield f"{where} is {got!r}, published is {published!r}"


def _type(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
