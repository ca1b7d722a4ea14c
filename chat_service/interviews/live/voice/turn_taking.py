"""Whose turn it is: whether a candidate who is silent has ended, or only pauses.

A pause is not an end. How long a silence has to last depends on how the words before it end; see `TurnTimes`. Silence
and noise never become an answer: without words no turn ends. Nothing here has a clock. Every time is in seconds of one
clock of the caller's, such as that of his event loop.
"""

from dataclasses import dataclass
from enum import StrEnum

from chat_service.interviews.live.voice.phrases import PHRASES, Ending, Phrases


class EndedBy(StrEnum):
    """Why a turn has ended: by the speaker's own word, by silence, or because it may not last longer."""

    ANNOUNCED = "announced"
    SILENCE = "silence"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """Seconds of silence that end a turn.

    `done` after a finished sentence, `open` after words that may go on (a recognizer without punctuation gives none
    else), `trailing` after words that break off, such as "because", a comma or "um". A plea for time buys as many
    seconds as the phrase has, times `plea_factor`. Nothing but sounds of thinking never ends a turn by itself.
    `longest` bounds a turn, counted from its first sound of speech.
    """

    done: float = 1.2
    open: float = 2.0
    trailing: float = 4.0
    plea_factor: float = 1.0
    longest: float = 600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ended_by` is None while the turn lasts; then `look_again_at` is when to ask again, None when only words help."""

    ended_by: EndedBy | None
    look_again_at: float | None = None


class TurnTaking:
    """One turn of the candidate, from when he may speak until he has ended."""

    def __init__(self, times: TurnTimes, phrases: Phrases = PHRASES) -> None:
        self._times = times
        self._phrases = phrases
        self._finals: list[str] = []
        self._partial = ""
        self._began_at: float | None = None
        self._silent_since: float | None = None
        self._words_due = False
        self._announced = False

    @property
    def text(self) -> str:
        """What has been said so far."""
        return " ".join([*self._finals, *([self._partial] if self._partial else [])])

    @property
    def final_text(self) -> str:
        """The part of `text` that will not change."""
        return " ".join(self._finals)

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks just now."""
        return self._began_at is not None and self._silent_since is None

    @property
    def began_at(self) -> float | None:
        """When speech was first heard in this turn."""
        return self._began_at

    @property
    def silent_since(self) -> float | None:
        """When the last sound of speech ended; None while somebody speaks, and before anybody has."""
        return self._silent_since

    def speech_started(self, at: float) -> None:
        """Somebody begins to speak."""
        if self._began_at is None:
            self._began_at = at
        self._silent_since = None

    def speech_stopped(self, at: float) -> None:
        """He falls silent."""
        if self._began_at is None:
            self._began_at = at
        self._silent_since = at
        self._words_due = True

    def partial(self, text: str) -> None:
        """The words since the last final ones, as understood so far."""
        self._partial = text.strip()
        self._words_due = False

    def final(self, text: str) -> None:
        """Words that will not change. They take the place of the partial ones."""
        self._partial = ""
        self._words_due = False
        if text.strip():
            self._finals.append(text.strip())

    def announce_end(self) -> None:
        """The speaker says that he has ended."""
        self._announced = True

    def forget_partial(self) -> None:
        """Recognition begins anew behind the final words."""
        self._partial = ""

    def verdict(self, now: float) -> Verdict:
        """Whether the turn has ended by `now`."""
        if not self.text:
            # He may have announced the end of what turns out to be no speech at all.
            return Verdict(None)
        if self._announced:
            return Verdict(EndedBy.ANNOUNCED)
        if self._began_at is None:
            self._began_at = now
        too_long_at = self._began_at + self._times.longest
        if now >= too_long_at:
            return Verdict(EndedBy.TOO_LONG)
        if self._silent_since is None:
            return Verdict(None, too_long_at)
        patience = self._patience()
        if patience is None:
            return Verdict(None, too_long_at)
        ends_at = self._silent_since + patience
        return Verdict(EndedBy.SILENCE) if now >= ends_at else Verdict(None, min(ends_at, too_long_at))

    def _patience(self) -> float | None:
        """How long a silence ends the turn; None: none does. Last words that are not known yet may trail off."""
        patience = self._patience_after_words()
        return max(patience, self._times.trailing) if self._words_due and patience is not None else patience

    def _patience_after_words(self) -> float | None:
        ending, asked_for = self._phrases.read(self.text)
        match ending:
            case Ending.NOTHING:
                return None
            case Ending.ASKS_FOR_TIME:
                # A plea alone is no answer, however long it lasts.
                says_nothing = self._phrases.says_nothing(self.text)
                return None if says_nothing else max(asked_for * self._times.plea_factor, self._times.trailing)
            case Ending.TRAILING:
                return self._times.trailing
            case Ending.OPEN:
                return self._times.open
        return self._times.done
