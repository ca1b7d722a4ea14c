"""What every door shares: the sub-application, its error table, authentication and rate limits."""

import inspect
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

import structlog
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.security.base import SecurityBase
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from pydantic import BaseModel
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from chat_service.accounts.identity import Identity
from chat_service.contracts.body_limit import BodyLimit
from chat_service.contracts.credentials import BEARER, Scheme, bearer_token
from chat_service.contracts.refusals import with_refusals
from chat_service.contracts.uploads import unreadable_form
from chat_service.core import Core, request_id
from chat_service.errors import AppError, ErrorKind
from chat_service.storage.redis import unavailable

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
    FEEDBACK = "feedback"
    AUDIO = "audio"
    OTHER = "other"
    KEY = "key"


class ErrorShape(ABC):
    """How a door speaks of errors: a status for every kind, and the body.

    `body` documents every refusal in OpenAPI; a door that leaves it out completes its document itself.
    """

    statuses: ClassVar[dict[ErrorKind, int]]
    body: ClassVar[type[BaseModel] | None] = None

    @abstractmethod
    def render(self, error: AppError, request: Request) -> Response:
        """The response for an error, without the headers that every door adds."""


def core_of(connection: HTTPConnection) -> Core:
    """The use-cases behind a request."""
    core: Core = connection.app.state.core
    return core


def make_door(
    *,
    title: str,
    version: str,
    description: str,
    errors: ErrorShape,
    routers: Sequence[APIRouter] = (),
    uploads: Mapping[str, int] | None = None,
    **options: Any,
) -> FastAPI:
    """An application whose every failure, its framework's too, is rendered in the door's shape.

    `uploads` gives operations, such as "PUT /profile/me/resume", a limit of their own, in bytes of the body; a part of
    the path in braces stands for any.
    """
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        middleware=[Middleware(BodyLimit, uploads=uploads)],
        exception_handlers=error_handlers(errors),
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
        **options,
    )
    # Taken over as they are: an included router is matched as a whole first, for each request.
    for router in routers:
        app.router.routes.extend(router.routes)
    if errors.body is not None:
        generate, body = app.openapi, errors.body
        app.openapi = cache(lambda: with_refusals(generate(), errors.statuses, body))  # type: ignore[method-assign]
    return app


def error_handlers(
    errors: ErrorShape,
) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """What an application does with every kind of failure, so that each is rendered in one shape."""

    def respond(error: AppError, request: Request) -> Response:
        response = errors.render(error, request)
        if error.retry_after is not None:
            response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
        if error.kind is ErrorKind.UNAUTHENTICATED:
            response.headers["WWW-Authenticate"] = "Bearer"
        if error.kind is ErrorKind.RANGE_NOT_SATISFIABLE:
            response.headers["Content-Range"] = f"bytes */{error.details['size_bytes']}"
        for name, value in error.details.get("rate_limit", {}).items():
            response.headers[f"RateLimit-{name.capitalize()}"] = str(value)
        return response

    async def on_error(request: Request, error: Exception) -> Response:
        response = respond(_app_error(error, request), request)
        if isinstance(error, HTTPException):
            response.headers.update(error.headers or {})
        return response

    return dict.fromkeys((AppError, RequestValidationError, HTTPException, Exception), on_error)


class Authenticated(SecurityBase):
    """A dependency, of requests and of WebSockets, that gives who is asking, once he is known and within his limit."""

    def __init__(self, rate: RateClass, by: tuple[Scheme, ...]) -> None:
        self.model = by[0].model
        self.scheme_name = by[0].name
        self._rate = rate
        self._by = by

    async def __call__(self, connection: HTTPConnection) -> Identity:
        """Raises UNAUTHENTICATED, RATE_LIMITED, and UNAVAILABLE when neither can be told."""
        core = core_of(connection)
        identity = await identify(connection, self._by)
        counted = identity.key_id if self._rate is RateClass.KEY else None
        await limit(core, self._rate, str(counted or identity.user_id))
        return identity


class _AuthenticatedBySome(Authenticated):
    """FastAPI documents one scheme for each dependency, so the schemes after the first are dependencies of this one."""

    def __init__(self, rate: RateClass, by: tuple[Scheme, ...]) -> None:
        super().__init__(rate, by)
        others = [
            inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=Depends(_Alternative(one)))
            for one in by[1:]
        ]
        plain = inspect.signature(super().__call__)
        self.__signature__ = plain.replace(parameters=[*plain.parameters.values(), *others])

    async def __call__(self, connection: HTTPConnection, **_: None) -> Identity:
        """As by one scheme."""
        return await super().__call__(connection)


class _Alternative(SecurityBase):
    """Names another scheme in the OpenAPI document, and does nothing else."""

    def __init__(self, scheme: Scheme) -> None:
        self.model = scheme.model
        self.scheme_name = scheme.name

    async def __call__(self) -> None:
        """Nothing: `Authenticated` reads the credential."""


def authenticated(rate: RateClass = RateClass.OTHER, by: Scheme | tuple[Scheme, ...] = BEARER) -> Authenticated:
    """What a route depends on to be for known users only, by the first of the schemes that a request has."""
    return _AuthenticatedBySome(rate, by) if isinstance(by, tuple) else Authenticated(rate, (by,))


async def identify(connection: HTTPConnection, by: tuple[Scheme, ...]) -> Identity:
    """Who asks, by the first of the schemes that the connection has a credential of. Raises UNAUTHENTICATED."""
    core = core_of(connection)
    for scheme in by:
        identity = await scheme.identify(connection, core)
        if identity is not None:
            return identity
    if bearer_token(connection) is not None:
        raise AppError(ErrorKind.UNAUTHENTICATED, "token_invalid", "This credential does not serve here.")
    raise AppError(
        ErrorKind.UNAUTHENTICATED,
        "token_missing",
        "Send an access token: Authorization: Bearer <access_token>. POST /auth/login gives one.",
    )


def limited(rate: RateClass) -> Callable[[Request], Awaitable[None]]:
    """A dependency for requests of nobody yet known: limited by the address that they come from."""

    async def admit(request: Request) -> None:
        await limit(core_of(request), rate, request.client.host if request.client else "unknown")

    return admit


async def limit(core: Core, rate: RateClass, who: str) -> None:
    """Counts a request of `who`. Raises RATE_LIMITED beyond the limit of its class."""
    settings = core.settings
    if settings.rate_limits == "off":
        return
    amount = {
        RateClass.AUTHENTICATION: settings.rate_limit_authentication,
        RateClass.START: settings.rate_limit_start,
        RateClass.ANSWERS: settings.rate_limit_answers,
        RateClass.FEEDBACK: settings.rate_limit_feedback,
        RateClass.AUDIO: settings.rate_limit_audio,
        RateClass.KEY: settings.rate_limit_key,
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
        return _malformed()
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
        return _foreign_body(error, request) or validation_error(error.errors())
    if isinstance(error, HTTPException):
        return _http_error(error, request)
    if isinstance(error, ClientDisconnect):
        return _malformed()
    _log.error("defect", request_id=request_id.get(), path=request.url.path, exc_info=error)
    return AppError(
        ErrorKind.INTERNAL, "internal_error", "Something went wrong on our side. Nothing you sent was lost."
    )


def _malformed() -> AppError:
    return AppError(ErrorKind.MALFORMED, "malformed_json", "The body is not valid JSON in UTF-8.")


def _foreign_body(error: RequestValidationError, request: Request) -> AppError | None:
    """A body that is not said to be JSON is not read as JSON; tell so instead of naming what it lacks."""
    if not any(one["loc"] == ("body",) and one["type"] == "model_attributes_type" for one in error.errors()):
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return None
    return AppError(
        ErrorKind.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Send the body as JSON, with the header Content-Type: application/json.",
    )


def _http_error(error: HTTPException, request: Request) -> AppError:
    kind = _HTTP_KINDS.get(error.status_code, ErrorKind.INTERNAL)
    if kind is ErrorKind.MALFORMED:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return unreadable_form(str(error.detail))
        return _malformed()
    if kind is ErrorKind.NOT_FOUND:
        return AppError(kind, "endpoint_not_found", f"There is no endpoint {request.method} {request.url.path}.")
    if kind is ErrorKind.METHOD_NOT_ALLOWED:
        return AppError(kind, "method_not_allowed", f"{request.method} is not possible here.")
    if kind is ErrorKind.TOO_LARGE:
        return AppError(kind, "body_too_large", str(error.detail))
    return AppError(kind, kind.value, str(error.detail))
