"""The candidate's microphone: frames in order, kept before they are acknowledged, once for each number."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from chat_service.interviews.live.voice.events import AudioGap
from chat_service.interviews.live.voice.intake import Intake, Pace
from chat_service.interviews.live.voice.outbox import Outbox

_WAITING_FRAMES = 64


class Microphone:
    """Takes frames in the order of their numbers, as fast as they can have been said."""

    def __init__(self, outbox: Outbox, clock: Callable[[], float], sample_rate: int) -> None:
        """Raises INVALID for a sample rate that is not taken."""
        self._outbox = outbox
        self._clock = clock
        self._intake = Intake(sample_rate)
        self._pace = Pace()
        self._waiting: deque[tuple[int, bytes] | None] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._last = 0
        self._missing: int | None = None
        self.numbered = True

    @property
    def sample_rate(self) -> int:
        """Hz, as the client sends."""
        return self._intake.sample_rate

    @property
    def next_sequence(self) -> int:
        """The number of the next frame."""
        return self._last + 1

    def skip_to(self, sequence: int) -> None:
        """The next frame has that number."""
        self._last = sequence - 1

    def change_rate(self, sample_rate: int) -> None:
        """From now on the samples have another rate. Raises INVALID for one that is not taken."""
        if sample_rate != self._intake.sample_rate:
            self._intake = Intake(sample_rate)

    async def take(self, frame: bytes, sequence: int | None) -> bool:
        """Takes a frame; without a number it is the next one. False for one that is there already, or not next.

        Returns once there is room for more. Raises INVALID, UNSUPPORTED_MEDIA_TYPE.
        """
        seconds = self._intake.seconds(frame)
        self.numbered = sequence is not None
        number = self._last + 1 if sequence is None else sequence
        if number != self._last + 1:
            self._tell_gap(number)
            return False
        self._missing = None
        delay = self._pace.delay(seconds, self._clock())
        if delay:
            await asyncio.sleep(delay)
        while len(self._waiting) >= _WAITING_FRAMES:
            self._room.clear()
            await self._room.wait()
        self._last = number
        self._put((number, self._intake.samples(frame)))
        return True

    def end_speech(self) -> None:
        """The speaker says that he has ended, behind all frames that were taken."""
        self._put(None)

    async def batches(self) -> AsyncIterator[tuple[int, bytes] | None]:
        """What has come, together: the newest number and all samples, or None where the end was announced."""
        while True:
            self._news.clear()
            if not self._waiting:
                await self._news.wait()
            first = self._waiting.popleft()
            if first is None:
                yield None
                continue
            newest, audio = first
            while self._waiting and (more := self._waiting[0]) is not None:
                self._waiting.popleft()
                newest, audio = more[0], audio + more[1]
            self._room.set()
            yield newest, audio

    def _put(self, one: tuple[int, bytes] | None) -> None:
        self._waiting.append(one)
        self._news.set()

    def _tell_gap(self, number: int) -> None:
        """Once for each frame that is missing, however many come behind it."""
        if number > self._last and self._missing != self._last + 1:
            self._missing = self._last + 1
            self._outbox.tell(AudioGap(expected=self._last + 1, received=number))
