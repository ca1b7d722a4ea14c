"""The interviewer's voice: what he has to say, one thing after the other, until he is interrupted."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from chat_service.endings import end
from chat_service.engine.live_speech import LiveSpeech, Speech
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.live.events import Subject
from chat_service.interviews.live.voice.events import UtteranceAudio, UtteranceEnded, UtteranceStarted, VoiceFailed
from chat_service.interviews.live.voice.outbox import Outbox
from chat_service.interviews.live.voice.playing import Playing

# So much may wait to be played on the other side; what is more would have to be dropped there when he is interrupted.
_LEAD_SECONDS = 1.0
_FRAME_SECONDS = 0.2
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say."""

    subject: Subject
    subject_id: UUID
    text: str


class Floor(Protocol):
    """What the interviewer knows of the candidate."""

    async def give(self, utterance: Utterance) -> None:
        """The interviewer is about to speak."""

    async def words_follow(self) -> bool:
        """Whether the one who interrupted says something, or it was but a noise. Returns when it is known."""

    async def silence(self) -> None:
        """Returns when the one who interrupted has fallen silent; what he said is no answer."""

    def first_audio(self, seconds: float) -> None:
        """So long it took from the text to the first audio."""

    async def spoken(self, utterance: Utterance, heard: str, *, interrupted: bool) -> None:
        """It has been said, or the part that was heard."""

    def nothing_left(self) -> None:
        """There is nothing more to say."""


class Interviewer:
    """Speaks to one candidate. With `whole_sentences` audio leaves by the sentence, else in frames of 0.2 s."""

    def __init__(
        self, speech: LiveSpeech, outbox: Outbox, floor: Floor, clock: Callable[[], float], *, whole_sentences: bool
    ) -> None:
        self._speech = speech
        self._outbox = outbox
        self._floor = floor
        self._clock = clock
        self._whole_sentences = whole_sentences
        self._waiting: asyncio.Queue[Utterance] = asyncio.Queue()
        self._number = 0
        self._playing: Playing | None = None
        self._interruption: asyncio.Future[bool] | None = None
        self._busy = False
        self._position = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.speaks = True

    @property
    def busy(self) -> bool:
        """Whether there is something to say, or being said."""
        return self._busy or not self._waiting.empty()

    @property
    def speaking(self) -> bool:
        """Whether he is to be heard."""
        return self._interruption is not None and not self._interruption.done()

    def say(self, utterance: Utterance) -> None:
        """Says it after what is waiting to be said."""
        self._idle.clear()
        self._waiting.put_nowait(utterance)

    def interrupt(self, *, deliberate: bool) -> None:
        """Stops at once. After an interruption that is not deliberate he goes on unless words follow it."""
        if self._interruption is not None and not self._interruption.done():
            self._interruption.set_result(deliberate)

    def played(self, utterance: int, seconds: float) -> None:
        """The client has played so much of an utterance."""
        if utterance == self._number and self._playing is not None:
            self._playing.told(seconds, self._clock())
            self._position.set()

    async def said_all(self) -> None:
        """Returns when there is nothing more to say."""
        await self._idle.wait()

    async def run(self) -> None:
        """Says what there is to say, until it is cancelled."""
        while True:
            utterance = await self._waiting.get()
            self._busy = True
            try:
                await self._floor.give(utterance)
                await self._say_as_far_as_may_be(utterance)
            finally:
                self._busy = False
            if self._waiting.empty():
                self._floor.nothing_left()
                self._idle.set()

    async def _say_as_far_as_may_be(self, utterance: Utterance) -> None:
        start, shown = 0, False
        for attempt in range(_ATTEMPTS):
            self._number += 1
            playing = self._playing = Playing(utterance.text[start:])
            deliberate = await self._say_or_stop(utterance, start, playing)
            if deliberate is None:
                self._outbox.tell(UtteranceEnded(self._number, interrupted=False, heard=utterance.text[start:]))
                await self._floor.spoken(utterance, utterance.text, interrupted=False)
                return
            now = self._clock()
            heard = start + playing.heard(now)
            if self._is_shown(playing):
                shown = True
                self._outbox.tell(UtteranceEnded(self._number, interrupted=True, heard=utterance.text[start:heard]))
            resumed = start + playing.heard_sentences(now)
            if deliberate or attempt == _ATTEMPTS - 1 or await self._floor.words_follow():
                break
            start = resumed + len(utterance.text[resumed:]) - len(utterance.text[resumed:].lstrip())
        if not shown:
            # Whoever speaks before there was any audio has still to know what he is asked.
            self._tell_started(utterance, utterance.text, None)
            self._outbox.tell(UtteranceEnded(self._number, interrupted=True, heard=""))
        await self._floor.spoken(utterance, utterance.text[:heard].rstrip(), interrupted=True)
        if not self._waiting.empty():
            # Whatever he said into this is not the answer to what is asked next.
            await self._floor.silence()

    async def _say_or_stop(self, utterance: Utterance, start: int, playing: Playing) -> bool | None:
        """None when it was said to its end, else whether it was interrupted deliberately."""
        interruption: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._interruption = interruption
        saying = asyncio.create_task(self._say(utterance, utterance.text[start:], playing))
        try:
            parts: set[asyncio.Future[Any]] = {saying, interruption}
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if not interruption.done():
                saying.result()
                return None
            return interruption.result()
        finally:
            self._interruption = None
            await end(saying)
            if interruption.done():
                self._outbox.drop_audio()
            interruption.cancel()

    async def _say(self, utterance: Utterance, text: str, playing: Playing) -> None:
        begun = self._clock()
        told = False

        def started(sample_rate: int | None) -> None:
            nonlocal told
            if not told:
                told = playing.announced = True
                self._tell_started(utterance, text, sample_rate)

        if self.speaks and text.strip():
            try:
                await self._speak(text, playing, started, begun)
            except AppError as error:
                if error.kind is not ErrorKind.NOT_IMPLEMENTED:
                    self._outbox.tell(VoiceFailed(error))
                self._tell_rest(text, playing)
        # Without a voice, or when it fails: the text is there to be read, or to be spoken by the browser.
        started(None)
        await self._until_left(playing, 0.0)

    def _tell_started(self, utterance: Utterance, text: str, sample_rate: int | None) -> None:
        self._outbox.tell(UtteranceStarted(self._number, utterance.subject, utterance.subject_id, text, sample_rate))

    def _is_shown(self, playing: Playing) -> bool:
        """Whether the client has been told anything of it."""
        return playing.sent_seconds > 0 if self._whole_sentences else playing.announced

    async def _until_left(self, playing: Playing, seconds: float) -> None:
        """Returns when so little is left to be played on the other side."""
        while (more := playing.left(self._clock()) - seconds) > 0:
            self._position.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(more):
                    await self._position.wait()

    def _tell_rest(self, text: str, playing: Playing) -> None:
        """What could not be spoken of an utterance that was begun, as text."""
        rest = text[playing.sent_text :].strip()
        if playing.sent_seconds and rest:
            self._outbox.tell(UtteranceAudio(self._number, -1, b"", 0, rest, sentence_complete=True))

    async def _speak(self, text: str, playing: Playing, started: Callable[[int | None], None], begun: float) -> None:
        first = True
        collected = b""
        newest = -1
        async with aclosing(self._speech.synthesize(text)) as pieces:
            async for piece in pieces:
                started(piece.sample_rate)
                collected += piece.audio
                if self._whole_sentences and not piece.sentence_complete:
                    continue
                for audio, last in self._frames(collected, piece.sample_rate):
                    await self._until_left(playing, _LEAD_SECONDS)
                    await self._outbox.tell_audio(
                        UtteranceAudio(
                            self._number,
                            piece.sentence,
                            audio,
                            piece.sample_rate,
                            text[piece.start : piece.end] if piece.sentence != newest else None,
                            sentence_complete=piece.sentence_complete and last,
                        )
                    )
                    newest = piece.sentence
                    self._note_sent(playing, piece, len(audio), complete=piece.sentence_complete and last)
                    if first:
                        first = False
                        self._floor.first_audio(self._clock() - begun)
                collected = b""

    def _note_sent(self, playing: Playing, piece: Speech, size: int, *, complete: bool) -> None:
        seconds = size / 2 / piece.sample_rate
        playing.sent(piece.sentence, piece.start, piece.end, seconds, self._clock(), complete=complete)

    def _frames(self, audio: bytes, sample_rate: int) -> list[tuple[bytes, bool]]:
        """The audio in frames, and whether each is the last one."""
        size = len(audio) if self._whole_sentences else int(sample_rate * _FRAME_SECONDS) * 2
        starts = range(0, len(audio), size) if audio else range(1)
        return [(audio[start : start + size], start + size >= len(audio)) for start in starts]
