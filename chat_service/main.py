"""The ASGI application: mounts the doors, and lives as long as the process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from chat_service.contracts.native import app as native
from chat_service.contracts.tracing import Tracing
from chat_service.core import Core
from chat_service.logs import configure_logs
from chat_service.settings import Settings

_CHECK_SECONDS = 3.0
_SWEEP_SECONDS = 60.0
_log = structlog.get_logger()


def make_app() -> Starlette:
    """The application of one worker. Reads the environment. Raises `SettingsError`."""
    settings = Settings.load()
    configure_logs(settings.log_level)
    doors = {native.PREFIX: native.make_app()}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        core = await Core.build(settings)
        app.state.core = core
        for door in doors.values():
            door.state.core = core
        housekeeping = asyncio.create_task(_keep_house(core))
        try:
            yield
        finally:
            housekeeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await housekeeping
            await core.close()

    return Starlette(
        lifespan=lifespan,
        middleware=[Middleware(Tracing)],
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/metrics", _metrics),
            Route("/", _to_docs),
            Route("/docs", _to_docs),
            *(Mount(prefix, app=door) for prefix, door in doors.items()),
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


async def _keep_house(core: Core) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        try:
            await core.sweeping.sweep()
        except Exception as error:  # noqa: BLE001 - the next round tries again
            _log.warning("housekeeping_failed", error=repr(error))
