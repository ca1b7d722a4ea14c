"""Faults as gRPC statuses: a canonical code, a message, and google.rpc details with a stable reason."""

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from ai_service.errors import Fault, FaultKind, InvalidField

ERROR_DOMAIN = "interview_engine.v1"

CODES: Mapping[FaultKind, grpc.StatusCode] = {
    FaultKind.INVALID_ARGUMENT: grpc.StatusCode.INVALID_ARGUMENT,
    FaultKind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    FaultKind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    FaultKind.FAILED_PRECONDITION: grpc.StatusCode.FAILED_PRECONDITION,
    FaultKind.RESOURCE_EXHAUSTED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    FaultKind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    FaultKind.INTERNAL: grpc.StatusCode.INTERNAL,
}


def status_of(fault: Fault, request_id: str) -> Any:
    """The `grpc.Status` of a fault, with an ErrorInfo and, for a wrong field, a BadRequest."""
    code = CODES[fault.kind]
    status = status_pb2.Status(code=code.value[0], message=fault.message)
    info = error_details_pb2.ErrorInfo(
        reason=fault.reason, domain=ERROR_DOMAIN, metadata={**fault.details, "request_id": request_id}
    )
    _add(status, info)
    if isinstance(fault, InvalidField):
        violation = error_details_pb2.BadRequest.FieldViolation(field=fault.field, description=fault.description)
        _add(status, error_details_pb2.BadRequest(field_violations=[violation]))
    return rpc_status.to_status(status)


def trailing_metadata_of(fault: Fault) -> tuple[tuple[str, str], ...]:
    """What goes beside the status: for a final fault, that a channel with a retry policy is not to repeat the call."""
    return (("grpc-retry-pushback-ms", "-1"),) if fault.is_final else ()


def defect(request_id: str) -> Fault:
    """What a caller is told of an unexpected exception: only where to find it."""
    return Fault(FaultKind.INTERNAL, "DEFECT", f"an unexpected failure; the log has it under request {request_id}")


def _add(status: status_pb2.Status, detail: Any) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
