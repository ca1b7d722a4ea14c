"""What happens around every call: request id, credential, log line, metrics, and faults as statuses."""

import asyncio
import hmac
import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeAlias, cast

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc import aio

from ai_service.deadline import begin_call
from ai_service.errors import Fault, FaultKind, Unauthenticated
from ai_service.wire.faults import CODES, defect, status_of, trailing_metadata_of
from ai_service.wire.metrics import Metrics

_OPEN_SERVICES = ("/grpc.health.v1.", "/grpc.reflection.")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

# In quotes, since these classes take parameters only in their type stubs.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
OptionalHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Context: TypeAlias = "aio.ServicerContext[Any, Any]"

# By whether requests and responses are streams.
_SHAPES = {
    (False, False): "unary_unary",
    (False, True): "unary_stream",
    (True, False): "stream_unary",
    (True, True): "stream_stream",
}

_log = structlog.get_logger("ai_service.calls")


class Calls(aio.ServerInterceptor):
    """Surrounds the calls of every service but health and reflection, which are open.

    It is one interceptor, and wraps each method once, because every interceptor and every new handler costs each
    call time.
    """

    def __init__(self, token: str, metrics: Metrics) -> None:
        self._expected = f"Bearer {token}".encode()
        self._metrics = metrics
        self._wrapped: dict[str, Handler] = {}
        self._in_progress = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def idle(self) -> None:
        """Return when no call is in progress."""
        await self._idle.wait()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[OptionalHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> OptionalHandler:
        """The method's handler with its surroundings; an unknown method has none."""
        method = handler_call_details.method
        wrapped = self._wrapped.get(method)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None or method.startswith(_OPEN_SERVICES):
                return handler
            wrapped = self._wrapped[method] = self._wrap(method.rpartition("/")[2], handler)
        return wrapped

    def _wrap(self, method: str, handler: Handler) -> Handler:
        """The handler of the same shape, with its surroundings."""
        shape = _SHAPES[handler.request_streaming, handler.response_streaming]
        behavior = getattr(handler, shape)
        deserialize = cast("Callable[[bytes], Any]", handler.request_deserializer)
        read = _requests if handler.request_streaming else _request

        async def answer(raw: Any, context: Context) -> Any:
            async with self._around(method, context):
                return await behavior(read(raw, deserialize), context)

        async def stream(raw: Any, context: Context) -> AsyncGenerator[Any]:
            async with self._around(method, context), aclosing(behavior(read(raw, deserialize), context)) as responses:
                async for response in responses:
                    yield response

        make = getattr(grpc, f"{shape}_rpc_method_handler")
        wrapped: Handler = make(
            stream if handler.response_streaming else answer, response_serializer=handler.response_serializer
        )
        return wrapped

    @asynccontextmanager
    async def _around(self, method: str, context: Context) -> AsyncIterator[None]:
        """A call from its credential to its log line; what it raises becomes its status."""
        began = time.perf_counter()
        request_id, credential = _metadata(context)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        self._in_progress += 1
        self._idle.clear()
        try:
            if not hmac.compare_digest(credential, self._expected):
                raise Unauthenticated
            begin_call(context.time_remaining())
            yield
        except (asyncio.CancelledError, GeneratorExit):
            self._record(method, "CANCELLED", began)
            raise
        except Fault as raised:
            fault = raised
        except Exception:  # noqa: BLE001 - the last line: nothing of a defect may reach the caller
            _log.exception("defect", method=method)
            fault = defect(request_id)
        else:
            self._record(method, "OK", began)
            return
        finally:
            self._in_progress -= 1
            if not self._in_progress:
                self._idle.set()
        self._record(method, CODES[fault.kind].name, began, reason=fault.reason)
        status = status_of(fault, request_id)
        trailing = (*status.trailing_metadata, *trailing_metadata_of(fault))
        await context.abort(status.code, status.details, trailing)

    def _record(self, method: str, code: str, began: float, **extra: str) -> None:
        seconds = time.perf_counter() - began
        self._metrics.observe_call(method, code, seconds)
        _log.info("call", method=method, code=code, ms=round(1000 * seconds, 2), **extra)


def _request(raw: bytes, read: Callable[[bytes], Any]) -> Any:
    """The request's message; read here, so that no stranger's bytes are and that bad ones get a proper status."""
    try:
        return read(raw)
    except DecodeError:
        raise Fault(
            FaultKind.INVALID_ARGUMENT, "MALFORMED_MESSAGE", "the request is no message of this method"
        ) from None


async def _requests(raws: AsyncIterator[bytes], read: Callable[[bytes], Any]) -> AsyncIterator[Any]:
    """The messages of a stream, each read as `_request` reads one."""
    async for raw in raws:
        yield _request(raw, read)


def _metadata(context: Context) -> tuple[str, bytes]:
    """The call's request id (a new one when none or an odd one came) and its credential."""
    request_id, credential = "", b""
    for key, value in context.invocation_metadata() or ():
        if key == "x-request-id" and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            request_id = value
        elif key == "authorization":
            credential = value if isinstance(value, bytes) else value.encode()
    return request_id or uuid.uuid4().hex, credential
