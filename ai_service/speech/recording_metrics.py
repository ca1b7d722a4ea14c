"""Prometheus metrics of the recognition of recordings."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ai_service.errors import Fault

_SECONDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


@dataclass(slots=True)
class Observed:
    """What is to be recorded of one recording."""

    audio_seconds: float = 0.0
    outcome: str = "defect"

    def succeed(self) -> None:
        """It has been recognized, whatever happens to its transcript."""
        self.outcome = "ok"


class RecordingMetrics:
    """Counts seconds of audio and times recognition, with the wait for a free place, by engine and outcome.

    An outcome is "ok", "cancelled" (the caller gave up), a fault's reason in lower case, or "defect".
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._audio = Counter(
            "ai_speech_audio_seconds_total",
            "Seconds of audio of recordings that were decoded.",
            ["engine", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "ai_speech_recording_seconds",
            "From a recording's last byte to its transcript.",
            ["engine", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )

    def watch(self, under_way: Callable[[], float]) -> None:
        """Show how many recordings are under way."""
        gauge = Gauge("ai_speech_recordings", "Recordings that arrive, wait or are heard.", registry=self._registry)
        gauge.set_function(under_way)

    @contextmanager
    def observed(self, engine: str) -> Iterator[Observed]:
        """Record what happens inside."""
        observed, began = Observed(), time.perf_counter()
        try:
            yield observed
        except (asyncio.CancelledError, GeneratorExit):
            if observed.outcome != "ok":
                observed.outcome = "cancelled"
            raise
        except Fault as fault:
            observed.outcome = fault.reason.lower()
            raise
        finally:
            self._seconds.labels(engine, observed.outcome).observe(time.perf_counter() - began)
            self._audio.labels(engine, observed.outcome).inc(observed.audio_seconds)
