"""Who recognizes, by the settings."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from ai_service import speech_choice
from ai_service.errors import ResourceError
from ai_service.settings import EngineSettings
from ai_service.speech import sphinx
from ai_service.speech.faults import NoRecognizer, SpeechModelFault
from ai_service.speech.recognition import Listening, Recognizer
from ai_service.speech.weights import fetched
from ai_service.speech_choice import load_recognizer, load_speech, recognizer_of
from tests.ai_service.speech.sounds import recorded
from tests.ai_service.speech.tiny_whisper import build
from tests.fakes.hub import Hub
from tests.fakes.openai_server import ScriptedOpenAI, raw

LOCAL = "http://127.0.0.1:9/v1"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes settings, with nothing of the environment."""
    for name in EngineSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return partial(EngineSettings, ai_cache=tmp_path / "cache", engine="builtin")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub.start(build(tmp_path / "published")) as hub:
        monkeypatch.setattr(speech_choice, "fetched", partial(fetched, endpoint=hub.address))
        yield hub


@pytest.mark.parametrize(
    ("given", "engine", "model"),
    [
        ({"speech_recognizer": "none"}, None, None),
        ({"speech_whisper_model": "small.en", "openai_api_key": "sk"}, "faster-whisper", "small.en"),
        ({"openai_api_key": "sk"}, "openai", "whisper-1"),
        ({"speech_transcription_model": "w", "openai_base_url": LOCAL, "llm_model": "m"}, "openai", "w"),
        ({"speech_transcription_model": "w", "speech_base_url": LOCAL}, "openai", "w"),
        ({"speech_recognizer": "pocketsphinx", "openai_api_key": "sk"}, "pocketsphinx", "en-us"),
        # A chat model's endpoint, and one that only speaks, are none that hears.
        ({"openai_base_url": LOCAL, "llm_model": "m", "openai_api_key": "sk"}, "pocketsphinx", "en-us"),
        ({"speech_base_url": LOCAL, "speech_synthesis_model": "t"}, "pocketsphinx", "en-us"),
        ({}, "pocketsphinx", "en-us"),
    ],
)
def test_the_settings_name_who_recognizes(
    settings: Any, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], engine: str | None, model: str | None
) -> None:
    monkeypatch.setattr(sphinx, "is_installed", lambda: True)
    identity = load_speech(settings(**given), CollectorRegistry()).hearing.identity
    assert (identity and identity.engine, identity and identity.model) == (engine, model)


async def test_without_any_speech_is_not_recognized_and_the_rest_goes_on(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sphinx, "is_installed", lambda: False)
    hearing = load_speech(settings(), CollectorRegistry()).hearing
    await load_recognizer(hearing, settings())
    with pytest.raises(NoRecognizer):
        hearing.recognizer()
    with pytest.raises(ResourceError, match="SPEECH_RECOGNIZER"):
        load_speech(settings(speech_recognizer="pocketsphinx"), CollectorRegistry())


async def test_a_model_is_fetched_and_loaded_once_its_hub_answers(
    settings: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(speech_whisper_model="tiny.en")
    hearing = load_speech(chosen, CollectorRegistry()).hearing
    with pytest.raises(SpeechModelFault, match="still being loaded"):
        hearing.recognizer()
    attempts: list[EngineSettings] = []

    def attempt(settings: EngineSettings) -> Recognizer:
        hub.refuses = not attempts
        if attempts:
            with pytest.raises(SpeechModelFault, match="could not be fetched"):
                hearing.recognizer()
        attempts.append(settings)
        return recognizer_of(settings)

    monkeypatch.setattr(speech_choice, "_FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(speech_choice, "recognizer_of", attempt)
    await load_recognizer(hearing, chosen)
    assert len(attempts) == 2
    samples = np.frombuffer(recorded("do_not_know"), np.int16)
    assert (await hearing.recognizer("en").recognize(samples, Listening("en"))).segments
    await hearing.close()


async def test_the_endpoint_gets_its_own_key_and_never_the_language_models(settings: Any) -> None:
    async with ScriptedOpenAI.start() as endpoint:
        endpoint.answer = lambda _: raw(b'{"text": "so far"}')
        samples = np.zeros(16_000, np.int16)
        for given, sent in (
            ({"speech_base_url": endpoint.base_url, "openai_api_key": "sk-of-the-model"}, "Bearer none"),
            ({"speech_base_url": endpoint.base_url, "speech_api_key": "sk-of-speech"}, "Bearer sk-of-speech"),
            (
                {"openai_base_url": endpoint.base_url, "openai_api_key": "sk-of-both", "llm_model": "m"},
                "Bearer sk-of-both",
            ),
        ):
            chosen = settings(speech_transcription_model="w", **given)
            hearing = load_speech(chosen, CollectorRegistry()).hearing
            await load_recognizer(hearing, chosen)
            heard = await hearing.recognizer().recognize(samples, Listening())
            await hearing.close()
            assert heard.segments[0].text == "so far"
            assert endpoint.requests[-1].headers["authorization"] == sent
