"""Recognition of running conversations: partial results while somebody speaks, final ones once he has fallen silent."""

import asyncio
import contextlib
import time
from bisect import bisect_left
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ai_service.speech.activity import Thresholds
from ai_service.speech.faults import SpeechBusy, UnusableAudio
from ai_service.speech.hearing import Hearing
from ai_service.speech.live_metrics import LiveMetrics
from ai_service.speech.recognition import SAMPLE_RATE, Listening, RecognizerIdentity, TranscriptSegment, Utterance
from ai_service.speech.segmenting import (
    Closed,
    Cutting,
    Happening,
    Opened,
    PartialDue,
    Segmenter,
    SpeechStarted,
    SpeechStopped,
    Stretch,
    seconds_of,
)
from ai_service.speech.silero import WINDOW, Silero
from ai_service.speech.stretches import StretchRecognition, WholeRecognition, joined

# At a time on the event loop: one or two milliseconds of voice activity.
_SLICE_BYTES = 10 * WINDOW * 2
_MOST_EVENTS = 256
# Of audio that waits to be recognized; who sends faster has to wait.
_MOST_WAITING_SECONDS = 60.0
_MOST_WORKS = 256
_MOST_ARRIVALS = 4096
# Seconds of new speech for each second that the last partial result took: a third of a recognizer at most.
_PARTIAL_COST = 2.0


class SpeechEnd:
    """Stands between pieces of audio where the speaker says that he has ended."""


@dataclass(frozen=True, slots=True)
class Partial:
    """The words since the last final result as understood so far, replacing those of the partial before."""

    segment: TranscriptSegment


@dataclass(frozen=True, slots=True)
class Final:
    """Words that will not change. `delay` is wall-clock seconds from the arrival of their last sound."""

    segment: TranscriptSegment
    language: str
    delay: float


@dataclass(frozen=True, slots=True)
class Flushed:
    """All is final up to here: seconds of audio, those of them in which somebody spoke, and who recognized it."""

    seconds: float
    speech_seconds: float
    recognizer: RecognizerIdentity


LiveEvent: TypeAlias = SpeechStarted | SpeechStopped | Partial | Final | Flushed
Inputs: TypeAlias = AsyncIterator[bytes | SpeechEnd]
Partials: TypeAlias = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class LiveRules:
    """How conversations are heard."""

    thresholds: Thresholds = field(default_factory=Thresholds)
    cutting: Cutting = field(default_factory=Cutting)
    partials: Partials = "auto"
    """Whether there are partial results; auto: unless each of them would cost money."""
    conversations: int = 64
    """Most at a time."""
    most_seconds: float = 4 * 3600.0
    """Longest conversation."""


class LiveRecognition:
    """Hears conversations, many at once."""

    def __init__(self, hearing: Hearing, silero: Silero, metrics: LiveMetrics, rules: LiveRules) -> None:
        self._hearing = hearing
        self._silero = silero
        self._metrics = metrics
        self._rules = rules
        self._under_way = 0
        metrics.watch(lambda: self._under_way)

    async def converse(
        self, listening: Listening, inputs: Inputs, max_seconds: float = 0.0
    ) -> AsyncGenerator[LiveEvent]:
        """Tell what is heard in `inputs`: PCM of 16 bits little endian, mono, at `SAMPLE_RATE`, cut anywhere.

        Ends with the `Flushed` of the end of the inputs, and a conversation without any audio with it alone.
        `max_seconds` of 0 stands for the service's own bound. Raises `SpeechBusy`, `UnusableAudio`, what
        `Hearing.recognizer` raises, and what the recognizer raises.
        """
        rules = self._rules
        recognizer = self._hearing.recognizer(listening.language)
        if self._under_way >= rules.conversations:
            raise SpeechBusy(rules.conversations, "conversations", "SPEECH_CONVERSATIONS")
        most = min(max_seconds or rules.most_seconds, rules.most_seconds)
        partials = rules.partials == "on" or (rules.partials == "auto" and recognizer.identity.engine != "openai")
        conversation = _Conversation(
            Segmenter(self._silero.stream(), rules.thresholds, rules.cutting),
            lambda stretch: WholeRecognition(recognizer, listening, stretch),
            self._metrics,
            recognizer.identity,
            partials=partials,
        )
        self._under_way += 1
        try:
            async with aclosing(conversation.events(inputs, most)) as events:
                async for event in events:
                    yield event
        finally:
            self._under_way -= 1


@dataclass(slots=True, eq=False)
class _Work:
    """A stretch and what is to be done with it."""

    stretch: Stretch
    recognition: StretchRecognition
    is_due: bool = False
    has_speech: bool = True
    heard: Utterance | None = None
    heard_to: int = 0
    """Where in the stream that ends which `heard` is about."""

    @property
    def is_heard(self) -> bool:
        """Whether `heard` covers all that will be said in the stretch."""
        return self.heard is not None and self.stretch.closed and self.heard_to >= self.stretch.speech_end


@dataclass(slots=True)
class _Arrivals:
    """When samples came, by the clock of the process."""

    _times: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_MOST_ARRIVALS))

    def note(self, position: int) -> None:
        """All samples before `position` are here."""
        if not self._times or position - self._times[-1][0] >= WINDOW:
            self._times.append((position, time.monotonic()))

    def since(self, position: int) -> float:
        """Seconds since the sample before `position` came."""
        if not self._times:
            return 0.0
        index = bisect_left(self._times, position, key=lambda one: one[0])
        return time.monotonic() - self._times[min(index, len(self._times) - 1)][1]


class _Conversation:
    """One task listens, so that speech is noticed while words are recognized; one recognizes, in order."""

    def __init__(
        self,
        segmenter: Segmenter,
        recognition_of: Callable[[Stretch], StretchRecognition],
        metrics: LiveMetrics,
        recognizer: RecognizerIdentity,
        *,
        partials: bool,
    ) -> None:
        self._recognizer = recognizer
        self._segmenter = segmenter
        self._recognition_of = recognition_of
        self._metrics = metrics
        self._partials = partials
        self._arrivals = _Arrivals()
        self._works: deque[_Work | Flushed] = deque()
        self._ended = False
        self._hearing_partial: asyncio.Task[Utterance] | None = None
        self._hearing_to = 0
        self._partial_seconds = 0.0
        self._events: deque[LiveEvent] = deque()
        self._to_tell = asyncio.Event()
        self._to_do = asyncio.Event()
        self._room = asyncio.Event()

    async def events(self, inputs: Inputs, most_seconds: float) -> AsyncGenerator[LiveEvent]:
        """As `LiveRecognition.converse`."""
        running = asyncio.create_task(self._run(inputs, most_seconds))
        running.add_done_callback(lambda _: self._to_tell.set())
        try:
            while self._events or not running.done():
                if self._events:
                    event = self._events.popleft()
                    self._room.set()
                    yield event
                else:
                    self._to_tell.clear()
                    await self._to_tell.wait()
            await running
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await running

    async def _run(self, inputs: Inputs, most_seconds: float) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(inputs, most_seconds))
                group.create_task(self._recognize())
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            for work in self._works:
                if isinstance(work, _Work):
                    await work.recognition.close()

    async def _listen(self, inputs: Inputs, most_seconds: float) -> None:
        async for piece in inputs:
            if isinstance(piece, SpeechEnd):
                await self._take(self._segmenter.flush())
                self._flush()
                continue
            for start in range(0, len(piece), _SLICE_BYTES):
                await self._take(self._segmenter.hear(piece[start : start + _SLICE_BYTES]))
                if self._segmenter.position > most_seconds * SAMPLE_RATE:
                    raise UnusableAudio("AUDIO_TOO_LONG")
                if len(piece) > _SLICE_BYTES:
                    await asyncio.sleep(0)
        await self._take(self._segmenter.end())
        self._ended = True
        self._flush()

    async def _take(self, happenings: Iterable[Happening]) -> None:
        self._arrivals.note(self._segmenter.position)
        for happening in happenings:
            match happening:
                case SpeechStarted() | SpeechStopped():
                    await self._tell(happening)
                case Opened(stretch):
                    self._works.append(_Work(stretch, self._recognition_of(stretch)))
                case PartialDue(stretch, at_stop):
                    work = self._work_of(stretch)
                    work.is_due |= self._partials and (at_stop or self._is_worth_it(work))
                case Closed(stretch, has_speech):
                    work = self._work_of(stretch)
                    work.has_speech = has_speech
                    self._drop_partial(work)
            self._to_do.set()
        await self._until_room()

    def _flush(self) -> None:
        segmenter = self._segmenter
        self._works.append(Flushed(seconds_of(segmenter.position), segmenter.speech_seconds, self._recognizer))
        self._to_do.set()

    def _work_of(self, stretch: Stretch) -> _Work:
        work = self._works[-1]
        if not isinstance(work, _Work) or work.stretch is not stretch:
            raise RuntimeError("only the last stretch of a conversation can change")
        return work

    def _is_worth_it(self, work: _Work) -> bool:
        """Whether so much has been said since the last partial result that another one is no great cost beside it."""
        new = seconds_of(work.stretch.start + work.stretch.length - max(work.heard_to, work.stretch.start))
        return new >= _PARTIAL_COST * self._partial_seconds

    def _drop_partial(self, work: _Work) -> None:
        """Give up a partial result that is still being made, of less than all that was said in a closed stretch."""
        is_first = self._works[0] is work
        if is_first and self._hearing_partial is not None and self._hearing_to < work.stretch.speech_end:
            self._hearing_partial.cancel()

    async def _until_room(self) -> None:
        while len(self._works) > _MOST_WORKS or self._waiting_seconds() > _MOST_WAITING_SECONDS:
            self._room.clear()
            await self._room.wait()

    def _waiting_seconds(self) -> float:
        return seconds_of(sum(work.stretch.length for work in self._works if isinstance(work, _Work)))

    async def _recognize(self) -> None:
        while self._works or not self._ended:
            work = self._works[0] if self._works else None
            if isinstance(work, Flushed):
                await self._tell(work)
                self._works.popleft()
                self._room.set()
            elif work is not None and work.stretch.closed:
                await self._finish(work)
                self._works.popleft()
                self._room.set()
            elif work is not None and work.is_due:
                await self._hear_partial(work)
            else:
                self._to_do.clear()
                await self._to_do.wait()

    async def _hear_partial(self, work: _Work) -> None:
        work.is_due = False
        self._hearing_to = work.stretch.start + work.stretch.length
        began = time.monotonic()
        self._hearing_partial = asyncio.create_task(work.recognition.words())
        try:
            await asyncio.wait({self._hearing_partial})
            if self._hearing_partial.cancelled():
                return
            work.heard, work.heard_to = self._hearing_partial.result(), self._hearing_to
            self._partial_seconds = time.monotonic() - began
        finally:
            self._hearing_partial.cancel()
            self._hearing_partial = None
        segment = joined(work.heard.segments)
        if segment is not None and not work.is_heard:
            await self._tell(Partial(segment))

    async def _finish(self, work: _Work) -> None:
        heard = None
        if work.has_speech:
            heard = work.heard if work.is_heard else await work.recognition.words()
        await work.recognition.close()
        if heard is None or not heard.segments:
            self._metrics.observe_nothing()
            return
        for segment in heard.segments:
            end = min(round(segment.end * SAMPLE_RATE), work.stretch.speech_end)
            delay = self._arrivals.since(end)
            self._metrics.observe_final(delay)
            await self._tell(Final(segment, heard.language, delay))

    async def _tell(self, event: LiveEvent) -> None:
        while len(self._events) >= _MOST_EVENTS:
            self._room.clear()
            await self._room.wait()
        self._events.append(event)
        self._to_tell.set()
