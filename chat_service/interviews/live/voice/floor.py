"""What the interviewer knows of the candidate, and what comes of what he says."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from chat_service.errors import AppError
from chat_service.interviews.live.events import Subject
from chat_service.interviews.live.rooms import Seat
from chat_service.interviews.live.voice.events import VoiceState
from chat_service.interviews.live.voice.handing_in import HandingIn
from chat_service.interviews.live.voice.hearing import Hearer
from chat_service.interviews.live.voice.interviewer import Floor, Utterance
from chat_service.interviews.live.voice.measuring import INTERRUPTIONS, TTFB
from chat_service.interviews.live.voice.stage import Stage

if TYPE_CHECKING:
    from chat_service.interviews.live.voice.voice import Voice

# Whatever sounds for longer is no interjection, or nobody hears it any more.
_LONGEST_INTERJECTION_SECONDS = 30.0


class Candidate(Protocol):
    """The candidate's side of a session."""

    @property
    def hearer(self) -> Hearer | None:
        """What hears him; None while his microphone is closed."""

    async def begin_turn(self, hearer: Hearer) -> None:
        """Begins his turn anew: what he said so far is no answer."""

    def start(self, part: Coroutine[Any, Any, None]) -> None:
        """Runs something on the side."""

    def tell_error(self, error: AppError) -> None:
        """Tells him of something that went wrong."""


class CandidateFloor(Floor):
    """One session's."""

    def __init__(
        self,
        voice: "Voice",
        seat: Seat,
        stage: Stage,
        desk: HandingIn,
        clock: Callable[[], float],
        candidate: Candidate,
    ) -> None:
        self._voice = voice
        self._seat = seat
        self._stage = stage
        self._desk = desk
        self._clock = clock
        self._candidate = candidate

    async def give(self, utterance: Utterance) -> None:
        """The interviewer is about to speak. What was said before a new question is no answer to it."""
        hearer = self._candidate.hearer
        if hearer is not None:
            asks_anew = utterance.subject is Subject.QUESTION and hearer.turn.question_id != utterance.subject_id
            if asks_anew or self._stage.state is VoiceState.PROCESSING:
                await self._candidate.begin_turn(hearer)
        self._stage.reach(VoiceState.SPEAKING)

    async def words_follow(self) -> bool:
        """Whether words follow an interruption."""
        INTERRUPTIONS.inc()
        self._stage.reach(VoiceState.LISTENING)
        give_up = self._clock() + _LONGEST_INTERJECTION_SECONDS
        while (hearer := self._candidate.hearer) is not None:
            taking = hearer.turn.taking
            if taking.text or hearer.turn.announced or self._clock() > give_up:
                return True
            if taking.silent_since is None:
                await self._stage.wait(_LONGEST_INTERJECTION_SECONDS)
            elif (rest := taking.silent_since + self._voice.times.open - self._clock()) > 0:
                await self._stage.wait(rest)
            else:
                self._stage.reach(VoiceState.SPEAKING)
                return False
        return True

    async def silence(self) -> None:
        """Waits until the candidate is silent, and drops what he said."""
        give_up = self._clock() + _LONGEST_INTERJECTION_SECONDS
        while (hearer := self._candidate.hearer) is not None:
            taking = hearer.turn.taking
            since = taking.silent_since
            if hearer.turn.announced or (since is None and not taking.speaking) or self._clock() > give_up:
                break
            if since is None:
                await self._stage.wait(_LONGEST_INTERJECTION_SECONDS)
            elif (rest := since + self._voice.times.done - self._clock()) > 0:
                await self._stage.wait(rest)
            else:
                break
        if hearer is not None:
            await self._candidate.begin_turn(hearer)

    def first_audio(self, seconds: float) -> None:
        """The first audio of something that is said was there after so many seconds."""
        TTFB.observe(seconds)
        if self._desk.note_first_audio(seconds):
            self._candidate.start(self._desk.keep_figures())

    async def spoken(self, utterance: Utterance, heard: str, *, interrupted: bool) -> None:
        """Keeps what was heard."""
        try:
            await self._voice.keep_utterance(self._seat, utterance, heard, interrupted=interrupted)
            await self._desk.keep_figures()
        except AppError as error:
            self._candidate.tell_error(error)

    def nothing_left(self) -> None:
        """It is the candidate's turn."""
        self._stage.reach(VoiceState.LISTENING)
        self._stage.stir()
