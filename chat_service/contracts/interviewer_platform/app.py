"""Contract 002, "AI Mock Interviewer Platform"."""

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.interviewer_platform import routes, stream
from chat_service.contracts.interviewer_platform.errors import PlatformErrors

PREFIX = "/contracts/interviewer-platform"

_DESCRIPTION = """
Interviews with credits, transcripts and feedback. Log in, and go on with the session cookie or with
`Authorization: Bearer <access_token>`. Errors are `{"error": {"code", "message", "details"}}`.
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    return make_door(
        title="AI Mock Interviewer Platform",
        version="1.0.0",
        description=_DESCRIPTION,
        errors=PlatformErrors(),
        routers=(routes.router, stream.router),
        redoc_url=None,
    )
