"""Errors of the native API: RFC 9457 problem details."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field
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
    ErrorKind.RANGE_NOT_SATISFIABLE: "Range Not Satisfiable",
    ErrorKind.RATE_LIMITED: "Too Many Requests",
    ErrorKind.UNAVAILABLE: "Service Unavailable",
    ErrorKind.NOT_IMPLEMENTED: "Not Implemented",
    ErrorKind.INTERNAL: "Internal Server Error",
}


CODES = "x-codes"


class WrongField(BaseModel):
    """One field of a request that is wrong."""

    field: str = Field(description="Its path, such as tech_stacks.0", examples=["password"])
    message: str = Field(examples=["String should have at least 8 characters"])


class RateLimit(BaseModel):
    """The limit that was reached: requests a minute, how many are left, and seconds until one is."""

    limit: int = Field(examples=[5])
    remaining: int = Field(examples=[0])
    reset: int = Field(examples=[12])


class ProblemDocument(BaseModel):
    """An error (RFC 9457). Branch on `code`; `detail` is for people. Some codes bring further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(ge=400, le=599, examples=[422])
    detail: str = Field(examples=["password: String should have at least 8 characters"])
    instance: str = Field(description="The path that was asked for", examples=["/api/v1/auth/signup"])
    code: str = Field(description="Stable", examples=["validation_failed"])
    request_id: str = Field(examples=["019a2f64-6f1f-7d5c-9c35-4e0b5d3f7a10"])
    fields: list[WrongField] = Field(default=[], description="With status 422: what is wrong")
    rate_limit: RateLimit | None = Field(default=None, description="With code rate_limited")


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
        ErrorKind.RANGE_NOT_SATISFIABLE: 416,
        ErrorKind.RATE_LIMITED: 429,
        ErrorKind.UNAVAILABLE: 503,
        ErrorKind.NOT_IMPLEMENTED: 501,
        ErrorKind.INTERNAL: 500,
    }

    def render(self, error: AppError, request: Request) -> Response:
        """The problem document of an error."""
        body = self.document(error, request.url.path)
        return Response(to_json(body), self.statuses[error.kind], media_type="application/problem+json")

    def document(self, error: AppError, instance: str) -> dict[str, Any]:
        """The members of the problem document; `instance` is the path that was asked for."""
        return {
            **error.details,
            "type": "about:blank",
            "title": _TITLES[error.kind],
            "status": self.statuses[error.kind],
            "detail": error.message,
            "instance": instance,
            "code": error.reason,
            "request_id": request_id.get(),
        }


def problems(**codes: str | Sequence[str]) -> dict[int | str, dict[str, Any]]:
    """What a route documents of its refusals: the codes by kind, as in `problems(conflict="illegal_transition")`.

    Refusals that follow from what a route reads (a token, a body, an interview's id) need not be named.
    """
    return {
        Problem.statuses[ErrorKind(kind)]: {CODES: [some] if isinstance(some, str) else list(some)}
        for kind, some in codes.items()
    }
