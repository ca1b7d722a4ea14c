"""Prometheus metrics of running conversations and of synthesis, by the field's names."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


class LiveMetrics:
    """Times from the end of a sound until its words are final, and how many conversations are under way."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._delay = Histogram(
            "ai_speech_transcription_delay_seconds",
            "From the arrival of the last sound of an utterance until its words are final.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._utterances = Counter(
            "ai_speech_utterances_total",
            "Stretches of speech of running conversations, by whether words were found in them.",
            ["outcome"],
            registry=registry,
        )

    def watch(self, under_way: Callable[[], float]) -> None:
        """Show how many conversations are under way."""
        gauge = Gauge("ai_speech_conversations", "Conversations that are heard at the moment.", registry=self._registry)
        gauge.set_function(under_way)

    def observe_final(self, delay: float) -> None:
        """Record that words have become final."""
        self._delay.observe(delay)
        self._utterances.labels("words").inc()

    def observe_nothing(self) -> None:
        """Record that no words were found in a stretch of speech."""
        self._utterances.labels("nothing").inc()


class SynthesisMetrics:
    """Times of synthesis."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._first = Histogram(
            "ai_speech_synthesis_ttfb_seconds",
            "From a text to the first audio of it.",
            ["synthesizer"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._seconds = Histogram(
            "ai_speech_synthesis_seconds",
            "From a text to the last audio of it; an outcome is ok, cancelled or a fault's reason in lower case.",
            ["synthesizer", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )

    def observe_first(self, synthesizer: str, seconds: float) -> None:
        """Record the time to the first audio."""
        self._first.labels(synthesizer).observe(seconds)

    def observe(self, synthesizer: str, outcome: str, seconds: float) -> None:
        """Record a text that is spoken, or given up."""
        self._seconds.labels(synthesizer, outcome).observe(seconds)
