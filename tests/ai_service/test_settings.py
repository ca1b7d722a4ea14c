from pathlib import Path

import pytest

from ai_service.__main__ import main
from ai_service.settings import load_settings

TOKEN = "a-credential-of-thirty-two-letters-or-more"
VARIABLES = (
    "AI_LISTEN",
    "AI_CACHE",
    "AI_CONCURRENCY",
    "AI_THREADS",
    "AI_METRICS_PORT",
    "LOG_LEVEL",
    "XDG_CACHE_HOME",
    "ENGINE",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "LLM_MODEL",
    "LLM_TIMEOUT_SECONDS",
    "LLM_ATTEMPTS",
    "LLM_MAX_OUTPUT_TOKENS",
    "LLM_BUDGET_TOKENS",
    "LLM_BUDGET_COST",
    "LLM_SAMPLES",
    "AI_CALIBRATION",
    "LLM_PRICE_INPUT",
    "LLM_PRICE_OUTPUT",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AI_SERVICE_TOKEN", TOKEN)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"AI_SERVICE_TOKEN": ""}, "AI_SERVICE_TOKEN: is not set"),
        ({"AI_SERVICE_TOKEN": "short"}, "AI_SERVICE_TOKEN: use at least 32 characters"),
        ({"AI_SERVICE_TOKEN": "ü" * 40}, "AI_SERVICE_TOKEN: use printable ASCII"),
        ({"AI_LISTEN": "50051"}, "AI_LISTEN: write it as HOST:PORT"),
        ({"AI_LISTEN": "localhost:http"}, "AI_LISTEN: write it as HOST:PORT"),
        ({"AI_LISTEN": "localhost:70000"}, "AI_LISTEN: write it as HOST:PORT"),
        ({"AI_CACHE": "/dev/null/cache"}, "AI_CACHE: the folder cannot be made"),
        ({"AI_CONCURRENCY": "0"}, "AI_CONCURRENCY: "),
        ({"AI_THREADS": "many"}, "AI_THREADS: "),
        ({"AI_METRICS_PORT": "65536"}, "AI_METRICS_PORT: "),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: "),
        ({"ENGINE": "gpt"}, "ENGINE: "),
        ({"ENGINE": "openai"}, "OPENAI_API_KEY: is not set"),
        ({"OPENAI_API_KEY": "sk with space"}, "OPENAI_API_KEY: use the key as the provider shows it"),
        ({"OPENAI_BASE_URL": "localhost:11434/v1", "LLM_MODEL": "m"}, "OPENAI_BASE_URL: write it as http(s)://"),
        ({"OPENAI_BASE_URL": "http://me:secret@host/v1", "LLM_MODEL": "m"}, "OPENAI_BASE_URL: leave credentials out"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1"}, "LLM_MODEL: is not set"),
        ({"LLM_TIMEOUT_SECONDS": "0"}, "LLM_TIMEOUT_SECONDS: "),
        ({"LLM_TIMEOUT_SECONDS": "nan"}, "LLM_TIMEOUT_SECONDS: "),
        ({"LLM_ATTEMPTS": "4"}, "LLM_ATTEMPTS: "),
        ({"LLM_MAX_OUTPUT_TOKENS": "10"}, "LLM_MAX_OUTPUT_TOKENS: "),
        ({"LLM_BUDGET_TOKENS": "none"}, "LLM_BUDGET_TOKENS: "),
        ({"LLM_SAMPLES": "0"}, "LLM_SAMPLES: "),
        ({"LLM_PRICE_INPUT": "-1"}, "LLM_PRICE_INPUT: "),
        ({"LLM_PRICE_INPUT": "2.5"}, "LLM_PRICE_OUTPUT: is not set"),
        ({"LLM_BUDGET_COST": "0"}, "LLM_BUDGET_COST: "),
        ({"LLM_BUDGET_COST": "nan", "LLM_PRICE_INPUT": "1", "LLM_PRICE_OUTPUT": "1"}, "LLM_BUDGET_COST: "),
        ({"LLM_BUDGET_COST": "0.5"}, "LLM_PRICE_OUTPUT: is not set; LLM_BUDGET_COST needs both prices"),
        ({"SPEECH_RECOGNIZER": "siri"}, "SPEECH_RECOGNIZER: "),
        ({"SPEECH_RECOGNIZER": "faster-whisper"}, "SPEECH_WHISPER_MODEL: is not set"),
        ({"SPEECH_WHISPER_MODEL": "/no/such/folder"}, "SPEECH_WHISPER_MODEL: the folder has no model.bin"),
        ({"SPEECH_WHISPER_DEVICE": "tpu"}, "SPEECH_WHISPER_DEVICE: "),
        ({"SPEECH_WHISPER_COMPUTE_TYPE": "int4"}, "SPEECH_WHISPER_COMPUTE_TYPE: "),
        ({"SPEECH_RECOGNIZER": "openai"}, "SPEECH_BASE_URL: is not set"),
        ({"SPEECH_RECOGNIZER": "openai", "SPEECH_BASE_URL": "http://h/v1"}, "SPEECH_TRANSCRIPTION_MODEL: is not set"),
        ({"SPEECH_BASE_URL": "h:1"}, "SPEECH_BASE_URL: write it as http(s)://"),
        ({"SPEECH_RECORDING_SECONDS": "inf"}, "SPEECH_RECORDING_SECONDS: "),
        ({"SPEECH_RECORDINGS": "0"}, "SPEECH_RECORDINGS: "),
        ({"SPEECH_THREADS": "0"}, "SPEECH_THREADS: "),
        ({"SPEECH_TIMEOUT_SECONDS": "0"}, "SPEECH_TIMEOUT_SECONDS: "),
        ({"SPEECH_ATTEMPTS": "0"}, "SPEECH_ATTEMPTS: "),
        ({"OPENAI_API_KEY": "sk-key", "AI_CALIBRATION": "curve.json"}, "AI_CALIBRATION: is for the built-in engine"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_refuses_to_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["serve"]) == 2
    assert named in capsys.readouterr().err


def test_all_wrong_settings_are_named_at_once_without_their_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AI_SERVICE_TOKEN", "a-secret-too-short")
    monkeypatch.setenv("AI_THREADS", "0")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    assert main(["serve"]) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("AI_SERVICE_TOKEN: ", "AI_THREADS: ", "LOG_LEVEL: "))
    assert "a-secret-too-short" not in said


def test_the_defaults_need_nothing_but_the_credential(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.ai_listen == "127.0.0.1:50051"
    assert settings.ai_cache == tmp_path / ".cache" / "mock-interview"
    assert settings.ai_cache.is_dir()
    assert settings.ai_threads >= 1
    assert settings.ai_metrics_port is None
    assert TOKEN not in repr(settings)


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "AI_LISTEN": "[::1]:0",
        "AI_CACHE": str(tmp_path / "models"),
        "AI_CONCURRENCY": "5",
        "AI_THREADS": "3",
        "AI_METRICS_PORT": "",
        "LOG_LEVEL": "warning",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert (settings.ai_listen, settings.listen_host) == ("[::1]:0", "::1")
    assert settings.ai_cache == tmp_path / "models"
    assert (settings.ai_concurrency, settings.ai_threads) == (5, 3)
    assert settings.ai_metrics_port is None
    assert settings.log_level == "WARNING"


@pytest.mark.parametrize(
    ("variables", "engine"),
    [
        ({}, "builtin"),
        ({"OPENAI_API_KEY": "sk-some-key"}, "openai"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "LLM_MODEL": "llama"}, "openai"),
        ({"ENGINE": "builtin", "OPENAI_API_KEY": "sk-some-key"}, "builtin"),
        ({"ENGINE": "OpenAI", "OPENAI_API_KEY": "sk-some-key"}, "openai"),
    ],
)
def test_the_engine_follows_the_key_and_the_address_unless_it_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], engine: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.engine_name == engine
    assert "sk-some-key" not in repr(settings)
