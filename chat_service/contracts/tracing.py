"""What is done for every request, whatever its door: an id, a log line and metrics. Plain ASGI, for speed."""

import re
import time
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chat_service.core import request_id
from chat_service.storage.ids import new_id

_USABLE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SILENT = {"/healthz", "/readyz", "/metrics"}
_log = structlog.get_logger()

REQUESTS = Counter("http_requests", "Requests served", ("method", "route", "status"))
SECONDS = Histogram(
    "http_request_seconds",
    "Time from the request to the end of its response, seconds",
    ("method", "route"),
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class Tracing:
    """Names every HTTP request in the log, in its response and in the calls that it leads to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        name = _request_id(scope)
        mark = request_id.set(name)
        status = 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            request_id.reset(mark)
            self._count(scope, name, status, time.perf_counter() - started)

    def _count(self, scope: Scope, name: str, status: int, seconds: float) -> None:
        if scope["path"] in _SILENT:
            return
        method, route = scope["method"], _route(scope)
        REQUESTS.labels(method, route, status).inc()
        SECONDS.labels(method, route).observe(seconds)
        _log.info(
            "request",
            request_id=name,
            method=method,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _request_id(scope: Scope) -> str:
    for header, value in scope["headers"]:
        if header == b"x-request-id" and _USABLE_ID.fullmatch(value):
            return str(value.decode())
    return str(new_id())


def _route(scope: Scope) -> str:
    """The path's template, so that ids do not become labels."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return f"{scope.get('root_path', '')}{path}" if path else "none"
