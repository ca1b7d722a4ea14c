"""When an answer was said: its pace, its pauses and the times of its fillers, from the times of its words."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ai_service.grading.grade import FillerWord, Pause, Speech, SpokenDelivery, SpokenWord, TimedFiller
from ai_service.grading.transcripts import aligned
from ai_service.grading.words import Word, words_of

# Seconds of silence that are a pause: shorter ones belong to articulation, such as the closure of a stop (F.
# Goldman-Eisler, "Psycholinguistics: Experiments in Spontaneous Speech", 1968).
PAUSE_SECONDS = 0.25
# Seconds from which a pause is a long one (E. Campione and J. Véronis, "A large-scale multilingual study of silent
# pause duration", Speech Prosody 2002, who tell brief, medium and long pauses apart).
LONG_PAUSE_SECONDS = 1.0

_SHORTEST_SPEECH = 1.0  # seconds
_LISTED = 500  # pauses
_DIGITS = 3  # milliseconds: no recognizer is more exact


def pace(words: int, seconds: float) -> float | None:
    """Words a minute, one decimal; None for less than a second."""
    return round(60 * words / seconds, 1) if seconds >= _SHORTEST_SPEECH else None


def spoken_delivery_of(
    speech: Speech | None, words: Sequence[Word], fillers: Sequence[FillerWord]
) -> SpokenDelivery | None:
    """Measure the speech that the answer with these words and fillers was made from.

    None without the times of any words. Times are seconds with three decimals. Words are the recognized ones, counted
    as those of an answer are; what was edited afterwards changes no figure, and takes the places that it touched.

    speech_seconds: from the beginning of the first word to the end of the last.
    word_count: words that were said.
    timed_word_count: words of the answer that are still as they were said, which is where places and times meet.
    pauses: silences of at least `PAUSE_SECONDS` between two words, in order; of more than 500 the first. `start` is set
        where both words stand side by side in the answer. A filler is no silence: recognizers that leave out an "um"
        show it as a pause.
    pause_count, pause_seconds, longest_pause_seconds: of all pauses, listed or not.
    long_pause_count: pauses of at least `LONG_PAUSE_SECONDS`.
    articulation_rate: words a minute of the time that is left without the pauses (F. Goldman-Eisler, 1968, chapter 1;
        there in syllables); None for less than a second of it. Recognizers that stretch words over the silence between
        them make it low, and pauses few.
    fillers: the answer's fillers that are still as they were said, in order of their places.
    """
    if speech is None or not speech.words:
        return None
    said = _Said.of(speech.words)
    if not said.forms:
        return None
    spoken = speech.words
    seconds = max(word.end for word in spoken) - min(word.start for word in spoken)
    timed = aligned(said.forms, [word.form for word in words])
    pauses = _pauses(said, {place: at for at, place in timed.items()}, words)
    silence = sum(pause.seconds for pause in pauses)
    return SpokenDelivery(
        speech_seconds=round(seconds, _DIGITS),
        word_count=len(said.forms),
        timed_word_count=len(timed),
        articulation_rate=pace(len(said.forms), seconds - silence),
        pause_count=len(pauses),
        long_pause_count=sum(pause.seconds >= LONG_PAUSE_SECONDS for pause in pauses),
        pause_seconds=round(silence, _DIGITS),
        longest_pause_seconds=max((pause.seconds for pause in pauses), default=0.0),
        pauses=tuple(pauses[:_LISTED]),
        fillers=_fillers(said, timed, words, fillers),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """Recognized words, their forms as an answer's words have them, and of each form the word that it is of."""

    spoken: Sequence[SpokenWord]
    forms: Sequence[str]
    owners: Sequence[int]

    @classmethod
    def of(cls, spoken: Sequence[SpokenWord]) -> "_Said":
        ends = list(accumulate(len(word.text) + 1 for word in spoken))
        found = words_of(" ".join(word.text for word in spoken))
        return cls(spoken, [word.form for word in found], [bisect_right(ends, word.start) for word in found])


def _pauses(said: _Said, written: dict[int, int], words: Sequence[Word]) -> list[Pause]:
    """All pauses; `written` has the place in the answer of each form that is still there."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for form, owner in enumerate(said.owners):
        first.setdefault(owner, form)
        last[owner] = form
    pauses = []
    heard = said.spoken[0].end
    for place, (one, other) in enumerate(pairwise(said.spoken)):
        heard = max(heard, one.end)
        silence = round(other.start - heard, _DIGITS)
        if silence < PAUSE_SECONDS:
            continue
        before, behind = written.get(last.get(place, -1)), written.get(first.get(place + 1, -1))
        beside = before is not None and behind is not None and behind == before + 1
        start = words[behind].start if beside and behind is not None else None
        pauses.append(Pause(round(heard, _DIGITS), silence, one.text, other.text, start))
    return pauses


def _fillers(
    said: _Said, timed: dict[int, int], words: Sequence[Word], fillers: Sequence[FillerWord]
) -> tuple[TimedFiller, ...]:
    by_start = {word.start: place for place, word in enumerate(words)}
    found = []
    for filler in fillers:
        length = len(words_of(filler.word))
        for start in filler.starts:
            places = [timed.get(by_start[start] + offset) for offset in range(length)]
            owners = [said.owners[place] for place in places if place is not None]
            if len(owners) < length:
                continue
            begun, ended = said.spoken[owners[0]].start, said.spoken[owners[-1]].end
            found.append(TimedFiller(filler.word, start, round(begun, _DIGITS), round(ended - begun, _DIGITS)))
    return tuple(sorted(found, key=lambda filler: filler.start))
