"""Errors of contract 004: its envelope with the status, a message and the fields that are wrong."""

from datetime import UTC, datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from chat_service.contracts.door import ErrorShape
from chat_service.contracts.fields import Second
from chat_service.contracts.interview_system.statuses import status_of
from chat_service.core import request_id
from chat_service.errors import AppError, ErrorKind
from chat_service.interviews.states import InterviewState

# What the document says word for word. Everything else is told in the words of the core.
_PUBLISHED = {
    "validation_failed": "Validation error",
    "token_missing": "Token expired or invalid",
    "token_invalid": "Token expired or invalid",
    "token_expired": "Token expired or invalid",
    "session_ended": "Token expired or invalid",
    "account_gone": "Token expired or invalid",
    "api_key_invalid": "Token expired or invalid",
}

# A resource that is not there is named with the id that was asked for.
_MISSING = {
    "interview_not_found": ("Interview session", "session_id"),
    "question_not_found": ("Question", "question_id"),
    "user_not_found": ("User", "user_id"),
    "recording_not_found": ("Audio of question", "question_id"),
    "transcript_not_found": ("Transcript of question", "question_id"),
    "chart_not_found": ("Chart", "chart_type"),
    "feedback_not_found": ("Feedback of session", "session_id"),
}

# The core's names of what the document calls otherwise.
_FIELDS = {"content": "answer", "text": "transcript", "job_role": "target_role", "count": "num_questions"}


class WrongField(BaseModel):
    """One field that is wrong."""

    field: str = Field(examples=["email"])
    message: str = Field(examples=["Invalid email format"])


class FailureError(BaseModel):
    """What went wrong; `code` is the HTTP status."""

    code: int = Field(examples=[422])
    message: str = Field(examples=["Validation error"])
    details: list[WrongField]


class Meta(BaseModel):
    """When the response was made, and the request's id in the logs."""

    timestamp: Second
    request_id: str


class ErrorBody(BaseModel):
    """Any error."""

    success: Literal[False]
    data: None
    error: FailureError
    meta: Meta


class SystemErrors(ErrorShape):
    """`{"success": false, "data": null, "error": {"code", "message", "details"}, "meta"}`."""

    body = ErrorBody
    statuses: ClassVar[dict[ErrorKind, int]] = {
        ErrorKind.MALFORMED: 400,
        ErrorKind.INVALID: 422,
        ErrorKind.UNAUTHENTICATED: 401,
        ErrorKind.FORBIDDEN: 403,
        ErrorKind.NOT_FOUND: 404,
        ErrorKind.METHOD_NOT_ALLOWED: 405,
        ErrorKind.CONFLICT: 400,
        ErrorKind.TOO_LARGE: 413,
        ErrorKind.UNSUPPORTED_MEDIA_TYPE: 415,
        ErrorKind.RANGE_NOT_SATISFIABLE: 416,
        ErrorKind.RATE_LIMITED: 429,
        ErrorKind.UNAVAILABLE: 503,
        ErrorKind.NOT_IMPLEMENTED: 501,
        ErrorKind.INTERNAL: 500,
    }

    def render(self, error: AppError, request: Request) -> Response:
        """The document's own message where it has one."""
        status = self.statuses[error.kind]
        body = {
            "success": False,
            "data": None,
            "error": {
                "code": status,
                "message": _message(error, request),
                "details": [
                    {"field": _FIELDS.get(one["field"], one["field"]), "message": one["message"]}
                    for one in error.details.get("fields", ())
                ],
            },
            "meta": {"timestamp": datetime.now(UTC).replace(microsecond=0), "request_id": request_id.get()},
        }
        return Response(to_json(body), status, media_type="application/json")


def _message(error: AppError, request: Request) -> str:
    if error.reason in _MISSING:
        what, parameter = _MISSING[error.reason]
        return f"{what} {request.path_params.get(parameter, '')} not found".replace("  ", " ")
    if error.reason == "illegal_transition":
        current, wanted = (status_of(InterviewState(error.details[one])) for one in ("from", "to"))
        return f"A session that is {current} cannot become {wanted}."
    return _PUBLISHED.get(error.reason, error.message)
