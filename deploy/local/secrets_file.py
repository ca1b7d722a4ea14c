import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from deploy.local.errors import LaunchError


@dataclass(frozen=True)
class Secrets:
    """The passwords and keys of one data folder: hexadecimal, 256 bits each, made once."""

    jwt_secret: str
    database_password: str
    database_superuser_password: str
    redis_password: str
    service_token: str

    @classmethod
    def generate(cls) -> "Secrets":
        return cls(**{field.name: secrets.token_hex(32) for field in fields(cls)})

    @classmethod
    def load(cls, path: Path) -> "Secrets":
        """Read the file. Raises LaunchError when it is missing, unreadable or damaged."""
        try:
            found = json.loads(path.read_text("utf-8"))
            values = {field.name: found[field.name] for field in fields(cls)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LaunchError(
                f"{path} cannot be read ({type(error).__name__}: {error}). It holds the passwords of the data beside "
                "it: restore it from a backup, or choose another DATA folder to start afresh."
            ) from error
        if not all(isinstance(value, str) and len(value) >= 32 for value in values.values()):
            raise LaunchError(f"{path} is damaged: restore it from a backup, or choose another DATA folder.")
        return cls(**values)

    @classmethod
    def load_or_create(cls, path: Path, protected: Path) -> "Secrets":
        """Read the file, or make it (mode 0600, written whole or not at all) when there is none.

        Raises LaunchError, too, when it is missing while the data that it `protected` is there.
        """
        if path.exists():
            return cls.load(path)
        if protected.exists():
            raise LaunchError(
                f"{path} is missing. It holds the passwords of {protected}: restore it from a backup, or choose "
                "another DATA folder to start afresh."
            )
        made = cls.generate()
        write_private(path, json.dumps(asdict(made), indent=2) + "\n")
        return made


def write_private(path: Path, text: str) -> None:
    """Replace a file by one of mode 0600 that is complete on disk before it takes the name."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
