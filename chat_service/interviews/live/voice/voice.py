"""Live interviews by voice: opens them, and keeps what was said in them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from redis.asyncio import Redis

from chat_service.engine.live_speech import LiveSpeech
from chat_service.interviews.live.actions import Answer
from chat_service.interviews.live.event_log import EventLog
from chat_service.interviews.live.live import Live
from chat_service.interviews.live.rooms import Seat
from chat_service.interviews.live.voice.audio_buffer import AudioBuffer
from chat_service.interviews.live.voice.interviewer import Utterance
from chat_service.interviews.live.voice.measuring import TurnFigures
from chat_service.interviews.live.voice.session import VoiceSession
from chat_service.interviews.live.voice.turn_taking import TurnTimes
from chat_service.storage.database import Database

# What was said once is on the record as it was said first.
_SAID = """
INSERT INTO interviewer_utterances (interview_id, user_id, subject, subject_id, text, heard, interrupted)
SELECT $1, $2, $3, $4, $5, $6, $7 FROM interviews WHERE id = $1 AND user_id = $2 ON CONFLICT DO NOTHING
"""
_WAS_SAID = """
SELECT EXISTS (SELECT FROM interviewer_utterances WHERE interview_id = $1 AND subject_id = $2) AS said
"""
_TURN = """
INSERT INTO voice_turns (interview_id, turn_id, user_id, answer_id, ended_by, spoken_seconds, end_of_utterance_delay,
  transcription_delay, ttft, ttfb)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM answers WHERE id = $4 AND interview_id = $1 ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """`times` are those of turn-taking; what was said in a turn that was left is kept for `resume_seconds`."""

    times: TurnTimes
    resume_seconds: float = 600.0


class Voice:
    """Holds interviews by voice, with the same use-cases as by text."""

    def __init__(
        self, database: Database, redis: Redis, live: Live, speech: LiveSpeech, settings: VoiceSettings
    ) -> None:
        self._database = database
        self._live = live
        self.log = EventLog(database)
        self.speech = speech
        self.times = settings.times
        self.buffer = AudioBuffer(redis, life_seconds=settings.resume_seconds)

    @asynccontextmanager
    async def session(
        self,
        seat: Seat,
        perform: Callable[[Answer], Awaitable[None]],
        *,
        whole_sentences: bool = False,
        repeats_question: bool = False,
    ) -> AsyncIterator[VoiceSession]:
        """The voice side of a seat, for as long as the block lasts.

        `perform` hands in an answer, and raises what the use-case raises. With `whole_sentences` the interviewer's
        audio leaves by the sentence, else in frames. With `repeats_question` a client that comes back hears the
        question that waits for an answer again, unless he was answering it.
        """
        session = VoiceSession(self, seat, perform, whole_sentences=whole_sentences, repeats_question=repeats_question)
        try:
            yield session
        finally:
            await session.close()

    async def was_said(self, interview_id: UUID, subject_id: UUID) -> bool:
        """Whether the interviewer has said it aloud, or begun to."""
        row = await self._database.fetch_row(_WAS_SAID, interview_id, subject_id)
        return row is not None and bool(row["said"])

    async def keep_utterance(self, seat: Seat, utterance: Utterance, heard: str, *, interrupted: bool) -> None:
        """Keeps what was heard of something that the interviewer said, and tells it."""
        room = seat.room
        await self._database.fetch(
            _SAID,
            room.interview_id,
            room.user_id,
            utterance.subject.value,
            utterance.subject_id,
            utterance.text,
            heard,
            interrupted,
        )
        await self._live.news(seat)

    async def keep_turn(self, seat: Seat, turn: TurnFigures) -> None:
        """Keeps the figures of a turn that has become an answer, and tells them."""
        room = seat.room
        await self._database.fetch(
            _TURN,
            room.interview_id,
            turn.turn_id,
            room.user_id,
            turn.answer_id,
            turn.ended_by,
            turn.spoken_seconds,
            turn.end_of_utterance_delay,
            turn.transcription_delay,
            turn.ttft,
            turn.ttfb,
        )
        await self._live.news(seat)

    async def stay_awake(self, seat: Seat) -> None:
        """Notes that the candidate is at work, so that the interview is not taken for an idle one."""
        await self._live.typing(seat)
