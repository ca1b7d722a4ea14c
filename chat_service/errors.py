"""The one error tree of the chat service. Core code raises `AppError`; each door renders it in its own shape."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ErrorKind(StrEnum):
    """What a caller can do about an error. Closed: every door maps every kind."""

    MALFORMED = "malformed"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    NOT_IMPLEMENTED = "not_implemented"
    INTERNAL = "internal"


class AppError(Exception):
    """An expected failure.

    `reason` is a stable snake_case code that clients may branch on, `message` tells a person what to do, `details`
    holds JSON-ready facts. `retry_after` (seconds) is set when waiting helps.
    """

    def __init__(
        self,
        kind: ErrorKind,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}
        self.retry_after = retry_after


def not_found(what: str) -> AppError:
    """The one answer for what does not exist and for what belongs to somebody else."""
    return AppError(ErrorKind.NOT_FOUND, f"{what}_not_found", f"There is no such {what}. Check its id and whose it is.")


def invalid(field: str, message: str, *, reason: str = "validation_failed") -> AppError:
    """A value that the caller has to change; `field` names it as the core knows it."""
    return AppError(
        ErrorKind.INVALID, reason, f"{field}: {message}", details={"fields": [{"field": field, "message": message}]}
    )
