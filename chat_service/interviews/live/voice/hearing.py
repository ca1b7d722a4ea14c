"""Hearing a candidate: his audio is kept in Redis and recognized, turn by turn."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from secrets import token_hex
from typing import Any
from uuid import UUID

from chat_service.endings import end
from chat_service.engine.live_speech import Flushed, Hearing, LiveSpeech, SpeechStarted
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.interview import PosedQuestion
from chat_service.interviews.live.voice.audio_buffer import AudioBuffer, FinalWords, SpokenAnswer, another_speaker
from chat_service.interviews.live.voice.candidate_turn import CandidateTurn
from chat_service.interviews.live.voice.ear import Ear
from chat_service.interviews.live.voice.intake import BYTES_A_SECOND
from chat_service.interviews.live.voice.turn_taking import TurnTimes
from chat_service.storage.ids import new_id

# Speech of which nothing has become final; silence is not kept for longer than a moment.
_MAX_KEPT = 180 * BYTES_A_SECOND
# Less than an answer may have, as more may be said before the turn has ended.
_MAX_CHARACTERS = 19_000
_MAX_SILENCE = 5 * BYTES_A_SECOND
_BEFORE_SPEECH = BYTES_A_SECOND
_FLUSH_SECONDS = 15.0
# Redis is written to so often while somebody speaks; the recognizer has every frame at once.
_KEEP_SECONDS = 0.1
_LOOK_SECONDS = 0.2
# A microphone that is open sends all the time; one that sends nothing for so long makes place for another one.
_ABANDONED_SECONDS = 3.0
# A connection that has broken is closed by then, as its pings are not answered; one that lives sends no silence.
_GATED_SECONDS = 45.0


class Hearer:
    """The audio and the words of the running turn. Everything that changes the turn in Redis is done one by one."""

    def __init__(
        self,
        buffer: AudioBuffer,
        speech: LiveSpeech,
        interview_id: UUID,
        times: TurnTimes,
        clock: Callable[[], float],
        *,
        language: str,
        on_heard: Callable[[Hearing], None],
        on_trouble: Callable[[AppError], None],
        guard: Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]],
    ) -> None:
        """`on_trouble` hears of what passes, `guard` runs what must not fail unheard."""
        self._buffer = buffer
        self._speech = speech
        self._interview_id = interview_id
        self._times = times
        self._clock = clock
        self._heard_at = clock()
        self._language = language
        self._on_heard = on_heard
        self._on_trouble = on_trouble
        self._guard = guard
        self._me = token_hex(8)
        self._changing = asyncio.Lock()
        self._news: asyncio.Queue[tuple[CandidateTurn, FinalWords | None]] = asyncio.Queue()
        self._unkept = bytearray()
        self._unkept_to = 0
        self._kept = 0
        self._frames = asyncio.Event()
        self._flushed = asyncio.Event()
        self._parts: set[asyncio.Task[None]] = set()
        self._ear_task: asyncio.Task[None] | None = None
        self.turn = CandidateTurn(new_id(), None, times)
        self._ear = self._new_ear(self.turn, "", 0, b"")

    @property
    def well(self) -> bool:
        """Whether the recognizer hears."""
        return self._ear.well

    async def take_place(self) -> None:
        """Becomes the one who speaks in the interview. Raises CONFLICT when another one does.

        One whose worker was killed is waited for until his lease ends.
        """
        left = await self._buffer.take(self._interview_id, self._me)
        while left > 0:
            await asyncio.sleep(min(left, _LOOK_SECONDS))
            before, left = left, await self._buffer.take(self._interview_id, self._me)
            if left > before:
                raise another_speaker()

    async def hold_place(self) -> None:
        """Remains the one who speaks for as long as audio comes. Raises CONFLICT when another one took over.

        A connection that broke without a sign is found to be dead much later than the candidate comes back.
        """
        while True:
            await asyncio.sleep(self._buffer.lease_seconds / 3)
            if self._clock() - self._heard_at < _ABANDONED_SECONDS:
                await self._buffer.renew(self._interview_id, self._me)

    async def mind_gaps(self) -> None:
        """Takes it for silence when somebody spoke and nothing comes any more, until it is cancelled."""
        while True:
            rest = self._heard_at + _GATED_SECONDS - self._clock()
            if rest <= 0 and self.turn.taking.speaking:
                self._on_heard(self.turn.fall_silent())
                self._ear.end_utterance()
            await asyncio.sleep(rest if rest > 0 else _GATED_SECONDS / 10)

    async def resume(self, question: PosedQuestion | None) -> tuple[int, SpokenAnswer | None]:
        """Goes on with the turn that was left, if it is the question's, else begins one.

        Gives the number of the newest frame, and the answer that was being handed in.
        """
        left = await self._buffer.load(self._interview_id)
        if left.answer is not None:
            self.turn = CandidateTurn(left.answer.turn_id, left.answer.question_id, self._times)
            return left.last_sequence, left.answer
        if left.turn_id is None or left.question_id != (question.id if question else None):
            await self.begin(question)
            return left.last_sequence, None
        turn = CandidateTurn(left.turn_id, left.question_id, self._times)
        turn.restore(left, self._clock())
        self._install(turn, question, left.base, left.audio)
        return left.last_sequence, None

    async def begin(self, question: PosedQuestion | None) -> None:
        """Begins a turn, with nothing said in it."""
        async with self._changing:
            await self._keep()
            turn = CandidateTurn(new_id(), question.id if question else None, self._times)
            await self._buffer.begin(self._interview_id, self._me, turn.id, turn.question_id)
            self._install(turn, question, 0, b"")

    async def hear(self, last_sequence: int, audio: bytes) -> None:
        """Has the samples up to the frame of that number recognized; `keep_audio` keeps them.

        Raises CONFLICT when another one speaks, UNAVAILABLE, and TOO_LARGE when nothing is recognized for too long.
        """
        self._heard_at = self._clock()
        async with self._changing:
            self._unkept += audio
            self._unkept_to = last_sequence
            self._frames.set()
            if not audio:
                return
            self._ear.hear(audio)
            self.turn.received(self._ear.heard_bytes, self._clock())
            if self._ear.kept_bytes > _MAX_SILENCE and self.turn.all_final and self.well:
                await self._forget(self._ear.heard_bytes - _BEFORE_SPEECH)
            if self._ear.kept_bytes > _MAX_KEPT:
                if not self.turn.taking.text:
                    raise _not_recognized()
                self.turn.overlong = True
            if len(self.turn.taking.text) > _MAX_CHARACTERS:
                self.turn.overlong = True

    async def keep_audio(self) -> AsyncIterator[int]:
        """Keeps what is heard, ten times a second at most, without end. Gives the numbers of the newest kept frames.

        Raises CONFLICT when another one speaks, UNAVAILABLE.
        """
        told = 0
        while True:
            await self._frames.wait()
            self._frames.clear()
            async with self._changing:
                await self._keep()
            if self._kept != told:
                told = self._kept
                yield told
            await asyncio.sleep(_KEEP_SECONDS)

    async def announce_end(self) -> None:
        """The speaker says that he has ended: at once, and then also for whoever goes on with the turn."""
        self.turn.announce_end()
        async with self._changing:
            await self._keep()
            await self._buffer.announce(self._interview_id, self._me)

    async def flush(self) -> None:
        """Has all words become final. Returns when they are, or when that takes too long."""
        self._flushed.clear()
        if self._ear.heard_bytes == 0:
            return
        self._ear.end_utterance()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                await self._flushed.wait()

    async def hand_in(self, answer: SpokenAnswer) -> None:
        """Notes what is handed in as the answer."""
        async with self._changing:
            await self._buffer.hand_in(self._interview_id, self._me, answer)

    async def keep_news(self) -> None:
        """Keeps that somebody began to speak, and final words in the place of their audio, until it is cancelled."""
        while True:
            turn, final = await self._news.get()
            async with self._changing:
                if turn is not self.turn:
                    continue
                if final is None:
                    await self._buffer.note_speech(self._interview_id, self._me)
                else:
                    await self._forget(turn.end_of(final), final)

    async def close(self) -> None:
        """Ends recognition, and is the speaker no more. What was heard stays kept."""
        await end(*self._parts)
        with suppress(AppError):
            async with self._changing:
                await self._keep()
            await self._buffer.leave(self._interview_id, self._me)

    async def _keep(self) -> None:
        if self._unkept_to == self._kept:
            return
        audio, newest = bytes(self._unkept), self._unkept_to
        await self._buffer.append(self._interview_id, self._me, newest, audio)
        self._unkept.clear()
        self._kept = newest

    async def _forget(self, base: int, final: FinalWords | None = None) -> None:
        await self._keep()
        await self._buffer.forget(self._interview_id, self._me, self._ear.forget(base), final)

    def _install(self, turn: CandidateTurn, question: PosedQuestion | None, base: int, audio: bytes) -> None:
        self.turn = turn
        self._flushed.set()
        if self._ear_task is not None:
            self._ear_task.cancel()
        self._ear = self._new_ear(turn, question.text if question else "", base, audio)
        listening = self._ear.listen()
        self._ear_task = asyncio.create_task(self._guard(listening))
        self._parts.add(self._ear_task)
        self._ear_task.add_done_callback(self._parts.discard)
        self._ear_task.add_done_callback(lambda _: listening.close())  # one that was cancelled before it began

    def _new_ear(self, turn: CandidateTurn, hints: str, base: int, audio: bytes) -> Ear:
        def heard(hearing: Hearing) -> None:
            if turn is not self.turn:
                return
            begins = isinstance(hearing, SpeechStarted) and turn.taking.began_at is None
            final = turn.hear(hearing, self._clock())
            if begins or final is not None:
                self._news.put_nowait((turn, final))
            if isinstance(hearing, Flushed):
                self._flushed.set()
            self._on_heard(hearing)

        return Ear(
            self._speech,
            language=self._language,
            hints=hints,
            base=base,
            audio=audio,
            on_hearing=heard,
            on_restart=turn.begun_anew,
            on_failure=self._on_trouble,
        )


def _not_recognized() -> AppError:
    return AppError(
        ErrorKind.TOO_LARGE,
        "audio_too_long",
        "Three minutes of sound have come without a word that could be recognized. Begin again, or type your answer.",
    )
