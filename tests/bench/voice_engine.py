"""The engine of the bench of voice: all of ai_service's hearing but the model, which answers at once.

Run by `python -m tests.bench.voice_engine --listen HOST:PORT`; questions and grades are those of the scripted engine.
"""

import argparse
import asyncio

from prometheus_client import CollectorRegistry

from ai_service.speech.hearing import Hearing
from ai_service.speech.live import LiveRecognition, LiveRules
from ai_service.speech.live_metrics import LiveMetrics, SynthesisMetrics
from ai_service.speech.recognition import (
    SAMPLE_RATE,
    Listening,
    RecognizerIdentity,
    Samples,
    SpokenWord,
    TranscriptSegment,
    Utterance,
)
from ai_service.speech.recording_metrics import RecordingMetrics
from ai_service.speech.recordings import RecordingRules, Recordings
from ai_service.speech.silero import Silero
from ai_service.speech.speech import Speech
from ai_service.speech.synthesis import Synthesis
from ai_service.wire.speech import SpeechServicer
from tests.fakes.engine import Script, serve

_WORDS = ["I", "would", "use", "a", "hash", "table", "that", "maps", "each", "value", "to", "its", "index"]


class Instant:
    """A `Recognizer` that needs no thought."""

    identity = RecognizerIdentity("instant", "none")
    languages = ("en",)

    async def recognize(self, samples: Samples, listening: Listening) -> Utterance:
        """The same words whatever is said, evenly spread."""
        each = len(samples) / SAMPLE_RATE / len(_WORDS)
        words = tuple(SpokenWord(word, place * each, (place + 1) * each, 0.9) for place, word in enumerate(_WORDS))
        return Utterance("en", (TranscriptSegment(" ".join(_WORDS), 0.0, words[-1].end, 0.9, words),))

    async def close(self) -> None:
        """There is nothing to give back."""


def instant_speech() -> Speech:
    """What the service hears with, but for the model. It does not speak."""
    registry, recognizer, silero = CollectorRegistry(), Instant(), Silero.load()
    hearing = Hearing(recognizer.identity)
    hearing.arrive(recognizer)
    return Speech(
        hearing,
        Recordings(hearing, silero, RecordingMetrics(registry), RecordingRules()),
        LiveRecognition(hearing, silero, LiveMetrics(registry), LiveRules()),
        Synthesis(None, SynthesisMetrics(registry), 1),
    )


async def _serve(address: str) -> None:
    servicer = SpeechServicer()
    servicer.open(instant_speech())
    server, _ = await serve(Script(keep_requests=False), address, servicer)
    await server.wait_for_termination()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="127.0.0.1:50051", metavar="HOST:PORT")
    asyncio.run(_serve(parser.parse_args().listen))
