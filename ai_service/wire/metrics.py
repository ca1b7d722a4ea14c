"""Prometheus metrics of the calls."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts and times calls by method and code. A registry of its own keeps servers of one process apart."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "ai_call_seconds", "Time of a call.", ["method", "code"], buckets=_SECONDS, registry=self.registry
        )
        self._scores = Counter("ai_evaluations_total", "Evaluations by status.", ["status"], registry=self.registry)

    def observe_call(self, method: str, code: str, seconds: float) -> None:
        """Record a call that has ended."""
        self._seconds.labels(method, code).observe(seconds)

    def observe_evaluation(self, status: str) -> None:
        """Record an evaluation."""
        self._scores.labels(status).inc()

    def watch_admitted(self, admitted: Callable[[], float]) -> None:
        """Show how many evaluations run or wait."""
        gauge = Gauge("ai_evaluations_admitted", "Evaluations that run or wait.", registry=self.registry)
        gauge.set_function(admitted)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve /metrics over HTTP; returns what stops it. Raises OSError when the port is taken."""
        server, _ = start_http_server(port, addr=host, registry=self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()

        return stop
