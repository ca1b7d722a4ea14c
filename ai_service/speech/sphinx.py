"""Recognition by pocketsphinx, whose model comes with its package: English, of low accuracy."""

import asyncio
import importlib.util
import json
from typing import Any, Self

import structlog

from ai_service import processes
from ai_service.speech import sphinx_worker
from ai_service.speech.faults import SpeechModelFault
from ai_service.speech.recognition import (
    SAMPLE_RATE,
    Listening,
    RecognizerIdentity,
    Samples,
    SpokenWord,
    TranscriptSegment,
    Utterance,
    check_length,
)

IDENTITY = RecognizerIdentity("pocketsphinx", "en-us", low_accuracy=True)

_FRAMES = sphinx_worker.FRAMES_A_SECOND
# A pause between words from which a new segment begins.
_PAUSE_SECONDS = 0.5
# Of the edge frames of audio shorter than this nothing can be made.
_LEAST_SAMPLES = SAMPLE_RATE // 20
# It needs about a fifth of the audio's time on an idle core.
_WALL_SECONDS, _WALL_SHARE = 20.0, 4.0
# A cancelled utterance may go on so long, since a new process takes about as long to start.
_ABANDONED_SECONDS = 0.5

_log = structlog.get_logger("ai_service.speech")


def is_installed() -> bool:
    """Whether this Python has the package, which is made for some versions only."""
    return importlib.util.find_spec("pocketsphinx") is not None


class _Worker:
    """A process that recognizes one utterance after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> Self:
        return cls(await processes.start_apart(sphinx_worker.__file__))

    async def words(self, audio: bytes) -> list[Any]:
        """Raises EOFError or ConnectionError where the process has ended."""
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None and writer is not None  # noqa: S101 - pipes were asked for
        writer.write(sphinx_worker.LENGTH.pack(len(audio)) + audio)
        await writer.drain()
        (length,) = sphinx_worker.LENGTH.unpack(await reader.readexactly(sphinx_worker.LENGTH.size))
        return list(json.loads(await reader.readexactly(length)))

    async def end(self) -> None:
        await processes.end(self._process)


class Sphinx:
    """A `Recognizer`. Keeps as many processes as were ever busy at once, `processes` at most."""

    def __init__(self, processes: int) -> None:
        self._free = asyncio.Semaphore(processes)
        self._idle: list[_Worker] = []
        self._abandoned: set[asyncio.Task[None]] = set()

    @property
    def identity(self) -> RecognizerIdentity:
        """As `Recognizer.identity`."""
        return IDENTITY

    @property
    def languages(self) -> tuple[str, ...]:
        """As `Recognizer.languages`."""
        return ("en",)

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        """As `Recognizer.recognize`; hints are of no use to it."""
        check_length(samples)
        if len(samples) < _LEAST_SAMPLES:
            return Utterance("en", ())
        await self._free.acquire()
        recognizing = asyncio.create_task(self._recognize(samples))
        recognizing.add_done_callback(lambda _: self._free.release())
        try:
            return Utterance("en", segments_of(await asyncio.shield(recognizing), len(samples) / SAMPLE_RATE))
        except asyncio.CancelledError:
            self._abandon(recognizing)
            raise

    async def close(self) -> None:
        """End the processes."""
        for task in list(self._abandoned):
            task.cancel()
        while self._idle:
            await self._idle.pop().end()

    async def _recognize(self, samples: Samples) -> list[Any]:
        worker = self._idle.pop() if self._idle else await _Worker.start()
        try:
            async with asyncio.timeout(_WALL_SECONDS + _WALL_SHARE * len(samples) / SAMPLE_RATE):
                words = await worker.words(samples.tobytes())
        except (EOFError, ConnectionError, TimeoutError) as error:
            _log.warning("recognizer_process_ended", problem=type(error).__name__)
            await worker.end()
            raise SpeechModelFault(
                "SPEECH_MODEL_CRASHED", "the recognizer ended on this audio; another is started"
            ) from None
        except BaseException:
            await worker.end()
            raise
        self._idle.append(worker)
        return words

    def _abandon(self, recognizing: "asyncio.Task[list[Any]]") -> None:
        async def end() -> None:
            await asyncio.wait({recognizing}, timeout=_ABANDONED_SECONDS)
            recognizing.cancel()
            await asyncio.wait({recognizing})

        task = asyncio.create_task(end())
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)


def segments_of(words: list[Any], seconds: float) -> tuple[TranscriptSegment, ...]:
    """Words of the worker in audio of so many seconds, as segments, which end at pauses."""
    segments: list[list[SpokenWord]] = []
    for text, first, last, confidence in words:
        # The last frame is one of the word's own.
        word = SpokenWord(text, first / _FRAMES, min((last + 1) / _FRAMES, seconds), confidence)
        if not segments or word.start - segments[-1][-1].end >= _PAUSE_SECONDS:
            segments.append([])
        segments[-1].append(word)
    return tuple(_segment(tuple(segment)) for segment in segments)


def _segment(words: tuple[SpokenWord, ...]) -> TranscriptSegment:
    confidence = sum(word.confidence or 0.0 for word in words) / len(words)
    return TranscriptSegment(" ".join(word.text for word in words), words[0].start, words[-1].end, confidence, words)
