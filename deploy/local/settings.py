import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LaunchError

DEFAULT_DATA = ".data"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

ROOT = Path(__file__).resolve().parents[2]

# What the launcher decides for the services; values of these in the operator's environment are not passed on.
OWN_NAMES = frozenset(
    {
        "AI_ADDRESS",
        "AI_CACHE",
        "AI_LISTEN",
        "AI_SERVICE_TOKEN",
        "DATABASE_URL",
        "HOST",
        "PORT",
        "REDIS_URL",
    }
)


@dataclass(frozen=True)
class Settings:
    """What the operator chose: where the data lives and where chat_service listens."""

    data: Path
    host: str
    port: int
    passed_on: Mapping[str, str]

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read DATA, HOST and PORT; all else is for the services. Raises LaunchError naming a wrong variable."""
        data = os.environ.get("DATA") or DEFAULT_DATA
        host = os.environ.get("HOST") or DEFAULT_HOST
        text = os.environ.get("PORT") or str(DEFAULT_PORT)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
            raise LaunchError(f"PORT={text!r} is not a port: give a number from 1 to 65535, such as PORT=8001.")
        passed_on = {name: value for name, value in os.environ.items() if name not in OWN_NAMES}
        passed_on["PYTHONUNBUFFERED"] = "1"
        return cls(data=Path(data).expanduser().absolute(), host=host, port=int(text), passed_on=passed_on)
