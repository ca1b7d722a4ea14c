"""Whose turn it is in one session, and waiting for something to happen in it."""

import asyncio
from contextlib import suppress

from chat_service.interviews.live.voice.events import StateChanged, VoiceState
from chat_service.interviews.live.voice.outbox import Outbox


class Stage:
    """The state of a session, told whenever it changes."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._stirred = asyncio.Event()
        self.state: VoiceState | None = None

    def reach(self, state: VoiceState) -> None:
        """It is somebody else's turn now, or remains the same one's."""
        if state is not self.state:
            self.state = state
            self._outbox.tell(StateChanged(state))
        self.stir()

    def stir(self) -> None:
        """Something has happened: wakes whoever waits."""
        stirred, self._stirred = self._stirred, asyncio.Event()
        stirred.set()

    async def wait(self, seconds: float | None) -> None:
        """Waits until something has happened, or so long."""
        stirred = self._stirred
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stirred.wait()
