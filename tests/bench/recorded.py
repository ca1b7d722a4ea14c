"""The recorded speech of tests/speech/wavs."""

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

_FOLDER = Path(__file__).resolve().parents[1] / "speech" / "wavs"
SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Recording:
    """Mono samples of 16 bits, little endian, at SAMPLE_RATE, and what is said in them."""

    name: str
    text: str
    audio: bytes

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.audio) / 2 / SAMPLE_RATE


def recordings() -> Sequence[Recording]:
    """All of them, in order."""
    listed = yaml.safe_load((_FOLDER / "words.yaml").read_text("utf-8"))["recordings"]
    return [Recording(one["name"], one["text"], _samples(_FOLDER / f"{one['name']}.wav")) for one in listed]


def _samples(path: Path) -> bytes:
    with wave.open(str(path)) as reader:
        return bytes(reader.readframes(reader.getnframes()))
