"""What the service hears and speaks with."""

from dataclasses import dataclass

from ai_service.speech.hearing import Hearing
from ai_service.speech.live import LiveRecognition
from ai_service.speech.recordings import Recordings
from ai_service.speech.synthesis import Synthesis


@dataclass(frozen=True, slots=True)
class Speech:
    """Recognition of recordings and conversations, and synthesis."""

    hearing: Hearing
    recordings: Recordings
    live: LiveRecognition
    synthesis: Synthesis

    async def close(self) -> None:
        """Give back what they hold: threads, processes and connections."""
        await self.hearing.close()
        await self.synthesis.close()
