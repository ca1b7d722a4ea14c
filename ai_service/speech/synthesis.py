"""Speaking a text, sentence by sentence."""

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from ai_service.errors import Fault, FaultKind
from ai_service.grading.segmentation import Span, sentences_of
from ai_service.speech.faults import NoSynthesizer, SpeechBusy, TextTooLong
from ai_service.speech.live_metrics import SynthesisMetrics

MOST_CHARACTERS = 5_000
"""Of a text."""
MOST_PIECE_BYTES = 64 * 1024
"""Of a piece of audio."""

# Far beyond a sentence; what has no end is cut, so that a synthesizer's work is bounded.
_MOST_SENTENCE_CHARACTERS = 400
# Held back of a sentence, so that its last piece can say so: 10 ms or so.
_HELD_BYTES = 480


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono samples of 16 bits, little endian, at `sample_rate` Hz; a whole number of them, in pieces of any size."""

    audio: bytes
    sample_rate: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """A piece of a spoken text: at most MOST_PIECE_BYTES of a sentence, which is `text[start:end]`."""

    sound: Sound
    sentence: int
    start: int
    end: int
    is_last: bool
    """Whether these are the sentence's last samples."""


class Synthesizer(Protocol):
    """Speaks sentences. Calls may run concurrently; the work happens off the event loop."""

    @property
    def name(self) -> str:
        """Of the way that speech is made, such as "flite"."""
        ...

    def voice(self, language: str, voice: str) -> str:
        """The voice that serves best. Raises `InvalidField` and `LanguageUnsupported`."""
        ...

    def speak(self, sentence: str, voice: str) -> AsyncGenerator[Sound]:
        """The sentence in a voice of `voice`, as it is made. Closing it ends the work. Raises `SpeechModelFault`."""
        ...

    async def close(self) -> None:
        """Give back processes and connections."""
        ...


class Synthesis:
    """Speaks up to `bound` texts at a time by the installation's synthesizer, if it has one."""

    def __init__(self, synthesizer: Synthesizer | None, metrics: SynthesisMetrics, bound: int) -> None:
        self._synthesizer = synthesizer
        self._metrics = metrics
        self._bound = bound
        self._under_way = 0

    @property
    def name(self) -> str:
        """Of the synthesizer; empty where there is none."""
        return self._synthesizer.name if self._synthesizer else ""

    async def speak(self, text: str, language: str = "", voice: str = "") -> AsyncGenerator[Spoken]:
        """The text in speech; sentences without a letter or a digit are left out. `language` is "en" unless given.

        A sentence is made when the one before has been taken. Raises `NoSynthesizer`, `TextTooLong`, `SpeechBusy`, and
        what the synthesizer raises.
        """
        synthesizer = self._synthesizer
        if synthesizer is None:
            raise NoSynthesizer
        if len(text) > MOST_CHARACTERS:
            raise TextTooLong(MOST_CHARACTERS)
        chosen = synthesizer.voice(language or "en", voice)
        if self._under_way >= self._bound:
            raise SpeechBusy(self._bound, "texts", "SPEECH_CONVERSATIONS")
        began, outcome, is_first = time.perf_counter(), "cancelled", True
        self._under_way += 1
        try:
            async with aclosing(_spoken(synthesizer, text, chosen)) as pieces:
                async for piece in pieces:
                    if is_first:
                        self._metrics.observe_first(synthesizer.name, time.perf_counter() - began)
                        is_first = False
                    yield piece
            outcome = "ok"
        except Fault as fault:
            outcome = fault.reason.lower()
            raise
        finally:
            self._under_way -= 1
            self._metrics.observe(synthesizer.name, outcome, time.perf_counter() - began)

    async def close(self) -> None:
        """Give back what the synthesizer holds."""
        if self._synthesizer is not None:
            await self._synthesizer.close()


async def _spoken(synthesizer: Synthesizer, text: str, voice: str) -> AsyncGenerator[Spoken]:
    rate = 0
    for number, span in enumerate(spoken_sentences(text)):
        held = b""
        async with aclosing(synthesizer.speak(_plain(text[span.start : span.end]), voice)) as sounds:
            async for sound in sounds:
                rate = rate or sound.sample_rate
                if sound.sample_rate != rate:
                    raise Fault(FaultKind.INTERNAL, "SAMPLE_RATE_CHANGED", "the synthesizer changed its sample rate")
                held += sound.audio
                while len(held) > _HELD_BYTES:
                    size = min(len(held) - _HELD_BYTES, MOST_PIECE_BYTES)
                    yield Spoken(Sound(held[:size], rate), number, span.start, span.end, is_last=False)
                    held = held[size:]
        if held:
            yield Spoken(Sound(held, rate), number, span.start, span.end, is_last=True)


def spoken_sentences(text: str) -> Iterator[Span]:
    """The parts of a text that are spoken one by one, each at most 400 characters long."""
    for sentence in sentences_of(text):
        start = sentence.start
        while sentence.end - start > _MOST_SENTENCE_CHARACTERS:
            cut = text.rfind(" ", start + 1, start + _MOST_SENTENCE_CHARACTERS)
            end = cut if cut > start else start + _MOST_SENTENCE_CHARACTERS
            if _is_speakable(text[start:end]):
                yield Span(start, end)
            start = end
        if _is_speakable(text[start : sentence.end]):
            yield Span(start, sentence.end)


def _is_speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _plain(text: str) -> str:
    """Without control characters and half pairs, which nobody can speak."""
    return "".join(one if one.isprintable() else " " for one in text).strip()
