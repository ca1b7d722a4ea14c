import shutil
from pathlib import Path

import pytest

from ai_service.errors import ResourceError
from ai_service.settings import SettingsError, SpeechSettings, load_engine_settings
from ai_service.speech.synthesis_programs import FLITE
from ai_service.synthesizer_choice import synthesizer_of

needs_flite = pytest.mark.skipif(shutil.which(FLITE) is None, reason="flite is not installed")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", *(name.upper() for name in SpeechSettings.model_fields)):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, None),
        ({"OPENAI_API_KEY": "key"}, "openai"),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, None),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "SPEECH_SYNTHESIS_MODEL": "kokoro"}, "openai"),
        ({"OPENAI_API_KEY": "key", "SPEECH_SYNTHESIZER": "Flite"}, "flite"),
    ],
)
def test_who_speaks_follows_from_the_settings(
    environment: pytest.MonkeyPatch, environ: dict[str, str], name: str | None
) -> None:
    for key, value in environ.items():
        environment.setenv(key, value)
    assert SpeechSettings().synthesizer_name == name


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"SPEECH_SYNTHESIZER": "openai"}, "SPEECH_BASE_URL"),
        ({"SPEECH_SYNTHESIZER": "openai", "SPEECH_BASE_URL": "http://127.0.0.1:1/v1"}, "SPEECH_SYNTHESIS_MODEL"),
    ],
)
def test_an_endpoint_that_is_not_said_is_asked_for(
    environment: pytest.MonkeyPatch, tmp_path: Path, environ: dict[str, str], missing: str
) -> None:
    for key, value in {**environ, "AI_CACHE": str(tmp_path)}.items():
        environment.setenv(key, value)
    with pytest.raises(SettingsError, match=missing):
        load_engine_settings()


def test_an_installation_may_be_silent(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SPEECH_SYNTHESIZER", "none")
    assert synthesizer_of(SpeechSettings()) is None


def test_a_program_that_was_named_has_to_be_there(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("PATH", str(tmp_path))
    assert synthesizer_of(SpeechSettings()) is None
    environment.setenv("SPEECH_SYNTHESIZER", "flite")
    with pytest.raises(ResourceError, match="SPEECH_SYNTHESIZER"):
        synthesizer_of(SpeechSettings())


@needs_flite
def test_a_voice_has_to_be_one_of_the_programs(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SPEECH_SYNTHESIZER", "flite")
    environment.setenv("SPEECH_VOICE", "rms")
    made = synthesizer_of(SpeechSettings())
    assert made is not None
    assert (made.name, made.voice("en", "")) == ("flite", "rms")
    environment.setenv("SPEECH_VOICE", "http://127.0.0.1/voice.flitevox")
    with pytest.raises(ResourceError, match="SPEECH_VOICE"):
        synthesizer_of(SpeechSettings())
