"""The life of the server: bind, load, serve, drain."""

import asyncio
import signal
import time
from collections.abc import Callable

import structlog

from ai_service.engines import Services, load_services
from ai_service.errors import ResourceError
from ai_service.interviewing.bank import load_bank
from ai_service.interviewing.workers import Workers
from ai_service.settings import Settings
from ai_service.speech.speech import Speech
from ai_service.speech_choice import load_recognizer, load_speech
from ai_service.wire.logs import configure_logs
from ai_service.wire.metrics import Metrics
from ai_service.wire.server import EngineServer

DRAIN_SECONDS = 4.0

_log = structlog.get_logger("ai_service.main")


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; calls in progress then have `DRAIN_SECONDS` to finish.

    Raises `ResourceError` when the address is taken or the model or a data file cannot be used.
    """
    configure_logs(settings.log_level)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    metrics = Metrics()
    workers = Workers(threads=settings.ai_threads, bound=settings.ai_concurrency)
    metrics.watch_admitted(lambda: workers.admitted)
    server = EngineServer(settings.ai_listen, settings.ai_service_token.get_secret_value(), metrics)
    port = await server.start()
    speech, hearing = None, None
    stop_metrics = _serve_metrics(settings, metrics)
    _log.info("listening", address=f"{settings.ai_listen.rpartition(':')[0]}:{port}")
    try:
        speech = await _open(server, settings, workers, metrics, stopping)
        if speech is not None:
            hearing = asyncio.create_task(_hear(server, settings, speech))
        await stopping.wait()
        _log.info("draining", grace_seconds=DRAIN_SECONDS)
    finally:
        await server.drain(DRAIN_SECONDS)
        if hearing is not None:
            hearing.cancel()
        if speech is not None:
            await speech.close()
        workers.close()
        stop_metrics()
    _log.info("stopped")


async def _open(
    server: EngineServer, settings: Settings, workers: Workers, metrics: Metrics, stopping: asyncio.Event
) -> Speech | None:
    """Load what is served beside the event loop, so that health checks are answered, and open the server with it.

    The recognizer of the speech that it returns is still to be loaded; None where the service is to stop.
    """
    began = time.perf_counter()
    loading = asyncio.create_task(asyncio.to_thread(_load, settings, workers, metrics))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({loading, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if stopping.is_set():
        return None
    services, speech = loading.result()
    await server.open(services.engine, services.resumes, services.coach)
    bank = load_bank()
    _log.info(
        "serving",
        engine=settings.engine_name,
        load_ms=round(1000 * (time.perf_counter() - began)),
        questions=len(bank.questions),
        bank_version=bank.version,
    )
    return speech


def _load(settings: Settings, workers: Workers, metrics: Metrics) -> tuple[Services, Speech]:
    return load_services(settings, workers, metrics.registry), load_speech(settings, metrics.registry)


async def _hear(server: EngineServer, settings: Settings, speech: Speech) -> None:
    """Open the server for speech, healthy once the recognizer is there: text work goes on until then."""
    await server.open_speech(speech)
    await load_recognizer(speech.hearing, settings)
    await server.open_speech(speech)


def _serve_metrics(settings: Settings, metrics: Metrics) -> Callable[[], None]:
    if settings.ai_metrics_port is None:
        return lambda: None
    try:
        return metrics.serve(settings.listen_host, settings.ai_metrics_port)
    except OSError as error:
        raise ResourceError(
            f"cannot serve metrics on port {settings.ai_metrics_port} ({error.strerror}); "
            "set AI_METRICS_PORT to another or leave it unset"
        ) from error
