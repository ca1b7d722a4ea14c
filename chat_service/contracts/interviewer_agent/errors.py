"""Errors of contract 003: one of its five codes, a message and details."""

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from chat_service.contracts.door import ErrorShape
from chat_service.errors import AppError, ErrorKind

# The document closes the list of codes; what it does not foresee takes the nearest one and says more in its details.
CODES = {
    ErrorKind.MALFORMED: "invalid_request",
    ErrorKind.INVALID: "invalid_request",
    ErrorKind.UNAUTHENTICATED: "unauthorized",
    ErrorKind.FORBIDDEN: "unauthorized",
    ErrorKind.NOT_FOUND: "not_found",
    ErrorKind.METHOD_NOT_ALLOWED: "invalid_request",
    ErrorKind.CONFLICT: "invalid_request",
    ErrorKind.TOO_LARGE: "invalid_request",
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: "invalid_request",
    ErrorKind.RANGE_NOT_SATISFIABLE: "invalid_request",
    ErrorKind.RATE_LIMITED: "rate_limited",
    ErrorKind.UNAVAILABLE: "server_error",
    ErrorKind.NOT_IMPLEMENTED: "server_error",
    ErrorKind.INTERNAL: "server_error",
}


class CodedError(BaseModel):
    """What went wrong. `details.reason` tells more closely."""

    code: Literal["invalid_request", "unauthorized", "not_found", "server_error", "rate_limited"]
    message: str = Field(examples=["job_role: Field required"])
    details: dict[str, Any] = Field(examples=[{"reason": "validation_failed"}])


class ErrorBody(BaseModel):
    """Any error."""

    status: Literal["error"]
    error: CodedError


class AgentErrors(ErrorShape):
    """`{"status": "error", "error": {"code", "message", "details"}}`."""

    body = ErrorBody
    statuses: ClassVar[dict[ErrorKind, int]] = {
        ErrorKind.MALFORMED: 400,
        ErrorKind.INVALID: 400,
        ErrorKind.UNAUTHENTICATED: 401,
        ErrorKind.FORBIDDEN: 403,
        ErrorKind.NOT_FOUND: 404,
        ErrorKind.METHOD_NOT_ALLOWED: 405,
        ErrorKind.CONFLICT: 409,
        ErrorKind.TOO_LARGE: 413,
        ErrorKind.UNSUPPORTED_MEDIA_TYPE: 415,
        ErrorKind.RANGE_NOT_SATISFIABLE: 416,
        ErrorKind.RATE_LIMITED: 429,
        ErrorKind.UNAVAILABLE: 503,
        ErrorKind.NOT_IMPLEMENTED: 501,
        ErrorKind.INTERNAL: 500,
    }

    def render(self, error: AppError, request: Request) -> Response:
        """The document's code of the error's kind."""
        body = {"status": "error", "error": self.coded(error)}
        return Response(to_json(body), self.statuses[error.kind], media_type="application/json")

    @staticmethod
    def coded(error: AppError) -> dict[str, Any]:
        """The error by one of the document's codes."""
        return {
            "code": CODES[error.kind],
            "message": error.message,
            "details": {**error.details, "reason": error.reason},
        }
