"""Completing the OpenAPI document: what every operation may refuse, and examples of its bodies."""

from collections.abc import Iterator, Mapping
from typing import Any

from chat_service.contracts.native.examples import recorded
from chat_service.contracts.native.problem import CODES, Problem, ProblemDocument
from chat_service.errors import ErrorKind

_SCHEMAS = "#/components/schemas/"
_RETRY_AFTER = {"Retry-After": "Seconds to wait"}
_HEADERS = {
    ErrorKind.UNAUTHENTICATED: {"WWW-Authenticate": "Bearer"},
    ErrorKind.UNAVAILABLE: _RETRY_AFTER,
    ErrorKind.RATE_LIMITED: {
        **_RETRY_AFTER,
        "RateLimit-Limit": "Requests a minute",
        "RateLimit-Remaining": "Requests left",
        "RateLimit-Reset": "Seconds until a request is served again",
    },
}
_ALWAYS = {
    ErrorKind.RATE_LIMITED: ["rate_limited"],
    ErrorKind.UNAVAILABLE: ["session_store_unavailable", "database_unavailable"],
}
_WITH_TOKEN = {
    ErrorKind.UNAUTHENTICATED: [
        *("token_missing", "token_invalid", "token_expired", "session_ended", "api_key_invalid", "account_gone")
    ]
}
_WITH_BODY = {
    ErrorKind.MALFORMED: ["malformed_json"],
    ErrorKind.TOO_LARGE: ["body_too_large"],
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: ["unsupported_media_type"],
    ErrorKind.INVALID: ["validation_failed"],
}
_WITH_PARAMETERS = {ErrorKind.INVALID: ["validation_failed"]}
_WITH_INTERVIEW = {ErrorKind.NOT_FOUND: ["interview_not_found"]}
_WITH_KEY = {
    ErrorKind.INVALID: ["idempotency_key_reused"],
    ErrorKind.CONFLICT: ["idempotency_key_in_flight"],
    ErrorKind.TOO_LARGE: ["body_too_large"],
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the refusals and examples of all its operations."""
    schemas = document["components"]["schemas"]
    problem = ProblemDocument.model_json_schema(ref_template=_SCHEMAS + "{model}")
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    examples = recorded()
    for name, operation in operations(document):
        operation["responses"] = {
            **{status: one for status, one in operation["responses"].items() if int(status) < 400},
            **_refusals(operation),
        }
        _show(operation, examples.get(name, {}))
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation with its name, such as `POST /interviews`."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _refusals(operation: Mapping[str, Any]) -> dict[str, Any]:
    codes: dict[ErrorKind, list[str]] = {}
    for some in _implied(operation):
        for kind, more in some.items():
            codes.setdefault(kind, []).extend(more)
    kinds = {status: kind for kind, status in Problem.statuses.items()}
    for status, response in operation["responses"].items():
        if CODES in response:
            codes.setdefault(kinds[int(status)], []).extend(response[CODES])
    return {
        str(status): _refusal(kind, list(dict.fromkeys(codes[kind])))
        for status, kind in sorted(kinds.items())
        if kind in codes
    }


def _implied(operation: Mapping[str, Any]) -> Iterator[Mapping[ErrorKind, list[str]]]:
    """What follows from an operation's inputs."""
    parameters = {one["name"] for one in operation.get("parameters", ())}
    yield _ALWAYS
    if "security" in operation:
        yield _WITH_TOKEN
    if "requestBody" in operation:
        yield _WITH_BODY
    if parameters:
        yield _WITH_PARAMETERS
    if "interview_id" in parameters:
        yield _WITH_INTERVIEW
    if "Idempotency-Key" in parameters:
        yield _WITH_KEY


def _refusal(kind: ErrorKind, codes: list[str]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": "Code: " + ", ".join(f"`{code}`" for code in codes),
        "content": {"application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}}},
        CODES: codes,
    }
    if kind in _HEADERS:
        response["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS[kind].items()
        }
    return response


def _show(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    if "request" in example:
        media = "text/plain" if isinstance(example["request"], str) else "application/json"
        operation["requestBody"]["content"][media]["example"] = example["request"]
    if "response" in example:
        operation["responses"][str(example["status"])]["content"]["application/json"]["example"] = example["response"]
