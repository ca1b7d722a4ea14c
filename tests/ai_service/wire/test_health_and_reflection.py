import asyncio
from typing import Any

from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from ai_service.grading.grader import Grader
from ai_service.interviewing.bank import Bank
from ai_service.interviewing.builtin import BuiltinEngine
from ai_service.interviewing.workers import Workers
from tests.ai_service.wire.serving import SECONDS, Serving

SERVICE = "interview_engine.v1.InterviewEngineService"
SERVICES = (SERVICE, "interview_engine.v1.ResumeService", "interview_engine.v1.CoachingService")
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def _status(channel: aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    reply = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
    return int(reply.status)


async def test_health_says_not_serving_until_the_engine_is_loaded(grader: Grader, bank: Bank) -> None:
    workers = Workers(threads=1, bound=1)
    async with Serving.start(workers) as serving:
        for service in ("", *SERVICES):
            assert await _status(serving.channel, service) == NOT_SERVING
        await serving.server.open(BuiltinEngine(grader, workers, bank))
        for service in ("", *SERVICES):
            assert await _status(serving.channel, service) == SERVING


async def test_a_watcher_sees_the_server_come_and_go(grader: Grader, bank: Bank) -> None:
    workers = Workers(threads=1, bound=1)
    async with Serving.start(workers) as serving:
        stub: Any = health_pb2_grpc.HealthStub(serving.channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=SECONDS)
        assert (await watch.read()).status == NOT_SERVING
        await serving.server.open(BuiltinEngine(grader, workers, bank))
        assert (await watch.read()).status == SERVING
        draining = asyncio.create_task(serving.server.drain(0.5))
        assert (await watch.read()).status == NOT_SERVING
        await draining


async def test_reflection_needs_no_credential_and_knows_every_method(serving: Serving) -> None:
    channel: Any = serving.channel
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE),
    ]
    replies = [reply async for reply in stub.ServerReflectionInfo(iter(requests), timeout=SECONDS)]
    names = {service.name for service in replies[0].list_services_response.service}
    speech = "interview_engine.v1.SpeechService"
    assert names == {*SERVICES, speech, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    described = b"".join(replies[1].file_descriptor_response.file_descriptor_proto)
    for method in (b"GenerateNextQuestion", b"EvaluateAnswer", b"FinalizeInterviewReport"):
        assert method in described
