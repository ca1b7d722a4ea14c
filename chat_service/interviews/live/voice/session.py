"""One candidate's voice in a live interview: from his microphone to an answer, and from the reply to his ears."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from chat_service.endings import end
from chat_service.engine.live_speech import (
    SAMPLE_RATE,
    Final,
    Hearing,
    Partial,
    SpeechAbilities,
    SpeechStarted,
    SpeechStopped,
    no_recognizer,
)
from chat_service.engine.speech import audio_error
from chat_service.errors import AppError, ErrorKind, not_found
from chat_service.interviews.interview import AnsweredTurn, PosedQuestion
from chat_service.interviews.live.actions import Answer
from chat_service.interviews.live.events import EventKind, LiveEvent, StateReached, Subject
from chat_service.interviews.live.rooms import Seat
from chat_service.interviews.live.voice.audio_buffer import SpokenAnswer
from chat_service.interviews.live.voice.events import (
    Activity,
    AudioKept,
    AudioReady,
    AudioStopped,
    Transcription,
    VoiceEvent,
    VoiceFailed,
    VoiceState,
)
from chat_service.interviews.live.voice.floor import CandidateFloor
from chat_service.interviews.live.voice.handing_in import HandingIn
from chat_service.interviews.live.voice.hearing import Hearer
from chat_service.interviews.live.voice.interviewer import Interviewer, Utterance
from chat_service.interviews.live.voice.measuring import SPEAKERS
from chat_service.interviews.live.voice.microphone import Microphone
from chat_service.interviews.live.voice.outbox import Outbox
from chat_service.interviews.live.voice.stage import Stage
from chat_service.interviews.live.voice.turn_taking import EndedBy
from chat_service.interviews.states import InterviewState

if TYPE_CHECKING:
    from chat_service.interviews.live.voice.voice import Voice

_log = structlog.get_logger()

_AWAKE_SECONDS = 20.0
_OVER = {InterviewState.COMPLETED, InterviewState.CANCELLED}


class VoiceSession:
    """What one socket hears and says. Nothing of it is lost with the worker: another session goes on with it."""

    def __init__(
        self,
        voice: "Voice",
        seat: Seat,
        perform: Callable[[Answer], Awaitable[None]],
        *,
        whole_sentences: bool,
        repeats_question: bool,
    ) -> None:
        self._voice = voice
        self._seat = seat
        self._repeats_question = repeats_question
        self._clock = asyncio.get_running_loop().time
        self._opening = asyncio.Lock()
        self._outbox = Outbox()
        self._stage = Stage(self._outbox)
        self._desk = HandingIn(voice, seat, perform, self._clock, self.tell_error)
        floor = CandidateFloor(voice, seat, self._stage, self._desk, self._clock, self)
        self._interviewer = Interviewer(voice.speech, self._outbox, floor, self._clock, whole_sentences=whole_sentences)
        self._parts: set[asyncio.Task[None]] = set()
        self._listening: set[asyncio.Task[None]] = set()
        self._abilities: SpeechAbilities | None = None
        self._told_before: int | None = None
        self._question: PosedQuestion | None = None
        self._pending = False
        self.hearer: Hearer | None = None
        self._microphone: Microphone | None = None
        self._kept = 0
        self._spoke_at: float | None = None

    @property
    def listens(self) -> bool:
        """Whether audio is taken."""
        return self._microphone is not None

    def events(self) -> AsyncIterator[VoiceEvent]:
        """What the client is to be told, without end."""
        return self._outbox.events()

    async def open(self) -> None:
        """Begins to speak: the question that waits for an answer, and then whatever comes. Raises UNAVAILABLE.

        Does nothing where that has been done.
        """
        async with self._opening:
            if self._abilities is None:
                self._abilities = await self._look()
                await self._begin_to_speak()

    async def begin(
        self, *, sample_rate: int = SAMPLE_RATE, next_sequence: int | None = None, language: str = ""
    ) -> None:
        """Opens the microphone: `AudioReady` says from which frame on, also where it is open.

        With `next_sequence` the frames before that number are given up. Raises INVALID for the sample rate and the
        language, CONFLICT when another connection speaks in the interview, NOT_IMPLEMENTED where nothing recognizes
        speech, UNAVAILABLE.
        """
        async with self._opening:
            if self._microphone is None:
                microphone = Microphone(self._outbox, self._clock, sample_rate)
                try:
                    await self._open_microphone(microphone, next_sequence, language)
                except BaseException:
                    if self._abilities is None:
                        self._told_before = None  # it does not speak yet
                    raise
            else:
                self._microphone.change_rate(sample_rate)
                self._microphone.skip_to(max(self._microphone.next_sequence, next_sequence or 1))
                self._tell_ready()

    async def hear(self, frame: bytes, sequence: int | None = None, sample_rate: int | None = None) -> None:
        """The next frame: mono samples of 16 bits, little endian. Returns once there is room for more.

        Raises INVALID or UNSUPPORTED_MEDIA_TYPE for what is no such frame, CONFLICT before the microphone is open.
        """
        if self._microphone is None:
            raise AppError(ErrorKind.CONFLICT, "audio_not_started", "Begin audio first, then send its frames.")
        if sample_rate is not None:
            self._microphone.change_rate(sample_rate)
        if not await self._microphone.take(frame, sequence):
            self._outbox.tell(AudioKept(self._kept))

    async def end_speech(self) -> None:
        """The speaker says that he has ended. Raises CONFLICT before the microphone is open."""
        if self._microphone is None:
            raise AppError(ErrorKind.CONFLICT, "audio_not_started", "Begin audio first, then say that it has ended.")
        self._microphone.end_speech()

    def interrupt(self) -> None:
        """Stops what the interviewer says, for good."""
        self._interviewer.interrupt(deliberate=True)

    def played(self, utterance: int, seconds: float) -> None:
        """The client has played so much of an utterance."""
        self._interviewer.played(utterance, seconds)

    async def stop(self, reason: str = "stopped") -> None:
        """Closes the microphone. What was said stays kept for a while; `begin` goes on with it."""
        hearer, self.hearer, self._microphone = self.hearer, None, None
        if hearer is None:
            return
        SPEAKERS.dec()
        self._stage.stir()
        await end(*self._listening)
        await hearer.close()
        self._outbox.tell(AudioStopped(reason))

    def notice(self, event: LiveEvent) -> None:
        """Something has happened in the interview: says it, if it is to be said."""
        if self._told_before is None or event.sequence is None or event.sequence <= self._told_before:
            return
        self._told_before = event.sequence
        match event.body:
            case AnsweredTurn(turn=turn, next_question=following):
                self._question = following
                self._desk.note_reply(turn.question.id, turn.answer.id if turn.answer else None)
                if turn.answer is not None and turn.answer.evaluation is not None and turn.answer.evaluation.feedback:
                    self._interviewer.say(Utterance(Subject.FEEDBACK, turn.answer.id, turn.answer.evaluation.feedback))
                elif not self._interviewer.busy:
                    self._stage.reach(VoiceState.LISTENING)
            case PosedQuestion() as question:
                self._question = question
                self._say_question(question)
            case StateReached(state=state) if state in _OVER:
                self._question = None
                if not self._interviewer.busy:
                    self._stage.reach(VoiceState.LISTENING)

    def repeat(self) -> None:
        """Says the question that waits for an answer once more."""
        if self._abilities is not None and self._question is not None and not self._interviewer.busy:
            self._say_question(self._question)

    async def said_all(self) -> None:
        """Returns when the interviewer has nothing more to say."""
        await self._interviewer.said_all()

    async def close(self) -> None:
        """Leaves the interview. The turn stays as it is."""
        hearer, self.hearer, self._microphone = self.hearer, None, None
        await end(*self._parts, *self._listening)
        if hearer is not None:
            SPEAKERS.dec()
            await asyncio.shield(hearer.close())
        with suppress(AppError):
            await self._desk.keep_figures()

    async def _open_microphone(self, microphone: Microphone, next_sequence: int | None, language: str) -> None:
        abilities = self._abilities or await self._look()
        if abilities.recognizer is None:
            raise no_recognizer()
        if language and abilities.languages and language not in abilities.languages:
            raise audio_error("LANGUAGE_UNSUPPORTED")
        hearer = Hearer(
            self._voice.buffer,
            self._voice.speech,
            self._seat.room.interview_id,
            self._voice.times,
            self._clock,
            language=language,
            on_heard=self._heard,
            on_trouble=self.tell_error,
            guard=self._guarded,
        )
        await hearer.take_place()
        try:
            last, answer = await hearer.resume(self._question)
        except BaseException:
            await hearer.close()
            raise
        self._kept = max(last, (next_sequence or 1) - 1)
        microphone.skip_to(self._kept + 1)
        self.hearer, self._microphone = hearer, microphone
        SPEAKERS.inc()
        silent, self._abilities = self._abilities is None, abilities
        self._tell_ready()
        if silent:
            await self._begin_to_speak()
        heard = self._ingest(hearer, microphone), self._acknowledge(hearer, microphone)
        for part in (*heard, hearer.keep_news(), hearer.hold_place(), hearer.mind_gaps(), self._decide(hearer, answer)):
            self.start(part, of_microphone=True)

    async def _look(self) -> SpeechAbilities:
        """Where the interview stands."""
        room = self._seat.room
        abilities = await self._voice.speech.describe()
        self._told_before = await self._voice.log.catch_up(room.user_id, room.interview_id)
        glance = await self._voice.log.glance(room.user_id, room.interview_id)
        if glance is None:
            raise not_found("interview")
        self._pending = glance.pending is not None
        if glance.current_question_id is not None:
            event = await self._voice.log.about(room.interview_id, EventKind.QUESTION, glance.current_question_id)
            if event is not None and isinstance(event.body, PosedQuestion):
                self._question = event.body
        return abilities

    async def _begin_to_speak(self) -> None:
        self._interviewer.speaks = self._abilities is not None and self._abilities.synthesizer is not None
        self.start(self._interviewer.run())
        if self._pending:
            self._stage.reach(VoiceState.PROCESSING)
        elif self._interviewer.busy:
            self._stage.reach(VoiceState.SPEAKING)
        elif self._question is not None and await self._is_to_be_said(self._question):
            self._say_question(self._question)
        else:
            self._stage.reach(VoiceState.LISTENING)

    def _heard(self, hearing: Hearing) -> None:
        if isinstance(hearing, SpeechStarted):
            self._outbox.tell(Activity(speaking=True))
            self._interviewer.interrupt(deliberate=False)
            self._stay_awake()
        elif isinstance(hearing, SpeechStopped):
            self._outbox.tell(Activity(speaking=False))
        elif isinstance(hearing, Partial | Final) and self.hearer is not None:
            turn = self.hearer.turn
            self._outbox.tell(Transcription(turn.id, turn.taking.text, len(turn.taking.final_text), is_final=False))
        self._stage.stir()

    async def _ingest(self, hearer: Hearer, microphone: Microphone) -> None:
        async for batch in microphone.batches():
            processing = self._stage.state is VoiceState.PROCESSING
            if batch is None:
                if not processing:
                    self._stage.stir()
                    await hearer.announce_end()
                continue
            newest, audio = batch
            # What is said while the engine thinks is no answer to anything.
            await hearer.hear(newest, b"" if processing else audio)

    async def _acknowledge(self, hearer: Hearer, microphone: Microphone) -> None:
        async for newest in hearer.keep_audio():
            self._kept = newest
            if microphone.numbered:
                self._outbox.tell(AudioKept(newest))

    async def _decide(self, hearer: Hearer, left: SpokenAnswer | None) -> None:
        if left is not None:
            await self._go_on_handing_in(hearer, left)
        while True:
            rest = None
            if self._stage.state is VoiceState.LISTENING and hearer.well and not self._interviewer.busy:
                verdict = hearer.turn.verdict(self._clock())
                if verdict.ended_by is not None:
                    await self._end_turn(hearer, verdict.ended_by)
                    continue
                if verdict.look_again_at is not None:
                    rest = max(0.0, verdict.look_again_at - self._clock())
            await self._stage.wait(rest)

    async def _end_turn(self, hearer: Hearer, ended_by: EndedBy) -> None:
        turn, decided_at = hearer.turn, self._clock()
        self._stage.reach(VoiceState.PROCESSING)
        await hearer.flush()
        said = turn.answer()
        self._outbox.tell(Transcription(turn.id, said.text, len(said.text), is_final=True))
        if not said.text:
            await hearer.begin(self._question)
            self._stage.reach(VoiceState.LISTENING)
            return
        await self._desk.keep_figures()
        await hearer.hand_in(said)
        self._desk.measure(turn, said, ended_by, decided_at)
        await self._hand_in(hearer, said)

    async def _go_on_handing_in(self, hearer: Hearer, said: SpokenAnswer) -> None:
        """Another session was about to hand it in, or had done so."""
        if not await self._desk.is_accepted(said):
            self._stage.reach(VoiceState.PROCESSING)
            await self._hand_in(hearer, said)
        elif hearer.turn.id == said.turn_id:
            await hearer.begin(self._question)

    async def _hand_in(self, hearer: Hearer, said: SpokenAnswer) -> None:
        if not await self._desk.hand_in(said):
            self._stage.reach(VoiceState.LISTENING)
        if hearer.turn.id == said.turn_id:
            await hearer.begin(self._question)

    async def _is_to_be_said(self, question: PosedQuestion) -> bool:
        left = await self._voice.buffer.load(self._seat.room.interview_id)
        if left.question_id == question.id and (left.began or left.answer is not None):
            return False
        return self._repeats_question or not await self._voice.was_said(self._seat.room.interview_id, question.id)

    async def begin_turn(self, hearer: Hearer) -> None:
        """Begins the candidate's turn anew: what he said so far is no answer."""
        try:
            await hearer.begin(self._question)
        except AppError as error:
            self._halt(error)

    def _say_question(self, question: PosedQuestion) -> None:
        self._interviewer.say(Utterance(Subject.QUESTION, question.id, question.text))

    def _stay_awake(self) -> None:
        now = self._clock()
        if self._spoke_at is None or now - self._spoke_at > _AWAKE_SECONDS:
            self._spoke_at = now
            self.start(self._voice.stay_awake(self._seat))

    def _tell_ready(self) -> None:
        if self._microphone is not None and self._abilities is not None:
            ready = AudioReady(self._microphone.next_sequence, self._microphone.sample_rate, self._abilities)
            self._outbox.tell(ready)

    def tell_error(self, error: AppError) -> None:
        """Tells the client of something that went wrong."""
        self._outbox.tell(VoiceFailed(error))

    def start(self, part: Coroutine[Any, Any, None], *, of_microphone: bool = False) -> None:
        """Runs something on the side, until the session or its microphone is closed."""
        task = asyncio.create_task(self._guarded(part))
        parts = self._listening if of_microphone else self._parts
        parts.add(task)
        task.add_done_callback(parts.discard)
        task.add_done_callback(lambda _: part.close())  # one that was cancelled before it began

    async def _guarded(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except AppError as error:
            self._halt(error)
        except Exception as error:  # noqa: BLE001 - told as any defect is; the interview goes on by text
            _log.error("voice_defect", interview=str(self._seat.room.interview_id), exc_info=error)
            self._halt(AppError(ErrorKind.INTERNAL, "internal_error", "Something went wrong on our side."))

    def _halt(self, error: AppError) -> None:
        """Takes no more audio, for that reason."""
        self.tell_error(error)
        self.start(self.stop(error.reason))
