"""The floor: the least code that does the physical work of the measured endpoints.

Bare ASGI, a JWT check, one Redis round trip, and then for an answer the design's two transactions with one gRPC call
of the same size between them, for a reading one SELECT. It checks nothing else and computes nothing.

`python -m tests.bench.floor FILE` serves what the JSON file describes; see `FloorPlan`.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import jwt
import uvicorn
from grpc import aio
from redis.asyncio import Redis
from starlette.types import Receive, Scope, Send

from tests.bench.floor_plan import FloorPlan
from tests.bench.floor_statements import CLAIM, LIST, PROFILE, RECORD, RESULT, TRANSCRIPT

_METHOD = "/interview_engine.v1.InterviewEngineService/EvaluateAnswer"
_CHANNELS = 4
_CONNECTIONS = 32


class Floor:
    """The ASGI application."""

    def __init__(self, plan: FloorPlan) -> None:
        self._plan = plan
        self._grpc_request = plan.payload.grpc_request_bytes
        self._reply = plan.payload.reply.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        token = next(value for name, value in scope["headers"] if name == b"authorization")
        claims = jwt.decode(token[7:], self._plan.jwt_secret, algorithms=["HS256"])
        if not await self._redis.exists(f"session:{claims['sid']}"):
            await _respond(send, 401, b"")
            return
        user = UUID(claims["sub"])
        match scope["path"].split("/")[3:]:
            case ["interviews", interview, "messages"]:
                body = (await receive())["body"]
                answer = await self._answer(user, UUID(interview), json.loads(body)["content"])
            case ["interviews"]:
                answer = await self._read(LIST, user)
            case ["interviews", interview]:
                answer = await self._read(TRANSCRIPT, user, UUID(interview))
            case ["interviews", interview, "result"]:
                answer = await self._read(RESULT, user, UUID(interview))
            case _:
                answer = await self._read(PROFILE, user)
        await _respond(send, 404 if answer is None else 200, answer or b"")

    async def _answer(self, user: UUID, interview: UUID, content: str) -> bytes | None:
        lease, answer, question, payload = uuid4(), uuid4(), uuid4(), self._plan.payload
        claimed = await self._pool.fetchrow(CLAIM, interview, user, lease, answer, content)
        if claimed is None:
            return None
        await next(self._calls)(self._grpc_request)
        recorded = await self._pool.fetchrow(
            RECORD,
            interview,
            user,
            lease,
            answer,
            72.5,
            payload.evaluation,
            question,
            claimed["questions_asked"] + 1,
            str(question),
            payload.text,
            payload.points,
            payload.reference_answer,
        )
        return self._reply if recorded else None

    async def _read(self, statement: str, *arguments: object) -> bytes | None:
        row = await self._pool.fetchrow(statement, *arguments)
        return str(row[0]).encode() if row else None

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        plan = self._plan
        self._redis = Redis.from_url(plan.redis_url)
        self._pool: asyncpg.Pool[Any] = await asyncpg.create_pool(
            plan.database_url, min_size=1, max_size=_CONNECTIONS, reset=_keep_session_state
        )
        options = (("grpc.use_local_subchannel_pool", 1),)
        channels = [aio.insecure_channel(plan.ai_address, options=options) for _ in range(_CHANNELS)]
        self._calls: Iterator[Any] = itertools.cycle([channel.unary_unary(_METHOD) for channel in channels])
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        for channel in channels:
            await channel.close()
        await self._redis.aclose()
        await send({"type": "lifespan.shutdown.complete"})


async def _keep_session_state(_: Any) -> None:
    """Replaces the pool's RESET ALL, which is a round trip."""


async def _respond(send: Send, status: int, body: bytes) -> None:
    headers: Sequence[tuple[bytes, bytes]] = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    )
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _serve(path: Path) -> None:
    plan = FloorPlan.read(path)
    uvicorn.run(
        Floor(plan),
        host="127.0.0.1",
        port=plan.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
    )


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
