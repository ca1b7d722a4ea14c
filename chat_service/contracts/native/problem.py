"""Errors of the native API: RFC 9457 problem details."""

from typing import Any, ClassVar

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from chat_service.contracts.door import ErrorShape
from chat_service.core import request_id
from chat_service.errors import AppError, ErrorKind

_TITLES = {
    ErrorKind.MALFORMED: "Bad Request",
    ErrorKind.INVALID: "Unprocessable Content",
    ErrorKind.UNAUTHENTICATED: "Unauthorized",
    ErrorKind.FORBIDDEN: "Forbidden",
    ErrorKind.NOT_FOUND: "Not Found",
    ErrorKind.METHOD_NOT_ALLOWED: "Method Not Allowed",
    ErrorKind.CONFLICT: "Conflict",
    ErrorKind.TOO_LARGE: "Content Too Large",
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: "Unsupported Media Type",
    ErrorKind.RATE_LIMITED: "Too Many Requests",
    ErrorKind.UNAVAILABLE: "Service Unavailable",
    ErrorKind.INTERNAL: "Internal Server Error",
}


class Problem(ErrorShape):
    """`application/problem+json` with `code` and `request_id`, and the error's details as further members."""

    statuses: ClassVar[dict[ErrorKind, int]] = {
        ErrorKind.MALFORMED: 400,
        ErrorKind.INVALID: 422,
        ErrorKind.UNAUTHENTICATED: 401,
        ErrorKind.FORBIDDEN: 403,
        ErrorKind.NOT_FOUND: 404,
        ErrorKind.METHOD_NOT_ALLOWED: 405,
        ErrorKind.CONFLICT: 409,
        ErrorKind.TOO_LARGE: 413,
        ErrorKind.UNSUPPORTED_MEDIA_TYPE: 415,
        ErrorKind.RATE_LIMITED: 429,
        ErrorKind.UNAVAILABLE: 503,
        ErrorKind.INTERNAL: 500,
    }

    def render(self, error: AppError, request: Request) -> Response:
        """The problem document of an error."""
        body: dict[str, Any] = {
            **error.details,
            "type": "about:blank",
            "title": _TITLES[error.kind],
            "status": self.statuses[error.kind],
            "detail": error.message,
            "instance": request.url.path,
            "code": error.reason,
            "request_id": request_id.get(),
        }
        return Response(to_json(body), self.statuses[error.kind], media_type="application/problem+json")
