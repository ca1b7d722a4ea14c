"""Recognition of one turn: what breaks is begun anew, with the audio that is not in final words yet."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from chat_service.endings import end
from chat_service.engine.live_speech import Final, Flushed, Hearing, Listening, LiveSpeech, SpeechStarted, SpeechStopped
from chat_service.engine.models import SpokenWord
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.live.voice.intake import BYTES_A_SECOND

_STREAM_SECONDS = 1800.0
_WAITS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
# A replica that dies is no news; one after the other is.
_SILENT_FAILURES = 2
_LAST_WORD_SECONDS = 0.5
_CHUNK = BYTES_A_SECOND // 2
_log = structlog.get_logger()


class Ear:
    """Listens to the audio of a turn. Times are seconds from the beginning of the turn's audio."""

    def __init__(
        self,
        speech: LiveSpeech,
        *,
        language: str,
        hints: str,
        base: int,
        audio: bytes,
        on_hearing: Callable[[Hearing], None],
        on_restart: Callable[[], None],
        on_failure: Callable[[AppError], None],
    ) -> None:
        """`audio` is what is kept of the turn from its byte `base` on."""
        self._speech = speech
        self._language = language
        self._hints = hints
        self._base = base
        self._audio = bytearray(audio)
        self._sent = base
        self._on_hearing = on_hearing
        self._on_restart = on_restart
        self._on_failure = on_failure
        self._ends = 0
        self._ends_told = 0
        self._news = asyncio.Event()
        self._failures = 0
        self.well = True

    @property
    def heard_bytes(self) -> int:
        """Where the turn's audio ends, bytes."""
        return self._base + len(self._audio)

    @property
    def kept_bytes(self) -> int:
        """How much of it is kept."""
        return len(self._audio)

    def hear(self, audio: bytes) -> None:
        """The next samples."""
        self._audio += audio
        self._news.set()

    def end_utterance(self) -> None:
        """Has what was said so far become final: `Flushed` is heard then."""
        self._ends = self._ends_told + 1
        self._news.set()

    def forget(self, base: int) -> int:
        """Drops the audio before that byte, as far as it was sent. Gives where the kept audio begins."""
        base = min(base - base % 2, self._sent)
        if base > self._base:
            del self._audio[: base - self._base]
            self._base = base
        return self._base

    async def listen(self) -> None:
        """Until it is cancelled. Raises NOT_IMPLEMENTED when nothing recognizes speech any more."""
        while True:
            try:
                await self._listen_once()
            except AppError as error:
                if error.kind is ErrorKind.NOT_IMPLEMENTED:
                    raise
                await self._pause(error)

    async def _pause(self, error: AppError) -> None:
        self.well = False
        self._failures += 1
        _log.info("recognition_restarted", reason=error.reason, failures=self._failures)
        if self._failures == _SILENT_FAILURES:
            self._on_failure(error)
        await asyncio.sleep(_WAITS[min(self._failures, len(_WAITS)) - 1])

    async def _listen_once(self) -> None:
        # Nothing is asked of the recognizer before there is something to hear.
        while not self._audio and self._ends == self._ends_told:
            self._news.clear()
            await self._news.wait()
        listening = await self._speech.listen(language=self._language, hints=self._hints, seconds=_STREAM_SECONDS)
        self._sent = self._base
        self._on_restart()
        self.well = True
        parts = [asyncio.create_task(part) for part in (self._send(listening), self._read(listening, self._base))]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            # What it was that broke is said on the reading side.
            await asyncio.wait(parts[1:], timeout=_LAST_WORD_SECONDS)
        finally:
            listening.close()
            await end(*parts)
        for part in reversed(parts):
            if part.done() and not part.cancelled() and (error := part.exception()) is not None:
                raise error

    async def _send(self, listening: Listening) -> None:
        ends = self._ends_told
        while True:
            self._news.clear()
            while self._sent < self.heard_bytes:
                place = self._sent - self._base
                chunk = bytes(self._audio[place : place + _CHUNK])
                await listening.hear(chunk)
                self._sent += len(chunk)
            if ends < self._ends:
                ends = self._ends
                await listening.end_utterance()
            await self._news.wait()

    async def _read(self, listening: Listening, base: int) -> None:
        begun = base / BYTES_A_SECOND
        async for hearing in listening.hearings():
            self._failures = 0
            if isinstance(hearing, Flushed):
                self._ends_told += 1
            self._on_hearing(_shifted(hearing, begun))
        raise AppError(ErrorKind.UNAVAILABLE, "speech_unavailable", "The recognizer has ended.", retry_after=1)


def _shifted(hearing: Hearing, seconds: float) -> Hearing:
    match hearing:
        case SpeechStarted(at):
            return SpeechStarted(at + seconds)
        case SpeechStopped(at):
            return SpeechStopped(at + seconds)
        case Final():
            words = tuple(
                SpokenWord(one.text, one.start + seconds, one.end + seconds, one.confidence) for one in hearing.words
            )
            return replace(hearing, start=hearing.start + seconds, end=hearing.end + seconds, words=words)
    return hearing
