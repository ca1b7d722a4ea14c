"""Recordings of any origin: what is good is decoded, and everything else is refused by name, fast and apart."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ai_service.speech import decoder, decoding
from ai_service.speech.decoding import decoded
from ai_service.speech.faults import MOST_AUDIO_BYTES, UnusableAudio
from ai_service.speech.recognition import SAMPLE_RATE, Samples
from ai_service.speech.spool import Spool
from tests.ai_service.speech.containers import CONTAINERS, recording, silent_flac, wav

MOST_SECONDS = 600.0
# A second of a tone that any codec keeps, then silence, so that the end of the tone tells whether time is kept.
TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)).astype(np.int16)
SOUND = np.concatenate([TONE, np.zeros(2 * SAMPLE_RATE, np.int16)])
FILES = {kind: recording(kind, SOUND) for kind in CONTAINERS}
SOURCE = Path(decoder.__file__).read_text("utf-8")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)


def decode_here(folder: Path, data: bytes, most_seconds: float = MOST_SECONDS) -> Samples:
    """What the decoder's program makes of a file, without its process."""
    file = folder / "a-name-that-says-nothing.txt"
    file.write_bytes(data)
    with file.open("rb") as opened:
        return np.frombuffer(b"".join(decoder.decode(opened, most_seconds)), np.int16)


def refusal_here(folder: Path, data: bytes, most_seconds: float = MOST_SECONDS) -> str:
    with pytest.raises(decoder.Refused) as caught:
        decode_here(folder, data, most_seconds)
    return str(caught.value)


async def decode(data: bytes) -> Samples:
    with Spool.opened() as spool:
        await spool.add(data)
        return await decoded(spool, MOST_SECONDS)


async def refusal(data: bytes) -> str:
    with pytest.raises(UnusableAudio) as caught:
        await decode(data)
    return caught.value.reason


@pytest.mark.parametrize("kind", CONTAINERS)
def test_each_container_gives_the_sound_at_its_times(tmp_path: Path, kind: str) -> None:
    samples = decode_here(tmp_path, FILES[kind])
    assert len(samples) / SAMPLE_RATE == pytest.approx(3.0, abs=0.1)
    loud = np.flatnonzero(np.abs(samples) > 4000) / SAMPLE_RATE
    assert (loud[0], loud[-1]) == (pytest.approx(0.0, abs=0.1), pytest.approx(1.0, abs=0.1))


async def test_a_process_gives_the_same(tmp_path: Path) -> None:
    assert np.array_equal(await decode(FILES["m4a"]), decode_here(tmp_path, FILES["m4a"]))


def test_both_channels_are_heard(tmp_path: Path) -> None:
    left = np.stack([TONE, np.zeros_like(TONE)], axis=1).astype("<i2").tobytes()
    assert np.abs(decode_here(tmp_path, wav(left, channels=2))).max() > 3000


def test_a_recorder_that_could_not_go_back_to_its_header_is_understood(tmp_path: Path) -> None:
    samples = decode_here(tmp_path, wav(TONE.astype("<i2").tobytes(), declared=0xFFFF_FFFF))
    assert len(samples) == len(TONE)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_what_is_cut_off_is_damaged(tmp_path: Path, kind: str) -> None:
    assert refusal_here(tmp_path, FILES[kind][: len(FILES[kind]) // 2]) == "AUDIO_DAMAGED"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "AUDIO_EMPTY", id="nothing"),
        pytest.param(wav(b""), "AUDIO_EMPTY", id="no samples"),
        pytest.param(wav(bytes(2 * 1000)), "AUDIO_EMPTY", id="a blink"),
        pytest.param(PNG, "AUDIO_UNSUPPORTED", id="an image"),
        pytest.param(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "AUDIO_UNSUPPORTED", id="a playlist"),
        pytest.param(b"\xff\xf1" + bytes(1000), "AUDIO_UNSUPPORTED", id="bare AAC"),
        pytest.param(wav(bytes(64_000), rate=0), "AUDIO_DAMAGED", id="0 Hz"),
        pytest.param(wav(bytes(64_000), rate=100), "AUDIO_DAMAGED", id="100 Hz"),
        pytest.param(wav(bytes(64_000), rate=10**9), "AUDIO_DAMAGED", id="a GHz"),
        pytest.param(wav(bytes(64_000), channels=0), "AUDIO_DAMAGED", id="no channels"),
        pytest.param(wav(bytes(640_000), channels=8), "AUDIO_DAMAGED", id="8 channels"),
        pytest.param(b"fLaC" + bytes(1000), "AUDIO_DAMAGED", id="FLAC of zeros"),
        pytest.param(b"OggS" + bytes(1000), "AUDIO_DAMAGED", id="Ogg of zeros"),
        pytest.param(b"\x1a\x45\xdf\xa3" + b"\xff" * 1000, "AUDIO_DAMAGED", id="WebM of ones"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, data: bytes, reason: str) -> None:
    assert refusal_here(tmp_path, data) == reason


@pytest.mark.parametrize("data", [b"", PNG, wav(bytes(2 * 1000)), wav(bytes(64_000), rate=0), FILES["mp3"][:9000]])
async def test_a_process_refuses_with_the_same_reason(tmp_path: Path, data: bytes) -> None:
    assert await refusal(data) == refusal_here(tmp_path, data)


def test_hours_of_silence_in_kilobytes_are_refused_without_being_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = silent_flac(2 * 3600)
    assert len(bomb) < 20_000

    def unpack(*_: object) -> Iterator[bytes]:
        raise AssertionError

    monkeypatch.setattr(decoder, "_samples", unpack)
    assert refusal_here(tmp_path, bomb) == "AUDIO_TOO_LONG"


def test_a_file_that_hides_its_length_is_refused_where_it_gets_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = bytearray(FILES["flac"])
    # 36 bits of STREAMINFO: how many samples there are; 0 says that nobody knows.
    hidden[21] &= 0xF0
    hidden[22:26] = bytes(4)
    assert len(decode_here(tmp_path, bytes(hidden), 4.0)) == pytest.approx(3 * SAMPLE_RATE, abs=100)
    assert refusal_here(tmp_path, bytes(hidden), 1.5) == "AUDIO_TOO_LONG"
    # Nor do packets decide that lie about their length.
    monkeypatch.setattr(decoder, "_measure", lambda *_: None)
    assert refusal_here(tmp_path, bytes(hidden), 1.5) == "AUDIO_TOO_LONG"


async def test_a_recording_is_taken_up_to_the_last_byte_that_is_allowed() -> None:
    with Spool.opened() as spool:
        for _ in range(50):
            await spool.add(bytes(1024 * 1024))
        assert spool.size == MOST_AUDIO_BYTES
        with pytest.raises(UnusableAudio, match="50 MiB"):
            await spool.add(b"x")


async def test_a_decoder_that_crashes_is_the_files_fault_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crashing = tmp_path / "crashing.py"
    crashing.write_text(
        f"import os, sys\nsys.stdout.buffer.write(bytes(64000))\nos.kill(os.getpid(), {signal.SIGSEGV})"
    )
    monkeypatch.setattr(decoder, "__file__", str(crashing))
    assert await refusal(FILES["wav"]) == "AUDIO_DAMAGED"


async def test_a_decoder_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = tmp_path / "hanging.py"
    hanging.write_text(
        "import os, pathlib, time\npathlib.Path(__file__).with_suffix('.pid').write_text(str(os.getpid()))\n"
        "time.sleep(600)"
    )
    monkeypatch.setattr(decoder, "__file__", str(hanging))
    monkeypatch.setattr(decoding, "_WALL_SECONDS", 1.0)
    monkeypatch.setattr(decoding, "_WALL_SHARE", 0.0)
    assert await refusal(FILES["wav"]) == "AUDIO_DAMAGED"
    with pytest.raises(ProcessLookupError):
        os.kill(int(hanging.with_suffix(".pid").read_text()), 0)


@pytest.mark.parametrize(
    "greed",
    [
        pytest.param("blocks = [bytearray(64 << 20) for _ in range(16)]", id="memory"),
        pytest.param("while True: pass", id="time"),
        pytest.param("import tempfile; tempfile.TemporaryFile().write(bytes(100_000))", id="disk"),
    ],
)
async def test_a_decoder_has_little_of_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, greed: str) -> None:
    greedy = tmp_path / "greedy.py"
    limits = SOURCE.partition("def main()")[0].replace("CPU_SECONDS, PROGRESS_SECONDS = 2", "CPU_SECONDS, _ = 0")
    greedy.write_text(f"{limits}\n_limit(30)\n{greed}\n")
    monkeypatch.setattr(decoder, "__file__", str(greedy))
    assert await refusal(FILES["wav"]) == "AUDIO_DAMAGED"
