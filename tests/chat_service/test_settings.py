"""Settings: a wrong one refuses to start, and the message names it."""

import os
import secrets
import subprocess
import sys

import pytest

from chat_service.settings import DatabaseSettings, Settings, SettingsError
from tests.servers import ROOT

GOOD = {
    "DATABASE_URL": "postgresql://mock_interview:pass@localhost:5432/mock_interview",
    "REDIS_URL": "redis://:pass@localhost:6379/0",
    "JWT_SECRET": secrets.token_hex(32),
    "AI_SERVICE_TOKEN": secrets.token_hex(32),
}


@pytest.fixture(autouse=True)
def good_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def refusal(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    return str(raised.value)


def test_the_four_that_have_no_default_are_enough() -> None:
    settings = Settings.load()
    assert (settings.port, settings.rate_limits, settings.access_token_minutes) == (8000, "on", 15)


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    assert str(raised.value) == f"{name}: is not set"


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET")
    monkeypatch.setenv("PORT", "http")
    monkeypatch.setenv("RATE_LIMITS", "sometimes")
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["JWT_SECRET", "PORT", "RATE_LIMITS"]


@pytest.mark.parametrize("name", ["JWT_SECRET", "AI_SERVICE_TOKEN"])
@pytest.mark.parametrize(
    "secret",
    [
        "",
        "short",
        "f3a91c07d2b84e6590aa71cc3be84d",
        "changeme-changeme-changeme-changeme",
        "please-change-me-in-production-really",
        "your-256-bit-secret-your-256-bit-secret",
        "a-string-secret-at-least-256-bits-long",
        "super_secret_key_for_development_only_!",
        "this is the DEFAULT key of the template",
        "00000000000000000000000000000000000000",
        "ababababababababababababababababababab",
        "0123456789abcdef0123456789abcdef0123456789abcdef",
        "kJ8#mQ2!kJ8#mQ2!kJ8#mQ2!kJ8#mQ2!kJ8#mQ2!",
        " " * 64,
    ],
)
def test_a_weak_secret_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, name: str, secret: str) -> None:
    told = refusal(monkeypatch, name, secret)
    assert told.startswith(f"{name}: ")
    assert "openssl rand -hex 32" in told
    assert len(secret) < 3 or secret not in told


def test_random_secrets_of_every_usual_kind_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for secret in (secrets.token_hex(32), secrets.token_urlsafe(32), secrets.token_hex(16)):
        monkeypatch.setenv("JWT_SECRET", secret)
        assert Settings.load().jwt_secret.get_secret_value() == secret


def test_a_secret_shows_itself_in_no_printed_form() -> None:
    settings = Settings.load()
    assert GOOD["JWT_SECRET"] not in f"{settings!r}{settings}{settings.model_dump()}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://localhost/x"),
        ("DATABASE_URL", "postgresql://"),
        ("DATABASE_URL", "postgresql://user:pass@host:port/x"),
        ("DATABASE_URL", "postgresql://user:pass@host:99999/x"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://:pass@host:port/0"),
        ("REDIS_URL", "redis:///0"),
        ("REDIS_URL", "redis://host:6379/first"),
        ("AI_SERVICE_TOKEN", "f3a91c07d2b84e6590aa71cc3be84dü8"),
        ("AI_SERVICE_TOKEN", "f3a91c07d2b84e6590aa71cc3be84d\n8"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "practice.example.com"),
        ("ALLOWED_ORIGINS", "https://practice.example.com/app"),
        ("AI_ADDRESS", ""),
        ("AI_ADDRESS", "localhost"),
        ("AI_ADDRESS", "two words:1"),
        ("AI_ADDRESS", "host:port"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("DATABASE_POOL", "1"),
        ("LOG_LEVEL", "loud"),
        ("RATE_LIMITS", "maybe"),
        ("RATE_LIMIT_AUTHENTICATION", "0"),
        ("RATE_LIMIT_START", "-1"),
        ("RATE_LIMIT_ANSWERS", "1.5"),
        ("ACCESS_TOKEN_MINUTES", "0"),
        ("REFRESH_TOKEN_DAYS", "366"),
        ("AI_DEADLINE_SECONDS", "nan"),
        ("AI_DEADLINE_SECONDS", "inf"),
        ("QUESTION_LIMIT", "51"),
        ("IDLE_LIMIT_MINUTES", "soon"),
        ("JOBS_AT_ONCE", "1"),
        ("REMINDER_MINUTES", "60;10"),
        ("MAIL_FROM", "nobody"),
        ("AUDIO_BUCKET", "recordings"),
        ("AUDIO_BUCKET", "s3://Recordings"),
        ("AUDIO_BUCKET_ENDPOINT", "s3.example.com"),
        ("AUDIO_BUCKET_SECRET", "without a key"),
        ("AUDIO_MAX_SECONDS", "0"),
        ("TRANSCRIPTIONS_AT_ONCE", "1"),
    ],
)
def test_a_wrong_value_is_refused_and_its_variable_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert refusal(monkeypatch, name, value).startswith(f"{name}: ")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ai_service:50051", "[::1]:50051", "dns:///ai.default.svc:50051"])
def test_every_form_of_the_engines_address_is_accepted(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AI_ADDRESS", address)
    assert Settings.load().ai_address == address


def test_migrating_takes_the_databases_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_URL", "JWT_SECRET", "AI_SERVICE_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", "postgres://a:b@localhost/c")
    assert DatabaseSettings.load().database_url == "postgresql://a:b@localhost/c"


def test_a_service_with_a_weak_secret_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chat_service", "serve"],
        cwd=ROOT,
        env={**os.environ, "JWT_SECRET": "changeme"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("These settings have to be mended:\nJWT_SECRET: ")
    assert "Traceback" not in done.stderr
