"""Speech by a program that is installed on the machine: flite or espeak-ng."""

import asyncio
import contextlib
import io
import os
import shutil
import subprocess
import tempfile
import wave
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ai_service import processes
from ai_service.deadline import seconds_left
from ai_service.errors import InvalidField
from ai_service.speech.faults import SpeechModelFault, VoiceLanguageUnsupported
from ai_service.speech.synthesis import Sound

FLITE = "flite"
ESPEAK = "espeak-ng"

_TEXT, _WAVE = "text.txt", "speech.wav"
_ASKING_SECONDS = 10.0
# A sentence of 400 characters lasts under two minutes however it is read, which is 5 MB.
_MOST_FILE_BYTES = 16 * 1024 * 1024
# The best of those that come with it.
_FLITE_VOICES = ("slt", "rms", "awb", "kal16", "kal")
_ENVIRONMENT = ("PATH", "HOME", "ESPEAK_DATA_PATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Program:
    """A program, its voices (of any language, unless it speaks English alone), and how it is told one of them."""

    name: str
    path: str
    voices: tuple[str, ...]
    default_voice: str
    arguments: Callable[[str], Sequence[str]]
    """Of the voice. The text is in a file, so that nothing in it can be taken for an option."""

    @classmethod
    def flite(cls, path: str) -> Self:
        """The flite there. Raises OSError and `subprocess.SubprocessError`."""
        listed = _ask(path, "-lv").rpartition(":")[2].split()
        best = next((voice for voice in _FLITE_VOICES if voice in listed), listed[0] if listed else "")
        return cls(FLITE, path, tuple(listed), best, lambda voice: ("-voice", voice, "-f", _TEXT, "-o", _WAVE))

    @classmethod
    def espeak(cls, path: str) -> Self:
        """The espeak-ng there. Raises OSError and `subprocess.SubprocessError`."""
        rows = [line.split() for line in _ask(path, "--voices").splitlines()[1:]]
        listed = tuple(row[1] for row in rows if len(row) > 1)
        return cls(ESPEAK, path, listed, "", lambda voice: ("-v", voice, "-b", "1", "-f", _TEXT, "-w", _WAVE))


class ProgramSynthesizer:
    """A `Synthesizer` that runs a program for each sentence, at most `at_once` at a time."""

    def __init__(self, program: Program, *, default_voice: str, at_once: int, timeout_seconds: float) -> None:
        self._program = program
        self._default_voice = default_voice or program.default_voice
        self._free = asyncio.Semaphore(at_once)
        self._timeout_seconds = timeout_seconds

    @property
    def name(self) -> str:
        """As `Synthesizer.name`."""
        return self._program.name

    def voice(self, language: str, voice: str) -> str:
        """As `Synthesizer.voice`."""
        known = self._program.voices
        if self._program.name == FLITE and language != "en":
            raise VoiceLanguageUnsupported(language)
        if voice:
            if voice not in known:
                raise InvalidField("voice", f"is none of {self._program.name}'s; leave it empty for the default")
            return voice
        if self._program.name == FLITE or (self._default_voice and language == "en"):
            return self._default_voice
        if not any(one == language or one.startswith(f"{language}-") for one in known):
            raise VoiceLanguageUnsupported(language)
        return language

    async def speak(self, sentence: str, voice: str) -> AsyncGenerator[Sound]:
        """As `Synthesizer.speak`: the whole sentence at once."""
        seconds = min(self._timeout_seconds, seconds_left())
        try:
            async with asyncio.timeout(seconds), self._free:
                written = await self._run(sentence, voice)
        except TimeoutError:
            raise SpeechModelFault(
                "SPEECH_MODEL_TIMEOUT", f"{self.name} did not end in time; SPEECH_TIMEOUT_SECONDS bounds it"
            ) from None
        yield self._read(written)

    async def close(self) -> None:
        """As `Synthesizer.close`; a process ends with its sentence."""

    async def _run(self, sentence: str, voice: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="speech-") as name:
            folder = Path(name)
            # espeak-ng takes what stands in double brackets for phonemes.
            await asyncio.to_thread((folder / _TEXT).write_text, sentence.replace("[[", "[ [") + "\n", "utf-8")
            process = await asyncio.create_subprocess_exec(
                self._program.path,
                *self._program.arguments(voice),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=folder,
                env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ} | {"LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
            try:
                status = await process.wait()
            finally:
                await processes.end(process)
            written = folder / _WAVE
            if status or not written.is_file() or written.stat().st_size > _MOST_FILE_BYTES:
                raise self._failed()
            return await asyncio.to_thread(written.read_bytes)

    def _read(self, written: bytes) -> Sound:
        try:
            with wave.open(io.BytesIO(written)) as reader:
                if reader.getnchannels() != 1 or reader.getsampwidth() != 2:
                    raise self._failed()
                return Sound(reader.readframes(reader.getnframes()), reader.getframerate())
        except (wave.Error, EOFError):
            raise self._failed() from None

    def _failed(self) -> SpeechModelFault:
        return SpeechModelFault("SPEECH_MODEL_FAILED", f"{self.name} made no speech of the text")


def installed(name: str) -> Program | None:
    """The program FLITE or ESPEAK where it is installed and answers; blocks for a moment."""
    path = shutil.which(name)
    if path is None:
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        program = Program.flite(path) if name == FLITE else Program.espeak(path)
        return program if program.voices else None
    return None


def _ask(path: str, option: str) -> str:
    done = subprocess.run(  # noqa: S603 - a program that the operator has installed, without a shell
        [path, option], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASKING_SECONDS, check=True
    )
    return done.stdout.decode("utf-8", "replace")
