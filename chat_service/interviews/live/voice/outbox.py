"""What waits to be sent to the one who speaks: little of it, whatever he reads."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from chat_service.interviews.live.voice.events import AudioKept, Transcription, UtteranceAudio, VoiceEvent

_AUDIO_WAITING = 4
_WAITING = 256


class Outbox:
    """Events in order. A newer acknowledgement or partial transcript takes the place of an older one."""

    def __init__(self) -> None:
        self._events: deque[VoiceEvent] = deque(maxlen=_WAITING)
        self._news = asyncio.Event()
        self._taken = asyncio.Event()

    def tell(self, event: VoiceEvent) -> None:
        """Has the event sent."""
        match event, self._events[-1] if self._events else None:
            case (AudioKept(), AudioKept()) | (Transcription(is_final=False), Transcription(is_final=False)):
                self._events.pop()
        self._events.append(event)
        self._news.set()

    async def tell_audio(self, event: UtteranceAudio) -> None:
        """Has audio sent, once little of it is waiting."""
        while sum(isinstance(one, UtteranceAudio) for one in self._events) >= _AUDIO_WAITING:
            self._taken.clear()
            await self._taken.wait()
        self.tell(event)

    def drop_audio(self) -> None:
        """Takes back the audio that waits."""
        kept = [one for one in self._events if not isinstance(one, UtteranceAudio)]
        self._events.clear()
        self._events.extend(kept)
        self._taken.set()

    async def events(self) -> AsyncIterator[VoiceEvent]:
        """Every event, as it is to be sent."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._taken.set()
                yield event
            self._news.clear()
            if not self._events:
                await self._news.wait()
