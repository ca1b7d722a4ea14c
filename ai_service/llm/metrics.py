"""Prometheus metrics of the language model's completions."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from ai_service.llm.budget import Prices
from ai_service.llm.chat import ReplyMode, Usage

_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 120.0, 300.0)


class ModelMetrics:
    """Counts completions by task, mode and outcome, with their time, tokens and, when prices are set, cost.

    An outcome is "ok", "unsupported" (it fits its form, but not the facts), "invalid", "truncated", "unchecked" (it
    came, and its check could not be made), "cancelled" (the caller gave up) or a fault's reason in lower case.
    """

    def __init__(self, registry: CollectorRegistry, prices: Prices | None = None) -> None:
        self._prices = prices
        self._seconds = Histogram(
            "ai_model_completion_seconds",
            "Time of a completion of the language model.",
            ["task", "mode", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._tokens = Counter(
            "ai_model_tokens_total",
            "Tokens of the language model, as its endpoint counts them.",
            ["task", "direction"],
            registry=registry,
        )
        self._cost = None
        if prices is not None:
            self._cost = Counter(
                "ai_model_cost_total",
                "Cost of the language model, by LLM_PRICE_INPUT and LLM_PRICE_OUTPUT.",
                ["task"],
                registry=registry,
            )

    def observe(self, task: str, mode: ReplyMode, outcome: str, seconds: float, usage: Usage | None) -> None:
        """Record one completion that has ended."""
        self._seconds.labels(task, mode.value, outcome).observe(seconds)
        if usage is None:
            return
        self._tokens.labels(task, "input").inc(usage.input_tokens)
        self._tokens.labels(task, "output").inc(usage.output_tokens)
        if self._cost is not None and self._prices is not None:
            self._cost.labels(task).inc(self._prices.cost(usage))
