"""What happens around every call: request id, credential, log line, metrics, and faults as statuses."""

import asyncio
import hmac
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
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
Behavior: TypeAlias = Callable[[Any, Context], Awaitable[Any]]

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
            make = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
            wrapped = self._wrapped[method] = make(
                self._surround(method.rpartition("/")[2], handler),
                response_serializer=handler.response_serializer,
            )
        return wrapped

    def _surround(self, method: str, handler: Handler) -> Behavior:
        streamed = handler.request_streaming
        behavior = cast("Behavior", handler.stream_unary if streamed else handler.unary_unary)
        deserialize = cast("Callable[[bytes], Any]", handler.request_deserializer)
        read = _requests if streamed else _request

        async def surrounded(raw: Any, context: Context) -> Any:
            began = time.perf_counter()
            request_id, credential = _metadata(context)
            structlog.contextvars.bind_contextvars(request_id=request_id)
            self._in_progress += 1
            self._idle.clear()
            try:
                if not hmac.compare_digest(credential, self._expected):
                    raise Unauthenticated
                begin_call(context.time_remaining())
                response = await behavior(read(raw, deserialize), context)
            except asyncio.CancelledError:
                self._record(method, "CANCELLED", began)
                raise
            except Fault as raised:
                fault = raised
            except Exception:  # noqa: BLE001 - the last line: nothing of a defect may reach the caller
                _log.exception("defect", method=method)
                fault = defect(request_id)
            else:
                self._record(method, "OK", began)
                return response
            finally:
                self._in_progress -= 1
                if not self._in_progress:
                    self._idle.set()
            self._record(method, CODES[fault.kind].name, began, reason=fault.reason)
            status = status_of(fault, request_id)
            trailing = (*status.trailing_metadata, *trailing_metadata_of(fault))
            return await context.abort(status.code, status.details, trailing)

        return surrounded

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
