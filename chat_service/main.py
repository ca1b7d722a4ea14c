"""The ASGI application: mounts the doors, and lives as long as the process."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chat_service.contracts.cross_origin import cross_origin
from chat_service.contracts.door import error_handlers
from chat_service.contracts.interview_api import app as interview_api
from chat_service.contracts.interview_system import app as interview_system
from chat_service.contracts.interviewer_agent import app as interviewer_agent
from chat_service.contracts.interviewer_platform import app as interviewer_platform
from chat_service.contracts.native import app as native
from chat_service.contracts.native.problem import Problem
from chat_service.contracts.tracing import Tracing
from chat_service.core import Core
from chat_service.logs import configure_logs
from chat_service.settings import Settings

# Every contract that is served, the busiest first.
DOORS: Mapping[str, Callable[[], FastAPI]] = {
    native.PREFIX: native.make_app,
    interview_api.PREFIX: interview_api.make_app,
    interviewer_platform.PREFIX: interviewer_platform.make_app,
    interviewer_agent.PREFIX: interviewer_agent.make_app,
    interview_system.PREFIX: interview_system.make_app,
}

_CHECK_SECONDS = 3.0
_SWEEP_SECONDS = 60.0
_FOLD_SECONDS = 5.0
_DISCARD_SECONDS = 5.0
_OBSERVE_SECONDS = 5.0
_TIDY_SECONDS = 3600.0
# A job that takes longer to finish is put back for another process.
_JOB_GRACE_SECONDS = 2.0
_COLLECTOR_THRESHOLDS = (50_000, 20, 100)
_log = structlog.get_logger()


class Application(Starlette):
    """Sends every request behind a door's prefix straight to that door; serves the rest itself.

    What a mount does too, without passing each request through two stacks of middleware.
    """

    def __init__(self, doors: Mapping[str, FastAPI], *, origins: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self._doors = tuple(doors.items())
        self._traced = Tracing(cross_origin(self._dispatch, origins) if origins else self._dispatch)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, or the life of the process."""
        await self._traced(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        for prefix, door in self._doors:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in {"", "/"}:
                # As a mount does; the same scope, in which the log and the metrics find the route afterwards.
                scope["root_path"], scope["app_root_path"] = prefix, ""
                await door(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def make_app() -> Application:
    """The application of one worker. Reads the environment. Raises `SettingsError`."""
    settings = Settings.load()
    configure_logs(settings.log_level)
    doors = {prefix: make_door_app() for prefix, make_door_app in DOORS.items()}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        core = await Core.build(settings)
        app.state.core = core
        # What exists by now stays: the collector need not look at it again, nor after every few requests.
        gc.freeze()
        gc.set_threshold(*_COLLECTOR_THRESHOLDS)
        for door in doors.values():
            door.state.core = core
        housekeeping = asyncio.gather(
            _repeat(core.sweeping.sweep, _SWEEP_SECONDS),
            _repeat(core.live.prune, _SWEEP_SECONDS),
            _repeat(core.analytics.fold, _FOLD_SECONDS),
            _repeat(core.recordings.discard, _DISCARD_SECONDS),
            _repeat(core.jobs.observe, _OBSERVE_SECONDS),
            _repeat(core.jobs.tidy, _TIDY_SECONDS),
        )
        workers = {one: asyncio.create_task(one.run()) for one in (core.job_worker, core.transcription_worker)}
        try:
            yield
        finally:
            grace = min(settings.drain_seconds, _JOB_GRACE_SECONDS)
            await asyncio.gather(*(one.stop(running, grace_seconds=grace) for one, running in workers.items()))
            housekeeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await housekeeping
            await core.close()

    return Application(
        doors,
        origins=settings.origins,
        lifespan=lifespan,
        exception_handlers=error_handlers(Problem()),
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/metrics", _metrics),
            Route("/", _to_docs),
            Route("/docs", _to_docs),
        ],
    )


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    core: Core = request.app.state.core
    parts: dict[str, Callable[[], Awaitable[object]]] = {
        "database": core.database.ping,
        "redis": core.redis.ping,
        "ai_service": core.engine.ping,
    }
    states = dict(zip(parts, await asyncio.gather(*(_state(check) for check in parts.values())), strict=True))
    ready = all(state == "ok" for state in states.values())
    return JSONResponse({"status": "ready" if ready else "not_ready", "parts": states}, 200 if ready else 503)


async def _state(check: Callable[[], Awaitable[object]]) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever it is, this part does not serve
        _log.warning("not_ready", error=repr(error))
        return "unavailable"
    return "ok"


async def _metrics(request: Request) -> Response:
    core: Core = request.app.state.core
    if core.settings.workers > 1:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _to_docs(_: Request) -> Response:
    return RedirectResponse(f"{native.PREFIX}/docs")


async def _repeat(housekeeping: Callable[[], Awaitable[object]], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await housekeeping()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("housekeeping_failed", error=repr(error))
