"""What every door shares: the sub-application, its error table, authentication and rate limits."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.core import Core
from chat_service.errors import AppError, ErrorKind
from chat_service.storage.redis import unavailable

MAX_BODY_BYTES = 1024 * 1024
_log = structlog.get_logger()

_HTTP_KINDS = {
    400: ErrorKind.MALFORMED,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.FORBIDDEN,
    404: ErrorKind.NOT_FOUND,
    405: ErrorKind.METHOD_NOT_ALLOWED,
    413: ErrorKind.TOO_LARGE,
    415: ErrorKind.UNSUPPORTED_MEDIA_TYPE,
}


class RateClass(StrEnum):
    """Endpoints that share a limit."""

    AUTHENTICATION = "authentication"
    START = "start"
    ANSWERS = "answers"
    OTHER = "other"


class ErrorShape(ABC):
    """How a door speaks of errors: a status for every kind, and the body."""

    statuses: ClassVar[dict[ErrorKind, int]]

    @abstractmethod
    def render(self, error: AppError, request: Request) -> Response:
        """The response for an error, without the headers that every door adds."""


def core_of(connection: HTTPConnection) -> Core:
    """The use-cases behind a request."""
    core: Core = connection.app.state.core
    return core


def make_door(*, title: str, version: str, description: str, errors: ErrorShape, **options: Any) -> FastAPI:
    """An application whose every failure, its framework's too, is rendered in the door's shape."""
    app = FastAPI(title=title, version=version, description=description, max_body_size=MAX_BODY_BYTES, **options)

    def respond(error: AppError, request: Request) -> Response:
        response = errors.render(error, request)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
        if error.kind is ErrorKind.UNAUTHENTICATED:
            response.headers["WWW-Authenticate"] = "Bearer"
        for name, value in error.details.get("rate_limit", {}).items():
            response.headers[f"RateLimit-{name.capitalize()}"] = str(value)
        return response

    async def on_error(request: Request, error: Exception) -> Response:
        response = respond(_app_error(error, request), request)
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    for kind in (AppError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, on_error)
    return app


def authenticated(rate: RateClass = RateClass.OTHER) -> Callable[[Request], Awaitable[Identity]]:
    """A dependency that gives who is asking, once he is known and within his limit."""

    async def identify(request: Request) -> Identity:
        core = core_of(request)
        identity = await core.accounts.authenticate(bearer_token(request))
        await limit(core, rate, str(identity.user_id))
        return identity

    return identify


def limited(rate: RateClass) -> Callable[[Request], Awaitable[None]]:
    """A dependency for requests of nobody yet known: limited by the address that they come from."""

    async def admit(request: Request) -> None:
        await limit(core_of(request), rate, request.client.host if request.client else "unknown")

    return admit


def bearer_token(connection: HTTPConnection) -> str:
    """The token of the Authorization header (RFC 6750). Raises UNAUTHENTICATED."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AppError(
            ErrorKind.UNAUTHENTICATED,
            "token_missing",
            "Send an access token: Authorization: Bearer <access_token>. POST /auth/login gives one.",
        )
    return token.strip()


async def limit(core: Core, rate: RateClass, who: str) -> None:
    """Counts a request of `who`. Raises RATE_LIMITED beyond the limit of its class."""
    settings = core.settings
    if settings.rate_limits == "off":
        return
    amount = {
        RateClass.AUTHENTICATION: settings.rate_limit_authentication,
        RateClass.START: settings.rate_limit_start,
        RateClass.ANSWERS: settings.rate_limit_answers,
        RateClass.OTHER: settings.rate_limit_other,
    }[rate]
    item = RateLimitItemPerMinute(amount)
    try:
        if await core.limiter.hit(item, rate.value, who):
            return
        window = await core.limiter.get_window_stats(item, rate.value, who)
    except RedisError as error:
        raise unavailable(error) from error
    except StorageError as error:
        raise unavailable(RedisError(str(error))) from error
    wait = max(1, math.ceil(window.reset_time - time.time()))
    raise AppError(
        ErrorKind.RATE_LIMITED,
        "rate_limited",
        f"Too many requests: {amount} a minute are served here. Try again in {wait} s.",
        details={"rate_limit": {"limit": amount, "remaining": window.remaining, "reset": wait}},
        retry_after=wait,
    )


def validation_error(problems: Sequence[Any]) -> AppError:
    """What a request that does not fit its schema is told: every field that is wrong, and how."""
    if any(problem["type"] == "json_invalid" for problem in problems):
        return AppError(ErrorKind.MALFORMED, "malformed_json", "The body is not valid JSON.")
    fields = [
        {
            "field": ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0]),
            "message": problem["msg"].removeprefix("Value error, "),
        }
        for problem in problems
    ]
    return AppError(
        ErrorKind.INVALID,
        "validation_failed",
        "; ".join(f"{one['field']}: {one['message']}" for one in fields),
        details={"fields": fields},
    )


def _app_error(error: Exception, request: Request) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, RequestValidationError):
        return validation_error(error.errors())
    if isinstance(error, HTTPException):
        return _http_error(error, request)
    _log.error("defect", path=request.url.path, exc_info=error)
    return AppError(
        ErrorKind.INTERNAL, "internal_error", "Something went wrong on our side. Nothing you sent was lost."
    )


def _http_error(error: HTTPException, request: Request) -> AppError:
    kind = _HTTP_KINDS.get(error.status_code, ErrorKind.INTERNAL)
    if kind is ErrorKind.NOT_FOUND:
        return AppError(kind, "endpoint_not_found", f"There is no endpoint {request.method} {request.url.path}.")
    if kind is ErrorKind.METHOD_NOT_ALLOWED:
        return AppError(kind, "method_not_allowed", f"{request.method} is not possible here.")
    if kind is ErrorKind.TOO_LARGE:
        return AppError(kind, "body_too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    return AppError(kind, kind.value, str(error.detail))
