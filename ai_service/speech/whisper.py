"""Recognition by Whisper, with faster-whisper (CTranslate2)."""

import asyncio
import math
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import numpy as np

from ai_service.errors import ResourceError
from ai_service.speech.recognition import (
    SAMPLE_RATE,
    Listening,
    RecognizerIdentity,
    Samples,
    SpokenWord,
    TranscriptSegment,
    Utterance,
    check_length,
    in_order,
    spoken_text,
)

ENGINE = "faster-whisper"

_FULL_SCALE = 32768.0
# Whisper's own way out of a loop of repetitions, in fewer steps than its six.
_TEMPERATURES = (0.0, 0.4, 0.8)


class Whisper:
    """A `Recognizer`. Works in threads, as many utterances at once as it was loaded for."""

    def __init__(self, model: Any, name: str, threads: int) -> None:
        self._model = model
        self._identity = RecognizerIdentity(ENGINE, name)
        self._languages = tuple(model.supported_languages)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="whisper")

    @classmethod
    def load(cls, folder: Path, name: str, *, device: str, compute_type: str, at_once: int, cores: int) -> Self:
        """The model in a folder that CTranslate2 wrote; blocks for seconds. Raises `ResourceError`."""
        from faster_whisper import WhisperModel

        try:
            model = WhisperModel(
                str(folder),
                device=device,
                compute_type=compute_type,
                cpu_threads=max(1, cores // at_once),
                num_workers=at_once,
                local_files_only=True,
            )
        except Exception as error:
            raise ResourceError(
                f"the Whisper model {name} cannot be used ({error}); "
                "check SPEECH_WHISPER_MODEL, SPEECH_WHISPER_DEVICE and SPEECH_WHISPER_COMPUTE_TYPE"
            ) from error
        return cls(model, name, at_once)

    @property
    def identity(self) -> RecognizerIdentity:
        """As `Recognizer.identity`."""
        return self._identity

    @property
    def languages(self) -> tuple[str, ...]:
        """As `Recognizer.languages`."""
        return self._languages

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        """As `Recognizer.recognize`."""
        check_length(samples)
        gone = threading.Event()
        working = self._pool.submit(self._recognize, samples, listening, gone)
        try:
            return await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            gone.set()
            raise

    async def close(self) -> None:
        """Drop what has not begun, and let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _recognize(self, samples: Samples, listening: Listening, gone: threading.Event) -> Utterance:
        seconds = len(samples) / SAMPLE_RATE
        # Each utterance by itself: what was said before, or invented, has no part in it.
        segments, info = self._model.transcribe(
            samples.astype(np.float32) / _FULL_SCALE,
            language=listening.language or None,
            initial_prompt=listening.hints or None,
            temperature=_TEMPERATURES,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        # Whisper decodes while its segments are asked for.
        return Utterance(info.language, tuple(in_order(_until(gone, segments), seconds)))


def _until(gone: threading.Event, segments: Iterable[Any]) -> Iterator[TranscriptSegment]:
    for segment in segments:
        if gone.is_set():
            return
        if text := spoken_text(segment.text):
            words = tuple(
                SpokenWord(spoken_text(word.word), word.start, word.end, word.probability)
                for word in segment.words or ()
                if spoken_text(word.word)
            )
            yield TranscriptSegment(text, segment.start, segment.end, _confidence(segment, words), words)


def _confidence(segment: Any, words: tuple[SpokenWord, ...]) -> float:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else math.exp(segment.avg_logprob)
