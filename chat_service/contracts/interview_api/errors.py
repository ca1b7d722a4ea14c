"""Errors of contract 001: a status and one sentence."""

from typing import ClassVar

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from chat_service.contracts.door import ErrorShape
from chat_service.errors import AppError, ErrorKind

# What the document says word for word. Everything else is told in the words of the core.
_PUBLISHED = {
    "token_missing": "Invalid or expired token",
    "token_invalid": "Invalid or expired token",
    "token_expired": "Invalid or expired token",
    "session_ended": "Invalid or expired token",
    "account_gone": "Invalid or expired token",
    "refresh_token_invalid": "Invalid or expired token",
    "refresh_token_reused": "Invalid or expired token",
    "api_key_invalid": "Invalid or expired token",
    "admin_required": "Insufficient permissions",
    "credits_spent": "Insufficient permissions",
    "interview_not_found": "Interview not found or unauthorized",
    "question_not_found": "Interview not found or unauthorized",
    "round_not_found": "Interview not found or unauthorized",
    "rate_limited": "Rate limit exceeded. Please try again later.",
    "internal_error": "An unexpected error occurred",
}


class ErrorBody(BaseModel):
    """Any error."""

    error: str = Field(examples=["Missing required fields"])


class InterviewApiErrors(ErrorShape):
    """`{"error": "..."}`."""

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
        """The document's own sentence where it has one."""
        fields = error.details.get("fields", ())
        if fields and all(one["message"] == "Field required" for one in fields):
            message = "Missing required fields"
        else:
            message = _PUBLISHED.get(error.reason, error.message)
        return Response(to_json({"error": message}), self.statuses[error.kind], media_type="application/json")
