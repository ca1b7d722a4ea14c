"""The sole reader of the environment."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# Words of the secrets that documentation and templates show; openssl's hexadecimal digits hold none of them.
_KNOWN_DEFAULTS = (
    *("changeme", "change-me", "change_me", "change this", "changethis", "change-this", "change_this", "replace"),
    *("your-", "your_", "insert", "example", "default", "secret", "password", "placeholder", "development", "sample"),
    *("dummy", "0123456789", "1234567890", "abcdefgh", "qwerty"),
)

_TARGET = re.compile(r"(?:dns|ipv4|ipv6|unix|xds):\S+|(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}")


class SettingsError(Exception):
    """A setting is missing or wrong; the message names each variable and what to do."""


def _require_strong(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    if len(value.encode()) < 32:
        raise ValueError("must be at least 32 bytes; make one with: openssl rand -hex 32")
    if any(word in value.lower() for word in _KNOWN_DEFAULTS):
        raise ValueError("holds a word of a known default; make a random one with: openssl rand -hex 32")
    if len(set(value)) < 8 or value in (value + value)[1:-1]:
        raise ValueError("repeats itself, which makes it easy to guess; make one with: openssl rand -hex 32")
    return secret


def _require_address(url: str, schemes: tuple[str, ...], form: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"must look like {form}")


Secret = Annotated[SecretStr, AfterValidator(_require_strong)]


class DatabaseSettings(BaseSettings):
    """What commands that only touch the database need."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: str = Field(description="postgresql://user:password@host:port/database")

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        _require_address(value, ("postgresql", "postgres"), "postgresql://user:password@host:port/database")
        return "postgresql://" + value.split("://", 1)[1]

    @classmethod
    def load(cls) -> Self:
        """Reads the environment. Raises `SettingsError`."""
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError("\n".join(_problems(error))) from None


class Settings(DatabaseSettings):
    """Every setting of the chat service: an environment variable of the same name in upper case."""

    database_pool: int = Field(32, ge=2, le=500, description="PostgreSQL connections for answers, per worker")
    redis_url: str = Field(description="redis://:password@host:port/number")
    jwt_secret: Secret = Field(description="Signs access tokens (HS256); at least 32 bytes")
    ai_address: str = Field("127.0.0.1:50051", description="host:port of ai_service")
    ai_service_token: Secret = Field(description="Credential that ai_service expects")
    ai_channels: int = Field(4, ge=1, le=64, description="gRPC connections to ai_service, per worker")
    ai_deadline_seconds: float = Field(
        60.0,
        gt=0,
        le=300,
        description="Longest wait for one call to ai_service, in which a model grades and asks, each with a repair",
    )

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    workers: int = Field(1, ge=1, le=64, description="Server processes")
    drain_seconds: int = Field(20, ge=0, le=300, description="Time for requests under way when the service stops")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        "info", description="Least severe log line that is written"
    )

    access_token_minutes: int = Field(15, ge=1, le=1440, description="Life of an access token")
    refresh_token_days: int = Field(7, ge=1, le=365, description="Life of a refresh token")

    rate_limits: Literal["on", "off"] = Field("on", description="off switches every rate limit off")
    rate_limit_authentication: int = Field(5, ge=1, description="Sign-ups, logins and refreshes a minute, by address")
    rate_limit_start: int = Field(10, ge=1, description="Interview starts a minute, by user")
    rate_limit_answers: int = Field(20, ge=1, description="Answers a minute, by user")
    rate_limit_other: int = Field(60, ge=1, description="Other requests a minute, by user")
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses, comma-separated, whose X-Forwarded-For is believed; * for all"
    )

    question_limit: int = Field(8, ge=1, le=50, description="Questions of an interview that names no limit")
    idle_limit_minutes: int = Field(120, ge=1, description="An interview idle for longer is completed")

    admin_password: SecretStr | None = Field(None, description="Password for create-admin; asked for when not set")

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        _require_address(value, ("redis", "rediss"), "redis://:password@host:port/0")
        if not re.fullmatch(r"/?[0-9]*", urlsplit(value).path):
            raise ValueError("must end in the number of a database, such as /0")
        return value

    @field_validator("ai_service_token")
    @classmethod
    def _sendable(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if not token.isascii() or not token.isprintable() or token != token.strip():
            raise ValueError("must be printable ASCII, for it is sent in a header")
        return value

    @field_validator("ai_address")
    @classmethod
    def _target(cls, value: str) -> str:
        if not _TARGET.fullmatch(value):
            raise ValueError("must be host:port, or a name that gRPC resolves, such as dns:///ai-service:50051")
        return value

    @property
    def access_token_life(self) -> timedelta:
        """How long an access token is good for."""
        return timedelta(minutes=self.access_token_minutes)

    @property
    def refresh_token_life(self) -> timedelta:
        """How long a refresh token is good for."""
        return timedelta(days=self.refresh_token_days)

    @property
    def idle_limit(self) -> timedelta:
        """How long an interview in progress may rest."""
        return timedelta(minutes=self.idle_limit_minutes)


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in problem['loc']).upper()}: "
        + ("is not set" if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, "))
        for problem in error.errors(include_url=False, include_input=False)
    ]
