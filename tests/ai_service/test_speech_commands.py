"""The command line hears what the service hears."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ai_service import speech_commands
from ai_service.__main__ import main
from ai_service.settings import Settings
from ai_service.speech import sphinx
from tests.ai_service.speech.containers import recording, wav
from tests.ai_service.speech.sounds import WAVS, recorded, silence
from tests.ai_service.speech.tiny_whisper import build

UNKNOWN = str(WAVS / "do_not_know.wav")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("AI_CACHE", str(tmp_path / "cache"))
    # Which holds for the process, with an output that ends with the test.
    monkeypatch.setattr(speech_commands, "configure_logs", lambda _: None)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.skipif(not sphinx.is_installed(), reason="pocketsphinx is made for Python 3.11 and 3.13 only")
def test_a_bad_file_is_reported_and_the_others_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, missing = tmp_path / "picture.mp3", str(tmp_path / "missing.wav")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert main(["transcribe", str(picture), missing, UNKNOWN]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == f"{UNKNOWN}:"
    assert told.out.endswith("  i do not know the answer to this question\n")
    assert f"{picture}: the recording is neither WAV" in told.err
    assert f"{missing}: cannot be read: No such file" in told.err
    assert "low accuracy" in told.err


def test_json_has_a_line_for_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPEECH_WHISPER_MODEL", str(build(tmp_path / "tiny")))
    webm, quiet, cut = tmp_path / "spoken.webm", tmp_path / "quiet.wav", tmp_path / "cut.wav"
    webm.write_bytes(recording("webm", np.frombuffer(recorded("do_not_know"), np.int16)))
    quiet.write_bytes(wav(silence(2)))
    cut.write_bytes(wav(silence(2))[:1000])
    assert main(["transcribe", "--json", "--language", "EN", str(webm), str(quiet)]) == 0
    told = capsys.readouterr()
    spoken, silent = lines(told.out)
    assert spoken["file"] == str(webm)
    assert spoken["duration_seconds"] == pytest.approx(2.77, abs=0.1)
    assert spoken["recognizer"] == {"engine": "faster-whisper", "model": "tiny", "low_accuracy": False}
    assert spoken["segments"]
    assert {"text", "start", "end", "confidence", "words"} <= spoken["segments"][0].keys()
    assert (silent["text"], silent["speech_seconds"], silent["segments"]) == ("", 0.0, [])
    assert "low accuracy" not in told.err
    assert main(["transcribe", "--json", str(cut)]) == 1
    assert lines(capsys.readouterr().out)[0]["error"]["reason"] == "AUDIO_DAMAGED"


@pytest.mark.parametrize(
    ("variables", "status", "named"),
    [
        ({"SPEECH_RECOGNIZER": "none"}, 1, "SPEECH_RECOGNIZER"),
        ({"SPEECH_WHISPER_MODEL": "small-english"}, 1, "there is no Whisper model 'small-english'"),
        ({"SPEECH_RECOGNIZER": "faster-whisper"}, 2, "SPEECH_WHISPER_MODEL: is not set"),
    ],
)
def test_what_keeps_it_from_hearing_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    status: int,
    named: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["transcribe", UNKNOWN]) == status
    assert named in capsys.readouterr().err
