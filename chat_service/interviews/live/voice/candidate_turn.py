"""What the candidate says in one turn, and when."""

from uuid import UUID

from chat_service.engine.live_speech import Final, Hearing, Partial, SpeechStarted, SpeechStopped
from chat_service.engine.models import SpokenTiming, SpokenWord
from chat_service.interviews.live.voice.audio_buffer import BufferedTurn, FinalWords, SpokenAnswer
from chat_service.interviews.live.voice.intake import BYTES_A_SECOND
from chat_service.interviews.live.voice.turn_taking import EndedBy, TurnTaking, TurnTimes, Verdict

# The last word may end so long before the last sound of speech.
_LAST_SOUND_SECONDS = 0.5
_NOISE_SECONDS = 30.0


class CandidateTurn:
    """Puts what is heard, in seconds of the turn's audio, on the caller's clock.

    A sound is as old as the audio that came behind it is long: audio that was kept and is heard again counts as if it
    had just been said.
    """

    def __init__(self, turn_id: UUID, question_id: UUID | None, times: TurnTimes) -> None:
        self.id = turn_id
        self.question_id = question_id
        self.taking = TurnTaking(times)
        self.announced = False
        self.overlong = False
        self.final_at: float | None = None
        self._finals: list[FinalWords] = []
        self._received = 0.0
        self._received_at = 0.0
        self._stops: list[float] = []

    @property
    def all_final(self) -> bool:
        """Whether nothing that may be speech is without its final words; what stays without them for long is noise."""
        if self.taking.speaking or not self._stops:
            return not self.taking.speaking
        return self._is_final(self._stops[-1]) or self._received - self._stops[-1] > _NOISE_SECONDS

    def restore(self, left: BufferedTurn, now: float) -> None:
        """Takes over what had been said when the turn was left."""
        if left.announced:
            self.announce_end()
        self.received(left.base + len(left.audio), now)
        for one in left.finals:
            if not self._finals:
                self.taking.speech_started(now - (one.end - one.start))
            self._finals.append(one)
            self._stops.append(one.end)
            self.taking.speech_stopped(now)
            self.taking.final(one.text)

    def announce_end(self) -> None:
        """The speaker says that he has ended."""
        self.announced = True
        self.taking.announce_end()

    def verdict(self, now: float) -> Verdict:
        """Whether the turn has ended. Whether words came before an announced end is known once they are final."""
        verdict = self.taking.verdict(now)
        if verdict.ended_by is None and (self.announced or self.overlong):
            return Verdict(EndedBy.ANNOUNCED if self.announced else EndedBy.TOO_LONG)
        return verdict

    def received(self, total_bytes: int, now: float) -> None:
        """So much audio of the turn has come by now."""
        self._received, self._received_at = total_bytes / BYTES_A_SECOND, now

    def fall_silent(self) -> SpeechStopped:
        """Speech has ended with the audio that has come."""
        self._stops.append(self._received)
        self.taking.speech_stopped(self._received_at)
        return SpeechStopped(self._received)

    def hear(self, hearing: Hearing, now: float) -> FinalWords | None:
        """Takes in what is heard. Gives words that have become final."""
        match hearing:
            case SpeechStarted(at):
                self.taking.speech_started(self._on_clock(at))
            case SpeechStopped(at):
                self._stops.append(at)
                self.taking.speech_stopped(self._on_clock(at))
            case Partial(text):
                self.taking.partial(text)
            case Final(text, start, end, words):
                self.taking.final(text)
                self.final_at = now
                self._finals.append(FinalWords(text.strip(), start, end, words))
                return self._finals[-1]
        return None

    def begun_anew(self) -> None:
        """The recognizer hears the audio behind the final words again."""
        self.taking.forget_partial()

    def end_of(self, final: FinalWords) -> int:
        """The byte of the turn's audio behind which nothing of the words is left."""
        behind = [stop for stop in self._stops if final.end <= stop <= final.end + _LAST_SOUND_SECONDS]
        return int(max([final.end, *behind[:1]]) * BYTES_A_SECOND)

    def answer(self) -> SpokenAnswer:
        """What was said. The times of the words run from the first one's beginning."""
        words = [word for one in self._finals for word in one.words]
        starts = words[0].start if words else self._finals[0].start if self._finals else 0.0
        ends = words[-1].end if words else self._finals[-1].end if self._finals else 0.0
        timing = SpokenTiming(
            round(max(0.0, ends - starts), 3),
            tuple(
                SpokenWord(one.text, round(one.start - starts, 3), round(one.end - starts, 3), one.confidence)
                for one in words
            ),
        )
        return SpokenAnswer(self.id, self.question_id, self.taking.text, timing)

    def _is_final(self, stop: float) -> bool:
        return bool(self._finals) and self._finals[-1].end + _LAST_SOUND_SECONDS >= stop

    def _on_clock(self, at: float) -> float:
        return self._received_at - max(0.0, self._received - at)
