"""Completing a door's OpenAPI document with its own refusals, in place of the framework's."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from chat_service.errors import ErrorKind

_SCHEMAS = "#/components/schemas/"
_ANY = (ErrorKind.RATE_LIMITED, ErrorKind.UNAVAILABLE, ErrorKind.INTERNAL)
_KNOWN = (ErrorKind.UNAUTHENTICATED, ErrorKind.FORBIDDEN)
_BODY = (ErrorKind.MALFORMED, ErrorKind.INVALID, ErrorKind.TOO_LARGE, ErrorKind.UNSUPPORTED_MEDIA_TYPE)
_INTERVIEW = (ErrorKind.NOT_FOUND, ErrorKind.CONFLICT)


def with_refusals(document: dict[str, Any], statuses: Mapping[ErrorKind, int], body: type[BaseModel]) -> dict[str, Any]:
    """The document, in which every operation refuses in the door's shape with the statuses that its inputs imply.

    A status of 400 and more that an operation documents itself is kept.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schema = body.model_json_schema(ref_template=_SCHEMAS + "{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[body.__name__] = schema
    content = {"application/json": {"schema": {"$ref": _SCHEMAS + body.__name__}}}
    for operation in _operations(document):
        responses = operation["responses"]
        unprocessable = responses.get("422", {})
        if "HTTPValidationError" in repr(unprocessable):
            del responses["422"]
        for status in sorted({statuses[kind] for kind in _implied(operation)}):
            responses.setdefault(str(status), {"description": HTTPStatus(status).phrase, "content": content})
        for status, response in responses.items():
            if status.isdigit() and int(status) >= 400:
                response.setdefault("content", content)
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _implied(operation: Mapping[str, Any]) -> Iterator[ErrorKind]:
    yield from _ANY
    if "security" in operation:
        yield from _KNOWN
    if "requestBody" in operation:
        yield from _BODY
        # A body names an interview, or the credentials of somebody who is not known yet.
        yield from _INTERVIEW if "security" in operation else (ErrorKind.UNAUTHENTICATED, ErrorKind.CONFLICT)
    if operation.get("parameters"):
        yield ErrorKind.INVALID
    if any(one["in"] == "path" for one in operation.get("parameters", ())):
        yield from _INTERVIEW
