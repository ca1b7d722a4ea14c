"""Requests of pages that another origin serves (CORS), as the Fetch standard has them."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from chat_service.contracts.credentials import CSRF_HEADER

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SENT = ("Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", "If-Range", "Prefer", "Range", CSRF_HEADER)
_SHOWN = (
    "Content-Disposition", "Content-Range", "ETag", "Location", "Preference-Applied",
    "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-ID",
)  # fmt: skip
_PREFLIGHT_SECONDS = 600


def cross_origin(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application for pages of the origins too, with their cookies. WebSockets pass: they are admitted by door."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=_SENT,
        allow_credentials=True,
        expose_headers=_SHOWN,
        max_age=_PREFLIGHT_SECONDS,
    )
