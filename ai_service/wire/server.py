"""The gRPC server: all services, with health checking and reflection, on one port."""

import asyncio
import contextlib

from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from ai_service.coaching.coaching import Coach
from ai_service.errors import ResourceError
from ai_service.interviewing.engine import Engine
from ai_service.resume.reading import Resumes
from ai_service.speech.speech import Speech
from ai_service.wire.calls import Calls
from ai_service.wire.coaching import SERVICE_NAME as COACHING_SERVICE_NAME
from ai_service.wire.coaching import CoachingServicer
from ai_service.wire.interview_engine import SERVICE_NAME, InterviewEngineServicer
from ai_service.wire.metrics import Metrics
from ai_service.wire.resumes import SERVICE_NAME as RESUME_SERVICE_NAME
from ai_service.wire.resumes import ResumeServicer
from ai_service.wire.speech import SERVICE_NAME as SPEECH_SERVICE_NAME
from ai_service.wire.speech import SpeechServicer
from protos.interview_engine.v1 import coaching_pb2_grpc, resume_pb2_grpc, speech_pb2_grpc
from protos.interview_engine.v1 import interview_engine_pb2_grpc as engine_grpc

# 50 turns with answers of 20,000 characters and their evaluations are over the default of 4 MiB.
_MOST_MESSAGE_BYTES = 16 * 1024 * 1024
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", _MOST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MOST_MESSAGE_BYTES),
    # Otherwise a second server takes the same port in silence and gets half of the calls.
    ("grpc.so_reuseport", 0),
    # Clients may send keepalive pings while idle, as often as every 5 seconds.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
)

# For the replies of calls that have just finished.
_SENDING_SECONDS = 0.2

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class EngineServer:
    """Binds at once, serves when it is given its engine, and drains.

    Health ("" and the services' names) is NOT_SERVING before `open` and from `drain` on, and calls are UNAVAILABLE.
    Speech has its own `open_speech`, and serves once its model is there.
    """

    def __init__(self, listen: str, token: str, metrics: Metrics) -> None:
        self._listen = listen
        self._metrics = metrics
        self._servicer = InterviewEngineServicer(metrics)
        self._resumes = ResumeServicer()
        self._coaching = CoachingServicer()
        self._speech = SpeechServicer()
        self._draining = False
        self._health = health.aio.HealthServicer()
        self._calls = Calls(token, metrics)
        self._server = aio.server(interceptors=(self._calls,), options=_OPTIONS)
        engine_grpc.add_InterviewEngineServiceServicer_to_server(self._servicer, self._server)
        resume_pb2_grpc.add_ResumeServiceServicer_to_server(self._resumes, self._server)
        coaching_pb2_grpc.add_CoachingServiceServicer_to_server(self._coaching, self._server)
        speech_pb2_grpc.add_SpeechServiceServicer_to_server(self._speech, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        services = (SERVICE_NAME, RESUME_SERVICE_NAME, COACHING_SERVICE_NAME, SPEECH_SERVICE_NAME)
        names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> int:
        """Bind and answer health checks; returns the port. Raises `ResourceError` when the address is taken."""
        await self._set_health(_NOT_SERVING)
        await self._health.set(SPEECH_SERVICE_NAME, _NOT_SERVING)
        try:
            port = self._server.add_insecure_port(self._listen)
        except RuntimeError:
            port = 0
        if not port:
            raise ResourceError(f"cannot listen on {self._listen}; free the port or set AI_LISTEN to another")
        await self._server.start()
        return port

    async def open(self, engine: Engine, resumes: Resumes | None = None, coach: Coach | None = None) -> None:
        """Serve calls with these from now on; the services of resumes and coaching stay unavailable without any."""
        self._servicer.open(engine)
        if resumes is not None:
            self._resumes.open(resumes)
        if coach is not None:
            self._coaching.open(coach)
        await self._set_health(_SERVING)

    async def open_speech(self, speech: Speech) -> None:
        """Answer calls of speech from now on, as far as there is a recognizer; healthy once there is."""
        self._speech.open(speech)
        if speech.hearing.ready and not self._draining:
            await self._health.set(SPEECH_SERVICE_NAME, _SERVING)

    async def drain(self, grace_seconds: float) -> None:
        """Refuse new calls, let the ones in progress finish for `grace_seconds` at most, and stop.

        The server goes on answering meanwhile: a stopping gRPC server would cancel new calls, which a client cannot
        tell from its own cancelling, where UNAVAILABLE tells it to go elsewhere.
        """
        self._servicer.drain()
        self._resumes.drain()
        self._coaching.drain()
        self._speech.drain()
        self._draining = True
        await self._set_health(_NOT_SERVING)
        await self._health.set(SPEECH_SERVICE_NAME, _NOT_SERVING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._calls.idle()
        await self._server.stop(_SENDING_SECONDS)

    async def _set_health(self, status: int) -> None:
        for name in ("", SERVICE_NAME, RESUME_SERVICE_NAME, COACHING_SERVICE_NAME):
            await self._health.set(name, status)
