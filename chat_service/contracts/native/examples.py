"""Documented examples, kept as JSON files beside the door."""

import json
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples.json"
FOLDER = Path(__file__).parent / "replies"

_REPLIES = {
    "GET /analytics/me": "practice",
    "GET /analytics/me/dashboard": "dashboard",
    "GET /analytics/me/charts/{name}": "chart",
    "GET /admin/analytics": "platform",
}


def recorded() -> dict[str, Any]:
    """The examples by operation: its `request` (if it has a body), and the `status` and `response` it got.

    They are recorded from a running service, but for the figures, which are chosen to be readable.
    """
    replies = {name: {"status": 200, "response": _read(FOLDER / f"{file}.json")} for name, file in _REPLIES.items()}
    return {**_read(EXAMPLES), **replies}


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))
