"""Handing in what was said in a turn, as an answer like any other, and measuring what that took."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from chat_service.errors import AppError
from chat_service.interviews.live.actions import Answer
from chat_service.interviews.live.rooms import Seat
from chat_service.interviews.live.voice.audio_buffer import SpokenAnswer
from chat_service.interviews.live.voice.candidate_turn import CandidateTurn
from chat_service.interviews.live.voice.measuring import TurnFigures
from chat_service.interviews.live.voice.turn_taking import EndedBy

if TYPE_CHECKING:
    from chat_service.interviews.live.voice.voice import Voice

_LONGEST_WAIT_SECONDS = 60.0


class HandingIn:
    """Hands in the answers of one session. The turn names the message, so that handing in again changes nothing."""

    def __init__(
        self,
        voice: "Voice",
        seat: Seat,
        perform: Callable[[Answer], Awaitable[None]],
        clock: Callable[[], float],
        tell_error: Callable[[AppError], None],
    ) -> None:
        self._voice = voice
        self._seat = seat
        self._perform = perform
        self._clock = clock
        self._tell_error = tell_error
        self._figures: TurnFigures | None = None

    async def hand_in(self, said: SpokenAnswer) -> bool:
        """Returns True once it is accepted, however long that takes, and False when it is refused.

        What goes wrong is told. An answer that is accepted and not graded yet is graded like any other one.
        """
        answer = Answer(said.text, said.question_id, _message_id(said), said.timing)
        while True:
            try:
                await self._perform(answer)
            except AppError as error:
                self._tell_error(error)
                if await self.is_accepted(said):
                    return True
                if error.retry_after is None:
                    self._figures = None
                    return False
                await asyncio.sleep(min(error.retry_after, _LONGEST_WAIT_SECONDS))
            else:
                return True

    async def is_accepted(self, said: SpokenAnswer) -> bool:
        """Whether it has been accepted as an answer, by whichever session."""
        return await self._voice.log.answered_by(self._seat.room.interview_id, _message_id(said)) is not None

    def measure(self, turn: CandidateTurn, said: SpokenAnswer, ended_by: EndedBy, decided_at: float) -> None:
        """The turn has ended, and is about to be handed in."""
        silent_since = turn.taking.silent_since
        silent_since = decided_at if silent_since is None else min(silent_since, decided_at)
        self._figures = TurnFigures(
            turn_id=said.turn_id,
            question_id=said.question_id,
            ended_by=ended_by.value,
            spoken_seconds=said.timing.duration_seconds,
            end_of_utterance_delay=decided_at - silent_since,
            transcription_delay=max(0.0, (turn.final_at or decided_at) - silent_since),
            handed_in_at=self._clock(),
        )

    def note_reply(self, question_id: UUID, answer_id: UUID | None) -> None:
        """The text of the reply is there."""
        figures = self._figures
        if figures is not None and figures.question_id == question_id:
            figures.answer_id = answer_id
            figures.ttft = self._clock() - figures.handed_in_at

    def note_first_audio(self, seconds: float) -> bool:
        """The first audio of something was there. Gives whether it was that of the reply, with which all is known."""
        if self._figures is None or self._figures.answer_id is None:
            return False
        self._figures.ttfb = seconds
        return True

    async def keep_figures(self) -> None:
        """Keeps what is known of the turn that was replied to. Raises UNAVAILABLE."""
        figures = self._figures
        if figures is None or figures.answer_id is None:
            return
        self._figures = None
        figures.observe()
        await self._voice.keep_turn(self._seat, figures)


def _message_id(said: SpokenAnswer) -> str:
    return f"voice-{said.turn_id}"
