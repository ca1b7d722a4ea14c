"""Errors of contract 002: a code in capitals, a message and details."""

from typing import Any, ClassVar

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from chat_service.contracts.door import ErrorShape
from chat_service.errors import AppError, ErrorKind

# The document has the first five; the rest follow their manner.
_CODES = {
    ErrorKind.MALFORMED: "INVALID_REQUEST",
    ErrorKind.INVALID: "INVALID_REQUEST",
    ErrorKind.UNAUTHENTICATED: "UNAUTHORIZED",
    ErrorKind.NOT_FOUND: "NOT_FOUND",
    ErrorKind.INTERNAL: "INTERNAL_ERROR",
    ErrorKind.FORBIDDEN: "FORBIDDEN",
    ErrorKind.METHOD_NOT_ALLOWED: "METHOD_NOT_ALLOWED",
    ErrorKind.CONFLICT: "CONFLICT",
    ErrorKind.TOO_LARGE: "REQUEST_TOO_LARGE",
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
    ErrorKind.RANGE_NOT_SATISFIABLE: "RANGE_NOT_SATISFIABLE",
    ErrorKind.RATE_LIMITED: "RATE_LIMITED",
    ErrorKind.UNAVAILABLE: "SERVICE_UNAVAILABLE",
    ErrorKind.NOT_IMPLEMENTED: "NOT_IMPLEMENTED",
}
_OF_REASONS = {"credits_spent": "INSUFFICIENT_CREDITS"}


class CodedError(BaseModel):
    """What went wrong."""

    code: str = Field(examples=["INVALID_REQUEST"])
    message: str = Field(examples=["email: Field required"])
    details: dict[str, Any] = Field(examples=[{"fields": [{"field": "email", "message": "Field required"}]}])


class ErrorBody(BaseModel):
    """Any error."""

    error: CodedError


class PlatformErrors(ErrorShape):
    """`{"error": {"code", "message", "details"}}`."""

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

    def document(self, error: AppError) -> dict[str, Any]:
        """The code of the error's reason, else that of its kind."""
        code = _OF_REASONS.get(error.reason, _CODES[error.kind])
        return {"error": {"code": code, "message": error.message, "details": {**error.details, "reason": error.reason}}}

    def render(self, error: AppError, request: Request) -> Response:
        """The error's document."""
        return Response(to_json(self.document(error)), self.statuses[error.kind], media_type="application/json")
