"""Whisper's weights: fetched once, with progress on the log, and named where they cannot be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from ai_service.errors import ResourceError
from ai_service.speech.weights import fetched
from tests.ai_service.speech.tiny_whisper import build
from tests.fakes.hub import Hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.start(build(tmp_path / "published")) as hub:
        yield hub


def test_weights_are_fetched_once_and_then_need_no_hub(hub: Hub, tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as lines:
        folder = fetched("tiny.en", tmp_path / "cache", hub.address)
    assert (folder / "model.bin").read_bytes() == (hub.folder / "model.bin").read_bytes()
    assert "GET /api/models/Systran/faster-whisper-tiny.en/revision/main" in hub.requests
    told = [line for line in lines if line["event"] == "speech_model_fetching"]
    assert told
    assert all(0 <= line["megabytes"] <= line["of_megabytes"] for line in told)
    assert lines[-1]["event"] == "speech_model_fetched"
    hub.refuses = True
    asked = len(hub.requests)
    assert fetched("tiny.en", tmp_path / "cache", hub.address) == folder
    assert len(hub.requests) == asked


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert fetched(str(tmp_path), tmp_path / "cache") == tmp_path
    assert not (tmp_path / "cache").exists()


def test_a_hub_that_refuses_is_named_and_so_is_the_setting(hub: Hub, tmp_path: Path) -> None:
    hub.refuses = True
    with pytest.raises(ResourceError, match=r"someone/a-model could not be fetched.*SPEECH_WHISPER_MODEL"):
        fetched("someone/a-model", tmp_path / "cache", hub.address)


def test_a_repository_without_a_model_is_named(hub: Hub, tmp_path: Path) -> None:
    (hub.folder / "model.bin").unlink()
    with pytest.raises(ResourceError, match="someone/a-model holds no Whisper model"):
        fetched("someone/a-model", tmp_path / "cache", hub.address)


def test_a_name_that_is_none_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"no Whisper model 'small-english'.*small\.en"):
        fetched("small-english", tmp_path)
