"""What a spoken turn takes, for the metrics and for the turn's own event. `VoiceTurn` says what the names mean."""

from dataclasses import dataclass
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)

END_OF_UTTERANCE_DELAY = Histogram(
    "voice_end_of_utterance_delay_seconds",
    "From the end of the last sound of speech until the turn was taken to have ended",
    buckets=_BUCKETS,
)
TRANSCRIPTION_DELAY = Histogram(
    "voice_transcription_delay_seconds",
    "From the end of the last sound of speech until all words were final",
    buckets=_BUCKETS,
)
TTFT = Histogram(
    "voice_ttft_seconds", "From handing in the answer until the text of the reply was there", buckets=_BUCKETS
)
TTFB = Histogram("voice_ttfb_seconds", "From handing a text to the synthesizer until its first audio", buckets=_BUCKETS)
TURNS = Counter("voice_turns", "Spoken turns that became an answer", ("ended_by",))
INTERRUPTIONS = Counter("voice_interruptions", "Utterances of the interviewer that were cut short")
SPEAKERS = Gauge("voice_speakers", "Candidates who have a microphone open", multiprocess_mode="livesum")


@dataclass(slots=True)
class TurnFigures:
    """The figures of one turn as they become known, and when the answer was handed in."""

    turn_id: UUID
    question_id: UUID | None
    ended_by: str
    spoken_seconds: float
    end_of_utterance_delay: float
    transcription_delay: float
    handed_in_at: float
    answer_id: UUID | None = None
    ttft: float | None = None
    ttfb: float | None = None

    def observe(self) -> None:
        """Counts them in the metrics."""
        TURNS.labels(self.ended_by).inc()
        END_OF_UTTERANCE_DELAY.observe(self.end_of_utterance_delay)
        TRANSCRIPTION_DELAY.observe(self.transcription_delay)
        if self.ttft is not None:
            TTFT.observe(self.ttft)
