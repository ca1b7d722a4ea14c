"""The native API: contract 000 and what the product adds to it."""

from functools import cache

from fastapi import FastAPI

from chat_service.contracts.door import make_door
from chat_service.contracts.native.documentation import complete
from chat_service.contracts.native.problem import Problem
from chat_service.contracts.native.routes import analytics, auth, interviews, profile, schedules

PREFIX = "/api/v1"

_DESCRIPTION = """
Mock interviews with scores that show their evidence. Sign up, log in, and send the access token as
`Authorization: Bearer ...`. Errors are `application/problem+json` (RFC 9457) with a stable `code`.
"""


def make_app() -> FastAPI:
    """The application behind `PREFIX`. `app.state.core` has to be set before the first request."""
    app = make_door(title="Mock Interview", version="1.0.0", description=_DESCRIPTION, errors=Problem(), redoc_url=None)
    # Taken over as they are: an included router is matched as a whole first, for each request. Answers come first.
    for room in (interviews, auth, profile, schedules, analytics):
        app.router.routes.extend(room.router.routes)
    generate = app.openapi
    app.openapi = cache(lambda: complete(generate()))  # type: ignore[method-assign]
    return app
