"""What ai_service says of a call that failed."""

from dataclasses import dataclass

import grpc
from google.rpc import error_details_pb2
from grpc import aio
from grpc_status import rpc_status

from chat_service.errors import AppError, ErrorKind

_WAIT_SECONDS = {grpc.StatusCode.RESOURCE_EXHAUSTED: 5.0}
_LONGEST_WAIT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Its stable reason, and the seconds to wait where ai_service knows them."""

    reason: str | None = None
    retry_after: float | None = None


def fault_of(error: aio.AioRpcError) -> Fault:
    """The fault that a failed call tells of; an empty one when somebody between the services ended it."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
    except ValueError:  # details that contradict the status
        return Fault()
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
            return Fault(str(info.reason), _seconds(info.metadata.get("retry_after_seconds", "")))
    return Fault()


def unavailable(error: aio.AioRpcError, retry_after: float | None = None) -> AppError:
    """The error for a call that may be made again."""
    slow = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    return AppError(
        ErrorKind.UNAVAILABLE,
        "engine_timeout" if slow else "engine_unavailable",
        "The interview engine did not answer in time. Send the same again to go on; an answer is kept."
        if slow
        else "The interview engine cannot be reached just now. Send the same again to go on; an answer is kept.",
        details={"cause": error.code().name},
        retry_after=_WAIT_SECONDS.get(error.code(), 2.0) if retry_after is None else retry_after,
    )


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isascii() and text.isdecimal() else None
