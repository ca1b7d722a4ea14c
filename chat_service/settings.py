"""The sole reader of the environment."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

# Words of the secrets that documentation and templates show; openssl's hexadecimal digits hold none of them.
_KNOWN_DEFAULTS = (
    *("changeme", "change-me", "change_me", "change this", "changethis", "change-this", "change_this", "replace"),
    *("your-", "your_", "insert", "example", "default", "secret", "password", "placeholder", "development", "sample"),
    *("dummy", "0123456789", "1234567890", "abcdefgh", "qwerty"),
)

_TARGET = re.compile(r"(?:dns|ipv4|ipv6|unix|xds):\S+|(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}")

_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9._/-]*)?")

_SENDER = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")


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


def _listed(value: str | None) -> tuple[str, ...]:
    return tuple((value or "").replace(",", " ").split())


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
    cookie_secure: Literal["auto", "always"] = Field(
        "auto", description="auto marks session cookies Secure when the request came by https"
    )
    signup_credits: int = Field(1000, ge=0, le=1_000_000, description="Interviews that a new account may start")

    rate_limits: Literal["on", "off"] = Field("on", description="off switches every rate limit off")
    rate_limit_authentication: int = Field(5, ge=1, description="Sign-ups, logins and refreshes a minute, by address")
    rate_limit_start: int = Field(10, ge=1, description="Interview starts a minute, by user")
    rate_limit_answers: int = Field(20, ge=1, description="Answers a minute, by user")
    rate_limit_feedback: int = Field(30, ge=1, description="Readings of feedback a minute, by user")
    rate_limit_audio: int = Field(30, ge=1, description="Uploads of recordings and transcriptions a minute, by user")
    rate_limit_other: int = Field(60, ge=1, description="Other requests a minute, by user")
    rate_limit_key: int = Field(60, ge=1, description="Requests a minute, by API key, where a contract says so")
    connections_per_key: int = Field(10, ge=1, description="Open WebSockets, by API key, where a contract says so")
    connections_per_user: int = Field(10, ge=1, description="Open WebSockets of live interviews, by user")
    allowed_origins: str | None = Field(
        None,
        description="Origins, comma-separated, whose pages may call this service (CORS) and open WebSockets, such as "
        "https://practice.example.com; the own one always may",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses, comma-separated, whose X-Forwarded-For is believed; * for all"
    )

    question_limit: int = Field(8, ge=1, le=50, description="Questions of an interview that names no limit")
    idle_limit_minutes: int = Field(120, ge=1, description="An interview idle for longer is completed")

    audio_folder: Path = Field(
        Path("audio"),
        description="Folder of recorded answers; with AUDIO_BUCKET that of uploads until they are whole",
    )
    audio_bucket: str | None = Field(
        None, description="Bucket for recorded answers in place of the folder, s3://name or s3://name/prefix"
    )
    audio_bucket_endpoint: str | None = Field(None, description="Address of an S3-compatible server; unset for AWS")
    audio_bucket_region: str = Field("us-east-1", min_length=1, description="Region of AUDIO_BUCKET")
    audio_bucket_key_id: str | None = Field(
        None, description="Key for AUDIO_BUCKET; unset for the credentials of the machine's role"
    )
    audio_bucket_secret: SecretStr | None = Field(
        None, validate_default=True, description="Secret of AUDIO_BUCKET_KEY_ID"
    )
    audio_max_seconds: int = Field(600, ge=1, le=7200, description="Longest recorded answer")
    transcribe_inline_seconds: int = Field(
        60, ge=0, le=600, description="Longest recording that is transcribed while its request waits"
    )
    transcriptions_at_once: int = Field(
        2, ge=0, le=100, description="Other recordings transcribed at the same time, per worker; 0 for none"
    )

    voice_done_seconds: float = Field(
        1.2, gt=0, le=60, description="Silence after a finished sentence that ends a spoken turn, seconds"
    )
    voice_open_seconds: float = Field(
        2.0, gt=0, le=60, description="The same after words that may go on, such as any without punctuation"
    )
    voice_trailing_seconds: float = Field(
        4.0, gt=0, le=120, description="The same after words that break off, such as “because”, a comma or “um”"
    )
    voice_plea_factor: float = Field(
        1.0, ge=0, le=10, description="How much of the time is given that “let me think” and the like ask for"
    )
    voice_turn_seconds: float = Field(600.0, gt=0, le=3600, description="Longest spoken turn, seconds")
    voice_resume_seconds: float = Field(
        600.0, ge=10, le=86_400, description="How long a spoken turn can be gone on with after a broken connection"
    )

    jobs_at_once: int = Field(4, ge=0, le=100, description="Durable jobs done at the same time, per worker; 0 for none")
    job_attempts: int = Field(20, ge=1, le=1000, description="Attempts at a durable job before it is given up")
    reminder_minutes: str = Field(
        "60,10",
        description="Minutes before a scheduled interview at which to remind of it, comma-separated; 0 for never",
    )
    smtp_url: SecretStr | None = Field(
        None, description="Mail server, smtp://user:password@host:587 or smtps://; unset writes reminders to the log"
    )
    mail_from: str | None = Field(
        None, validate_default=True, description="Address that reminders come from; required with SMTP_URL"
    )

    admin_password: SecretStr | None = Field(None, description="Password for create-admin; asked for when not set")

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        _require_address(value, ("redis", "rediss"), "redis://:password@host:port/0")
        if not re.fullmatch(r"/?[0-9]*", urlsplit(value).path):
            raise ValueError("must end in the number of a database, such as /0")
        return value

    @field_validator("audio_bucket")
    @classmethod
    def _bucket(cls, value: str | None) -> str | None:
        if value is not None and not _BUCKET.fullmatch(value):
            raise ValueError("must look like s3://name or s3://name/prefix")
        return value

    @field_validator("audio_bucket_endpoint")
    @classmethod
    def _endpoint(cls, value: str | None) -> str | None:
        if value is not None:
            _require_address(value, ("http", "https"), "https://s3.example.com")
        return value

    @field_validator("audio_bucket_secret")
    @classmethod
    def _key_pair(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("audio_bucket_key_id") is None):
            raise ValueError("goes with AUDIO_BUCKET_KEY_ID: set both, or neither")
        return value

    @field_validator("jobs_at_once", "transcriptions_at_once")
    @classmethod
    def _pair(cls, value: int) -> int:
        if value == 1:
            raise ValueError("must be 0, or 2 and more")
        return value

    @field_validator("reminder_minutes")
    @classmethod
    def _minutes(cls, value: str) -> str:
        if not all(one.isascii() and one.isdigit() and int(one) <= 60 * 24 * 30 for one in value.split(",")):
            raise ValueError("must be minutes up to 30 days, such as 60,10, or 0")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: str | None) -> str | None:
        for one in _listed(value):
            parts = urlsplit(one)
            if parts.scheme not in {"http", "https"} or not parts.netloc or one != f"{parts.scheme}://{parts.netloc}":
                raise ValueError(
                    "must be origins such as https://practice.example.com, without a path, comma-separated"
                )
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _require_address(value.get_secret_value(), ("smtp", "smtps"), "smtp://user:password@host:587")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("smtp_url") is not None:
            raise ValueError("is required with SMTP_URL")
        if value is not None and not _SENDER.fullmatch(value):
            raise ValueError("must be an address such as interviews@example.com")
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
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may call this service, beside its own."""
        return _listed(self.allowed_origins)

    @property
    def access_token_life(self) -> timedelta:
        """How long an access token is good for."""
        return timedelta(minutes=self.access_token_minutes)

    @property
    def refresh_token_life(self) -> timedelta:
        """How long a refresh token is good for."""
        return timedelta(days=self.refresh_token_days)

    @property
    def reminder_leads(self) -> tuple[int, ...]:
        """Minutes before an interview at which its candidate is reminded, longest first."""
        return tuple(sorted({int(one) for one in self.reminder_minutes.split(",")} - {0}, reverse=True))

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
