"""How much of what the interviewer says has been heard: by sentence, and within one by the seconds played."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Sentence:
    start: int
    end: int
    begins: float
    seconds: float = 0.0
    complete: bool = False


class Playing:
    """The playing of one utterance on the other side. Times are of one clock of the caller's.

    What has been sent is taken to be played as it comes, unless the client says how far he is.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences: dict[int, _Sentence] = {}
        self._sent = 0.0
        self._began_at: float | None = None
        self._told: tuple[float, float] | None = None
        self.announced = False
        """Whether the other side knows that it has begun."""

    @property
    def sent_seconds(self) -> float:
        """How much audio has been sent."""
        return self._sent

    @property
    def sent_text(self) -> int:
        """Where in the text the last sentence ends that was sent as a whole."""
        return max((one.end for one in self._sentences.values() if one.complete), default=0)

    def sent(self, sentence: int, start: int, end: int, seconds: float, now: float, *, complete: bool) -> None:
        """Samples of a sentence left; the sentence is `text[start:end]`."""
        if self._began_at is None:
            self._began_at = now
        played = self.played(now)
        if played >= self._sent:
            # He had nothing left to play: the clock of his playing starts anew where it stood still.
            self._began_at = now - self._sent
        one = self._sentences.setdefault(sentence, _Sentence(start, end, self._sent))
        one.seconds += seconds
        one.complete = complete
        self._sent += seconds

    def told(self, seconds: float, now: float) -> None:
        """The client has played so much of it."""
        self._told = (max(0.0, min(seconds, self._sent)), now)

    def played(self, now: float) -> float:
        """Seconds of it that have been played."""
        if self._told is not None:
            seconds, at = self._told
            return min(self._sent, seconds + now - at)
        return 0.0 if self._began_at is None else min(self._sent, max(0.0, now - self._began_at))

    def left(self, now: float) -> float:
        """Seconds until all that was sent has been played."""
        return self._sent - self.played(now)

    def heard(self, now: float) -> int:
        """Where in the text the heard part ends: at a sentence, or a word of it."""
        played, end = self.played(now), 0
        for one in self._sentences.values():
            over = played - one.begins
            if over <= 0:
                break
            if one.complete and over >= one.seconds - 1e-3:
                end = one.end
                continue
            end = max(end, self._word_before(one, over))
            break
        return end

    def heard_sentences(self, now: float) -> int:
        """Where in the text the last sentence ends that was heard to its end."""
        played = self.played(now)
        return max(
            (one.end for one in self._sentences.values() if one.complete and played >= one.begins + one.seconds - 1e-3),
            default=0,
        )

    def _word_before(self, one: _Sentence, over: float) -> int:
        place = one.start + int((one.end - one.start) * min(1.0, over / one.seconds)) if one.seconds else one.start
        while place > one.start and place < one.end and not self._text[place].isspace():
            place -= 1
        return place
