"""The settings of the service: the only place that reads its environment."""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the message names each variable and says what to do."""


def _listen_address(value: str) -> str:
    host, separator, port = value.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError("write it as HOST:PORT, such as 127.0.0.1:50051 (port 0 takes a free one)")
    return value


def _token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if len(token) < 32:
        raise ValueError(
            "use at least 32 characters, such as the output of "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("use printable ASCII characters without spaces")
    return value


def _cache_folder(value: Path) -> Path:
    folder = value.expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"the folder cannot be made ({error.strerror}); name one that can") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError("the folder cannot be written; name one that can")
    return folder


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "mock-interview"
    try:
        return Path.home() / ".cache" / "mock-interview"
    except RuntimeError:  # a container's user may have no home
        return Path(tempfile.gettempdir()) / f"mock-interview-{os.getuid()}"


class Settings(BaseSettings):
    """What an operator can set, read once at the start; field X is the variable X in upper case."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    ai_listen: Annotated[str, AfterValidator(_listen_address)] = "127.0.0.1:50051"
    """Where gRPC is served, HOST:PORT."""
    ai_service_token: Annotated[SecretStr, AfterValidator(_token)]
    """The credential that callers send."""
    ai_cache: Annotated[Path, AfterValidator(_cache_folder)] = Field(
        default_factory=_default_cache, validate_default=True
    )
    """Folder for the converted model; made when it is missing."""
    ai_concurrency: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Evaluations that run or wait at the same time; more are refused."""
    ai_threads: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Threads that grade."""
    ai_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port of the Prometheus endpoint, on the host of AI_LISTEN; unset for none."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    """Least severe log line that is written."""

    @property
    def listen_host(self) -> str:
        """Host of `ai_listen`, without the brackets of an IPv6 address."""
        return self.ai_listen.rpartition(":")[0].strip("[]")


def load_settings() -> Settings:
    """Read the environment; raise `SettingsError` when a variable is missing or wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            name = str(problem["loc"][0]).upper()
            text = "is not set; set it to a secret of at least 32 characters"
            if problem["type"] != "missing":
                text = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{name}: {text}")
        raise SettingsError("\n".join(lines)) from None
