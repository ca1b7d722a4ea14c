"""The command `transcribe`."""

import argparse
import asyncio
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from tqdm import tqdm

from ai_service.errors import Fault
from ai_service.settings import EngineSettings
from ai_service.speech.recognition import Listening
from ai_service.speech.recordings import Heard, Transcript
from ai_service.speech.speech import Speech
from ai_service.speech_choice import load_speech, recognizer_of
from ai_service.wire.logs import configure_logs

_CHUNK_BYTES = 1024 * 1024
_INTERRUPTED = 130


def add_speech_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to a command line. It sets `run`, which takes the arguments and the settings."""
    transcribe = commands.add_parser(
        "transcribe",
        help="write down what is said in recordings",
        description="Write down what is said in recordings, by the recognizer of the settings SPEECH_*.",
    )
    transcribe.add_argument("files", nargs="+", metavar="FILE", help="WAV, MP3, M4A, WebM, Ogg or FLAC")
    transcribe.add_argument("--json", action="store_true", help="a line of JSON for each file, with the words' times")
    transcribe.add_argument("--language", default="", metavar="CODE", help="ISO 639-1, such as en; default: found out")
    transcribe.set_defaults(run=_transcribe)


def _transcribe(arguments: argparse.Namespace, settings: EngineSettings) -> int:
    configure_logs("INFO")
    try:
        return asyncio.run(_transcribe_all(arguments, settings))
    except KeyboardInterrupt:
        return _INTERRUPTED


async def _transcribe_all(arguments: argparse.Namespace, settings: EngineSettings) -> int:
    speech = load_speech(settings, CollectorRegistry())
    speech.hearing.arrive(await asyncio.to_thread(recognizer_of, settings))
    bad = 0
    try:
        for name in arguments.files:
            bad += not await _transcribe_one(speech, name, arguments)
    finally:
        await speech.close()
    identity = speech.hearing.identity
    if identity is not None and identity.low_accuracy and bad < len(arguments.files):
        print(f"{identity.engine} is of low accuracy: read the text before you rely on it", file=sys.stderr)
    return 1 if bad else 0


async def _transcribe_one(speech: Speech, name: str, arguments: argparse.Namespace) -> bool:
    """Print what is said in a file, or why it cannot be told; returns whether it could."""
    try:
        transcript = await _heard(speech, Path(name), Listening(arguments.language.lower()))
    except (Fault, OSError) as error:
        reason, message = "FILE_UNREADABLE", f"cannot be read: {getattr(error, 'strerror', None)}"
        if isinstance(error, Fault):
            reason, message = error.reason, error.message
        tqdm.write(f"{name}: {message}", file=sys.stderr)
        if arguments.json:
            _print({"file": name, "error": {"reason": reason, "message": message}})
        return False
    if arguments.json:
        _print({"file": name, **dataclasses.asdict(transcript)})
        return True
    if len(arguments.files) > 1:
        print(f"{name}:")
    for segment in transcript.segments:
        print(f"[{segment.start:8.2f} - {segment.end:8.2f}]  {segment.text}")
    sys.stdout.flush()
    return True


async def _heard(speech: Speech, path: Path, listening: Listening) -> Transcript:
    with (
        path.open("rb") as file,
        speech.recordings.spool(listening) as spool,
        tqdm(desc=path.name, unit="s", disable=None, file=sys.stderr, leave=False) as bar,
    ):
        while data := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            await spool.add(data)
        async for heard in speech.recordings.hear(spool, listening):
            if isinstance(heard, Transcript):
                return heard
            _show(bar, heard)
    raise RuntimeError("a recording ends with its transcript")


def _show(bar: "tqdm[Any]", heard: Heard) -> None:
    bar.total = round(heard.of_seconds, 1)
    bar.update(round(heard.seconds - bar.n, 1))


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
